import type { AnyRouter } from '@tanstack/react-router';
import { keepFocus } from './focus';
import { NAV_ITEMS } from './nav';

const REST_MS = 60; // a pointer that only passes over a link means nothing

const idle = () =>
  new Promise<void>((go) =>
    'requestIdleCallback' in window
      ? requestIdleCallback(() => go(), { timeout: 5000 })
      : setTimeout(go, 200),
  );

/**
 * Brings the code of the sections of the side pane while nothing else is to do, so that they open at once, also while the studio
 * is away; and what a page asks for first as soon as the pointer rests on a link to it, or the keyboard has come to it.
 */
export async function lookAhead(router: AnyRouter): Promise<void> {
  keepFocus();
  let rest: ReturnType<typeof setTimeout> | undefined;
  const hint = (event: Event) => {
    clearTimeout(rest);
    const link = (event.target as Element | null)?.closest?.('a[href^="/w/"]');
    const href = link?.getAttribute('href');
    if (href && !link?.hasAttribute('download'))
      rest = setTimeout(() => void router.preloadRoute({ to: '.', href }).catch(() => undefined), REST_MS);
  };
  document.addEventListener('pointerover', hint, { passive: true });
  document.addEventListener('focusin', hint);
  for (const { path } of NAV_ITEMS) {
    await idle();
    const route = router.routesByPath[path ? `/w/$ws/${path}` : '/w/$ws/'];
    await Promise.resolve(route && router.loadRouteChunk(route)).catch(() => undefined);
  }
  await Promise.allSettled([import('./Palette'), import('./ShortcutSheet')]);
}
