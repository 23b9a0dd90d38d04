import { useSyncExternalStore } from 'react';
import { Problem } from '@/kernel/problem';
import { toastProblem } from '@/kit/ConfirmUndo';
import { announce, beginSession, filesOfSession, sendPiece } from '../wizard/wire';
import type { Gathered } from './gather';
import { Pace, pieceOf, totalsOf, waitOf, type Item, type Totals } from './queue';

const AT_ONCE = 3; // files: more would only share the same line
const ANNOUNCED = 5000;
const TRIES = 6;
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
      const states = await announce(
        this.id,
        some.map(({ path, file }) => ({ path, size: file.size })),
      );
      const known = new Map(states.map((state) => [state.path, state]));
      for (const { path, file } of some) {
        const state = known.get(path);
        const received = state?.received ?? 0;
        this.files.set(path, file);
        const done = state?.complete ?? false;
        this.items.set(path, { path, size: file.size, received, state: done ? 'done' : 'waiting' });
      }
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
        this.items.set(path, { path, size, received, state: complete ? 'done' : 'lost' });
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
    this.tell();
  }

  end(): void {
    this.pause();
    uploads.delete(this.id);
  }

  private set(path: string, change: Partial<Item>): void {
    const item = this.items.get(path);
    if (item) this.items.set(path, { ...item, ...change });
  }

  private work(): void {
    while (this.busy < AT_ONCE && !this.paused) {
      const next = [...this.items.values()].find((item) => item.state === 'waiting');
      if (!next) break;
      this.set(next.path, { state: 'sending', error: undefined });
      this.busy += 1;
      void this.send(next.path).finally(() => {
        this.busy -= 1;
        this.tell();
        this.work();
      });
    }
    this.tell();
  }

  private async send(path: string): Promise<void> {
    const file = this.files.get(path);
    const { signal } = this.stop;
    let tries = 0;
    while (file) {
      const item = this.items.get(path);
      const piece = item && pieceOf(item);
      if (!item || !piece) break;
      try {
        const state = await sendPiece(this.id, path, piece[0], file.slice(...piece), signal);
        tries = 0;
        this.waiting = null;
        this.set(path, { received: state.received, state: state.complete ? 'done' : 'sending' });
        if (state.complete) return;
      } catch (error) {
        if (signal.aborted) return this.set(path, { state: 'waiting' });
        const problem = Problem.from(error);
        const received = receivedOf(problem);
        if (received !== null) this.set(path, { received });
        else if (problem.status >= 400 && problem.status < 500 && problem.status !== 429)
          return this.set(path, {
            state: 'failed',
            error: [problem.detail, problem.hint].filter(Boolean).join(' '),
          });
        tries += 1;
        if (tries > TRIES) return this.set(path, { state: 'failed', error: problem.detail || problem.title });
        if (received === null) {
          this.waiting = problem.status === 0 ? 'The studio cannot be reached; trying again' : problem.title;
          this.tell();
          await new Promise((resolve) => setTimeout(resolve, waitOf(tries)));
          if (signal.aborted) return this.set(path, { state: 'waiting' });
        }
      }
      this.tell();
    }
    const item = this.items.get(path);
    if (item && item.state === 'sending') this.set(path, { state: file ? 'done' : 'lost' });
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

/** How much of a file is there, when the server says that a piece does not follow it. */
function receivedOf(problem: Problem): number | null {
  const received = problem.status === 409 ? problem.extra.received : undefined;
  return typeof received === 'number' ? received : null;
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
