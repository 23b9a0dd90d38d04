import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { at } from '@/kernel/workspace';
import { currentActions } from '@/kit/actions';
import { NAV_ITEMS } from './nav';

const CHORD_MS = 1200;

export function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return Boolean(
    element?.closest?.(
      'input, textarea, select, [contenteditable="true"], [role="textbox"], [role="combobox"]',
    ),
  );
}

interface Options {
  onPalette: () => void;
  onSheet: () => void;
}

/** Ctrl/Cmd+K, Ctrl/Cmd+Z for what can be undone, `?`, `g` then a letter, and the single keys of the page; letters never fire while typing. */
export function useShortcuts(options: Options): void {
  const router = useRouter();
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  useEffect(() => {
    let goUntil = 0;
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        latest.current.onPalette();
        return;
      }
      if (isTyping(event.target)) return;
      const undo = [...document.querySelectorAll<HTMLElement>('[data-undo]')].at(-1);
      if (undo && (event.ctrlKey || event.metaKey) && event.key === 'z') {
        event.preventDefault();
        undo.click();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector('[role="dialog"]')) return;
      const item = Date.now() < goUntil ? NAV_ITEMS.find((known) => known.letter === event.key) : undefined;
      goUntil = 0;
      if (item) router.history.push(at(item.path ? [item.path] : []));
      else if (event.key === 'g') goUntil = Date.now() + CHORD_MS;
      else if (event.key === '?') latest.current.onSheet();
      else {
        const action = currentActions().find((known) => known.key === event.key);
        if (!action) return;
        action.run();
      }
      event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [router]);
}
