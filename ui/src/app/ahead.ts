import type { AnyRouter } from '@tanstack/react-router';
import { queries } from '@/kernel/query';
import { keepFocus } from './focus';
import { NAV_ITEMS } from './nav';

const REST_MS = 60; // a pointer that only passes over a link means nothing

const QUIET_MS = 600; // in which the page asks for nothing: then it has what it needs
const LOOK_MS = 100;

/** Wait until the page has what it asked for, so that nothing comes before it. */
async function settled(): Promise<void> {
  for (let quiet = 0; quiet < QUIET_MS; quiet = queries.isFetching() > 0 ? 0 : quiet + LOOK_MS)
    await new Promise((go) => setTimeout(go, LOOK_MS));
}

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
  await settled();
  for (const { path } of NAV_ITEMS) {
    await idle();
    const route = router.routesByPath[path ? `/w/$ws/${path}` : '/w/$ws/'];
    await Promise.resolve(route && router.loadRouteChunk(route)).catch(() => undefined);
  }
  await Promise.allSettled([import('./Palette'), import('./ShortcutSheet')]);
}
