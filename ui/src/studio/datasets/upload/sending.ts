import { Problem } from '@/kernel/problem';
import { sendMany, sendPiece } from '../wizard/wire';
import { packed, type Content } from './packing';
import { pieceOf, waitOf, type Item } from './queue';

const TRIES = 6;
const READ_AT_ONCE = 32;

/** An upload, as those see it who send its files. */
export interface Desk {
  id: string;
  signal: AbortSignal;
  file: (path: string) => File | undefined;
  item: (path: string) => Item | undefined;
  set: (path: string, change: Partial<Item>) => void;
  /** Tell why it stands still; null: it goes on. */
  stand: (why: string | null) => void;
  tell: () => void;
}

/** Send a file in pieces, from where it stopped; while the studio cannot be reached it is tried again. */
export async function sendFile(desk: Desk, path: string): Promise<void> {
  const file = desk.file(path);
  if (!file) return desk.set(path, { state: 'lost' });
  for (let tries = 0; ;) {
    const item = desk.item(path);
    const piece = item && pieceOf(item);
    if (!piece) return desk.set(path, { state: 'done' });
    try {
      const state = await sendPiece(desk.id, path, piece[0], file.slice(...piece), desk.signal);
      tries = 0;
      desk.stand(null);
      desk.set(path, { received: state.received, state: state.complete ? 'done' : 'sending' });
      if (state.complete) return;
    } catch (error) {
      if (desk.signal.aborted) return desk.set(path, { state: 'waiting' });
      const problem = Problem.from(error);
      const received = receivedOf(problem);
      tries += 1;
      if (received !== null && tries <= TRIES) desk.set(path, { received });
      else if (problem.status === 0 && !(await readable(file.slice(...piece)))) return fail(desk, path, GONE);
      else if (refused(problem) || tries > TRIES) return fail(desk, path, said(problem));
      else if (!(await again(desk, problem, tries))) return desk.set(path, { state: 'waiting' });
    }
    desk.tell();
  }
}

/** Send small files in one request. If that is refused each goes by itself, so that the one at fault is named. */
export async function sendTogether(desk: Desk, paths: readonly string[]): Promise<void> {
  const files = await read(desk, paths);
  const sizes = new Map(files.map(({ path, bytes }) => [path, bytes.byteLength]));
  const all = (change: (size: number) => Partial<Item>) =>
    sizes.forEach((size, path) => desk.set(path, change(size)));
  const body = await packed(files);
  for (let tries = 1; sizes.size > 0; tries += 1) {
    if (desk.signal.aborted) return all(() => ({ state: 'waiting' }));
    try {
      const progress = (share: number) => {
        all((size) => ({ received: Math.floor(size * share) }));
        desk.tell();
      };
      await sendMany(desk.id, body, progress, desk.signal);
      desk.stand(null);
      return all((size) => ({ received: size, state: 'done' }));
    } catch (error) {
      all(() => ({ received: 0 })); // all are taken, or none
      if (desk.signal.aborted) continue;
      const problem = Problem.from(error);
      if (problem.status === 422 || problem.status === 413)
        return all(() => ({ state: 'waiting', alone: true }));
      if (refused(problem) || tries > TRIES) return all(() => ({ state: 'failed', error: said(problem) }));
      await again(desk, problem, tries);
    }
  }
}

const GONE = 'It cannot be read: it was changed or removed since it was chosen. Choose it again.';

/** Read files, some at once; one that cannot be read fails by itself. */
async function read(desk: Desk, paths: readonly string[]): Promise<Content[]> {
  const found: Content[] = [];
  for (let from = 0; from < paths.length; from += READ_AT_ONCE) {
    const some = paths.slice(from, from + READ_AT_ONCE);
    const contents = await Promise.allSettled(some.map((path) => desk.file(path)?.arrayBuffer()));
    contents.forEach((content, index) => {
      const path = some[index] ?? '';
      if (content.status === 'rejected') fail(desk, path, GONE);
      else if (content.value) found.push({ path, bytes: new Uint8Array(content.value) });
      else desk.set(path, { state: 'lost' });
    });
  }
  return found;
}

function readable(piece: Blob): Promise<boolean> {
  return piece.arrayBuffer().then(
    () => true,
    () => false,
  );
}

const fail = (desk: Desk, path: string, error: string) => desk.set(path, { state: 'failed', error });
const said = ({ detail, hint, title }: Problem) => [detail || title, hint].filter(Boolean).join(' ');
const refused = ({ status }: Problem) => status >= 400 && status < 500 && status !== 429;

/** Wait before the next try; false when it was stopped meanwhile. */
async function again(desk: Desk, problem: Problem, tries: number): Promise<boolean> {
  desk.stand(problem.status === 0 ? 'The studio cannot be reached; trying again' : problem.title);
  await new Promise((resolve) => setTimeout(resolve, waitOf(tries)));
  return !desk.signal.aborted;
}

/** How much of a file is there, when the server says that a piece does not follow it. */
function receivedOf(problem: Problem): number | null {
  const received = problem.status === 409 ? problem.extra.received : undefined;
  return typeof received === 'number' ? received : null;
}
