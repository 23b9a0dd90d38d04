/** Where the keyboard is goes on when what had the focus goes away: a chip that was removed, a row, a dialog, a menu. */

const SETTLED_MS = 60; // dialogs and menus give the focus back by themselves, a moment after they close
const OVERLAY = '[role=dialog], [role=menu], [role=listbox], [role=alert]';
const TABBABLE =
  'a[href], button:not(:disabled), input:not(:disabled), textarea:not(:disabled), select:not(:disabled), [tabindex="0"]';

interface Place {
  element: HTMLElement;
  /** What it stands in, from the inside. */
  around: HTMLElement[];
}

function placeOf(element: HTMLElement): Place {
  const around: HTMLElement[] = [];
  for (let one = element.parentElement; one && one !== document.body; one = one.parentElement)
    around.push(one);
  return { element, around };
}

const seen = (element: HTMLElement) => element.isConnected && element.checkVisibility();

/**
 * What takes the focus for a place: itself, else what can in the nearest thing around it that is still there: its table, for
 * what was done to rows goes on with rows, else the first.
 */
export function heirOf({ element, around }: Place): HTMLElement | null {
  if (seen(element)) return element;
  for (const one of around) {
    if (!one.isConnected) continue;
    if (one.matches('main, [tabindex]')) return one;
    const able = [...one.querySelectorAll<HTMLElement>(TABBABLE)].filter(
      (found) => found.tabIndex >= 0 && seen(found),
    );
    const heir = able.find((found) => found.matches('[role=grid]')) ?? able[0];
    if (heir) return heir;
  }
  return document.querySelector<HTMLElement>('main');
}

export function keepFocus(): void {
  let last: Place | null = null;
  let page: Place | null = null; // the last one that was in no overlay
  let check: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('focusin', (event) => {
    const element = event.target as HTMLElement;
    last = placeOf(element);
    if (!element.closest(OVERLAY)) page = last;
  });
  document.addEventListener('focusout', (event) => {
    // left of its own accord, by a click beside it; one that goes away loses the focus while it is still there
    const element = event.target as HTMLElement;
    if (!event.relatedTarget)
      setTimeout(() => {
        if (last?.element === element && seen(element) && !element.matches(':disabled')) last = null;
      });
  });
  // the library gives the focus to the first line also when that cannot take it; then neither arrows nor Escape reach the menu
  document.addEventListener('click', () => {
    setTimeout(() => {
      const button = document.activeElement;
      if (!button?.matches('[aria-haspopup="menu"][aria-expanded="true"]')) return;
      const menu = document.getElementById(button.getAttribute('aria-controls') ?? '');
      (menu?.querySelector<HTMLElement>('[data-menu-item]:not(:disabled)') ?? menu)?.focus();
    }, SETTLED_MS);
  });
  const lost = () => document.activeElement === document.body && last !== null && !seen(last.element);
  new MutationObserver(() => {
    if (!lost()) return;
    clearTimeout(check);
    check = setTimeout(() => {
      const place =
        last?.element.closest(OVERLAY) || last?.around.some((one) => one.matches(OVERLAY)) ? page : last;
      if (lost() && place) heirOf(place)?.focus({ preventScroll: true });
    }, SETTLED_MS);
  }).observe(document.body, { childList: true, subtree: true });
}
