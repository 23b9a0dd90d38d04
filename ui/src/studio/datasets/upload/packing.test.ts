import { unpackTar } from 'modern-tar';
import { afterEach, expect, test, vi } from 'vitest';
import { packed } from './packing';
import { nextOf, type Item } from './queue';
import { sendTogether, type Desk } from './sending';

const item = (path: string, size: number, change: Partial<Item> = {}): Item => ({
  path,
  size,
  received: 0,
  state: 'waiting',
  ...change,
});
const paths = (items: readonly Item[]) => items.map((one) => one.path);

afterEach(() => vi.unstubAllGlobals());

test('names of any script and length, and empty files, are in the tar as they are', async () => {
  const names = [
    'a.txt',
    'день/日本 🙂.csv',
    `${'ü'.repeat(120)}.txt`,
    `${'folder/'.repeat(130)}x.txt`,
    'leer',
  ];
  const files = names.map((path, index) => ({ path, bytes: new Uint8Array(index === 4 ? 0 : 511 + index) }));
  const found = await unpackTar(await (await packed(files)).arrayBuffer());
  expect(found.map(({ header, data }) => [header.name, data?.byteLength ?? 0])).toEqual(
    files.map(({ path, bytes }) => [path, bytes.byteLength]),
  );
});

test('small files go together, large ones and begun ones alone', () => {
  const all = [item('a', 10), item('big', 300_000), item('b', 0), item('begun', 10, { received: 3 })];
  expect(paths(nextOf(all))).toEqual(['a', 'b']);
  expect(paths(nextOf(all.slice(1)))).toEqual(['big']);
  expect(paths(nextOf([item('x', 1, { alone: true }), item('y', 1)]))).toEqual(['x']);
  expect(nextOf(Array.from({ length: 700 }, (_, n) => item(`${n}`, 1)))).toHaveLength(500);
  expect(nextOf(Array.from({ length: 100 }, (_, n) => item(`${n}`, 200_000)))).toHaveLength(41);
  expect(nextOf([])).toEqual([]);
});

function desk(files: Record<string, File>): { desk: Desk; items: Map<string, Item> } {
  const items = new Map(Object.entries(files).map(([path, file]) => [path, item(path, file.size)]));
  const { signal } = new AbortController();
  const set: Desk['set'] = (path, change) => {
    const old = items.get(path);
    if (old) items.set(path, { ...old, ...change });
  };
  const quiet = () => undefined;
  const file = (path: string) => files[path];
  return {
    desk: { id: 's', signal, file, item: (path) => items.get(path), set, stand: quiet, tell: quiet },
    items,
  };
}

/** Answers each request with a status. */
function answering(status: number, body: unknown): void {
  class Request {
    upload = {};
    status = status;
    responseText = JSON.stringify(body);
    onload = () => undefined;
    open = () => undefined;
    setRequestHeader = () => undefined;
    getResponseHeader = () => null;
    send = () => queueMicrotask(() => this.onload());
  }
  vi.stubGlobal('XMLHttpRequest', Request);
}

test('a file that cannot be read is named by itself, the others of its request arrive', async () => {
  answering(200, []);
  const lost = new File(['1'], 'lost');
  lost.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'));
  const it = desk({ good: new File(['12'], 'good'), lost });
  await sendTogether(it.desk, ['good', 'lost']);
  expect(it.items.get('good')).toMatchObject({ state: 'done', received: 2 });
  expect(it.items.get('lost')).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('changed or removed') as string,
  });
});

test('what is refused together goes one by one, and a session that is gone fails all of it', async () => {
  const files = { a: new File(['1'], 'a'), b: new File(['2'], 'b') };
  answering(422, { detail: 'b is not well' });
  const refused = desk(files);
  await sendTogether(refused.desk, ['a', 'b']);
  expect([...refused.items.values()].map(({ state, alone }) => [state, alone])).toEqual([
    ['waiting', true],
    ['waiting', true],
  ]);
  answering(404, { detail: 'There is no upload s.', hint: 'Begin anew.' });
  const gone = desk(files);
  await sendTogether(gone.desk, ['a', 'b']);
  expect(gone.items.get('b')).toMatchObject({ state: 'failed', error: 'There is no upload s. Begin anew.' });
});
