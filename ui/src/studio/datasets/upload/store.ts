import { useSyncExternalStore } from 'react';
import { Problem } from '@/kernel/problem';
import { toastProblem } from '@/kit/ConfirmUndo';
import { announce, beginSession, filesOfSession } from '../wizard/wire';
import type { Gathered } from './gather';
import { nextOf, Pace, totalsOf, type Item, type Totals } from './queue';
import { sendFile, sendTogether, type Desk } from './sending';

const AT_ONCE = 3; // requests: more would only share the same line
const ANNOUNCED = 5000;
const TELL_MS = 250;

export interface Shown extends Totals {
  id: string;
  paused: boolean;
  /** Bytes per second and seconds left; null while not known. */
  rate: number | null;
  left: number | null;
  /** Why it stands still, when the line is down. */
  waiting: string | null;
  items: readonly Item[];
}

/** One upload session: it goes on while other pages are looked at, and can be gone on with after a reload. */
export class Upload {
  private items = new Map<string, Item>();
  private files = new Map<string, File>();
  private queue = new Set<string>(); // those that wait, so that not all have to be looked through for the next
  private pace = new Pace();
  private busy = 0;
  private stop = new AbortController();
  private paused = false;
  private waiting: string | null = null;
  private told: Shown;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchers = new Set<() => void>();

  constructor(readonly id: string) {
    this.told = this.shown();
  }

  /** Take files in. Those that the session knows go on where they stopped. */
  async add(found: readonly Gathered[]): Promise<void> {
    for (let from = 0; from < found.length; from += ANNOUNCED) {
      const some = found.slice(from, from + ANNOUNCED);
      const about = some.map(({ path, file }) => ({
        path,
        size: file.size,
        mark: String(file.lastModified),
      }));
      const states = await announce(this.id, about);
      some.forEach(({ path: given, file }, index) => {
        const { path, received, complete } = states[index] ?? { path: given, received: 0, complete: false };
        this.files.set(path, file);
        if (this.items.get(path)?.state === 'sending') return;
        this.put({ path, size: file.size, received, state: complete ? 'done' : 'waiting' });
      });
      this.tell();
    }
    this.work();
  }

  /** What the server has of a session that another load of the page began. */
  async restore(): Promise<void> {
    let cursor: string | undefined;
    do {
      const page = await filesOfSession(this.id, cursor);
      for (const file of page.items) {
        if (this.items.has(file.path)) continue;
        const { path, size, received, complete } = file;
        this.put({ path, size, received, state: complete ? 'done' : 'lost' });
      }
      cursor = page.next ?? undefined;
    } while (cursor);
    this.tell();
  }

  pause(): void {
    this.paused = true;
    this.stop.abort();
    this.stop = new AbortController();
    this.pace.clear();
    this.tell();
  }

  resume(): void {
    this.paused = false;
    this.waiting = null;
    this.tell();
    this.work();
  }

  retry(): void {
    for (const item of this.items.values())
      if (item.state === 'failed') this.set(item.path, { state: 'waiting' });
    this.resume();
  }

  remove(path: string): void {
    this.items.delete(path);
    this.files.delete(path);
    this.queue.delete(path);
    this.tell();
  }

  end(): void {
    this.pause();
    uploads.delete(this.id);
  }

  private set(path: string, change: Partial<Item>): void {
    const item = this.items.get(path);
    if (item) this.put({ ...item, ...change });
  }

  private put(item: Item): void {
    this.items.set(item.path, item);
    if (item.state === 'waiting') this.queue.add(item.path);
    else this.queue.delete(item.path);
  }

  private *waitingItems(): Generator<Item> {
    for (const path of this.queue) {
      const item = this.items.get(path);
      if (item) yield item;
    }
  }

  private work(): void {
    while (this.busy < AT_ONCE && !this.paused) {
      const paths = nextOf(this.waitingItems()).map((item) => item.path);
      const [first] = paths;
      if (first === undefined) break;
      for (const path of paths) this.set(path, { state: 'sending', error: undefined });
      this.busy += 1;
      const desk = this.desk();
      const sent = paths.length > 1 ? sendTogether(desk, paths) : sendFile(desk, first);
      const fault = (error: unknown) =>
        paths.forEach((path) => this.set(path, { state: 'failed', error: Problem.from(error).message }));
      void sent.catch(fault).finally(() => {
        this.busy -= 1;
        this.tell();
        this.work();
      });
    }
    this.tell();
  }

  private desk(): Desk {
    return {
      id: this.id,
      signal: this.stop.signal,
      file: (path) => this.files.get(path),
      item: (path) => this.items.get(path),
      set: (path, change) => this.set(path, change),
      stand: (why) => {
        this.waiting = why;
        this.tell();
      },
      tell: () => this.tell(),
    };
  }

  private shown(): Shown {
    const items = [...this.items.values()];
    const totals = totalsOf(items);
    this.pace.add(Date.now(), totals.received);
    const { paused, waiting } = this;
    const rate = paused ? null : this.pace.rate;
    return {
      ...totals,
      id: this.id,
      paused,
      waiting,
      rate,
      left: paused ? null : this.pace.left(totals.bytes - totals.received),
      items,
    };
  }

  private tell(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.told = this.shown();
      for (const watcher of this.watchers) watcher();
      guard();
    }, TELL_MS);
  }

  watch = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };
  look = (): Shown => this.told;
}

const uploads = new Map<string, Upload>();

export async function startUpload(kind: 'tabular' | 'file'): Promise<Upload> {
  const session = await beginSession({ kind });
  const upload = new Upload(session.id);
  uploads.set(session.id, upload);
  return upload;
}

/** The upload of a session: the one that is at work, or a new one that asks what the server has. */
export function uploadOf(id: string): Upload {
  const known = uploads.get(id);
  if (known) return known;
  const upload = new Upload(id);
  uploads.set(id, upload);
  upload.restore().catch(toastProblem);
  return upload;
}

export function useUploadState(upload: Upload): Shown {
  return useSyncExternalStore(upload.watch, upload.look);
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

/** While files are on their way, closing the tab is asked about: another page of the studio does not stop them. */
function guard(): void {
  const busy = [...uploads.values()].some((upload) => {
    const { done, failed, lost, files, paused } = upload.look();
    return !paused && done + failed + lost < files;
  });
  if (busy) window.addEventListener('beforeunload', warn);
  else window.removeEventListener('beforeunload', warn);
}

/** Stop sending what is given up. */
export function endUpload(id: string): void {
  uploads.get(id)?.end();
}
