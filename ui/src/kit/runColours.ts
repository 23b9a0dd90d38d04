import { useSyncExternalStore } from 'react';

/** How many colours runs have; the theme's `--st-series-0…`. */
export const SLOTS = 8;
const KEY = 'studiolo.run-colours';
const MOST = 2000; // remembered runs; the oldest are forgotten

/**
 * The colour of each run, the same on every page: one that a person has pinned, else one that was given to it beside
 * others on a chart, else one that follows from its id. Kept in this browser.
 */
interface Book {
  pinned: Map<string, number>;
  given: Map<string, number>;
}

let book: Book | null = null;
let edition = 0;
const watchers = new Set<() => void>();

function opened(): Book {
  if (book) return book;
  book = { pinned: new Map(), given: new Map() };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, Record<string, number>>;
    book = {
      pinned: new Map(Object.entries(kept.pinned ?? {})),
      given: new Map(Object.entries(kept.given ?? {})),
    };
  } catch {
    // storage that is switched off or was written by something else: colours follow from ids
  }
  return book;
}

let saving: ReturnType<typeof setTimeout> | undefined;
function save(): void {
  saving ??= setTimeout(() => {
    saving = undefined;
    try {
      localStorage.setItem(
        KEY,
        JSON.stringify({
          pinned: Object.fromEntries(opened().pinned),
          given: Object.fromEntries(opened().given),
        }),
      );
    } catch {
      // full or switched off: the colours hold as long as the tab
    }
  }, 300);
}

function remember(shelf: Map<string, number>, id: string, slot: number): void {
  shelf.delete(id);
  shelf.set(id, slot);
  for (const old of shelf.keys()) {
    if (shelf.size <= MOST) break;
    shelf.delete(old);
  }
  save();
}

function hashed(id: string): number {
  let hash = 0x811c9dc5; // FNV-1a; ids that follow each other land apart
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return (hash >>> 8) % SLOTS;
}

/** Colour slot of a run. */
export function slotOf(id: string): number {
  const { pinned, given } = opened();
  return pinned.get(id) ?? given.get(id) ?? hashed(id);
}

/**
 * Colour slots of runs that are shown beside each other. Up to eight never share one: a run whose colour is taken is
 * given a free one, and keeps it wherever it is shown afterwards.
 */
export function slotsOf(ids: readonly string[]): Map<string, number> {
  const distinct = [...new Set(ids)];
  const slots = new Map(distinct.map((id) => [id, slotOf(id)]));
  if (distinct.length > SLOTS) return slots;
  const taken = new Set<number>();
  const { pinned, given } = opened();
  for (const id of distinct) if (pinned.has(id)) taken.add(pinned.get(id) ?? 0);
  for (const id of distinct) {
    if (pinned.has(id)) continue;
    let slot = slots.get(id) ?? 0;
    if (taken.has(slot)) {
      const free = Array.from({ length: SLOTS }, (_, n) => (slot + n) % SLOTS).find((n) => !taken.has(n));
      if (free !== undefined) {
        slot = free;
        remember(given, id, slot);
      }
    }
    taken.add(slot);
    slots.set(id, slot);
  }
  return slots;
}

/** Give runs a colour of a person's choice; null takes it back. */
export function pinSlot(ids: readonly string[], slot: number | null): void {
  const { pinned } = opened();
  for (const id of ids) {
    if (slot === null) pinned.delete(id);
    else remember(pinned, id, slot);
  }
  save();
  edition += 1;
  for (const watcher of watchers) watcher();
}

/** Draw again when somebody pins a colour. */
export function useRunColours(): number {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    () => edition,
  );
}
