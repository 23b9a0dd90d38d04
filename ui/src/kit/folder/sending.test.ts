import { beforeEach, expect, test, vi } from 'vitest';
import type { Sent } from '@/kernel/upload';
import { digestOf } from './digest';
import { codeOf, sendCode, type Sending } from './sending';

const sent: string[] = [];
let answer: (file: Blob, signal: AbortSignal) => Promise<{ digest: string }>;
vi.mock('@/kernel/upload', () => ({
  upload: (_url: string, file: File, progress: (now: Sent) => void, signal: AbortSignal) => {
    sent.push(file.name);
    progress({ sent: file.size, total: file.size });
    return answer(file, signal);
  },
}));

function file(path: string, content = path): File {
  const made = new File([content], path.split('/').at(-1) ?? path);
  Object.defineProperty(made, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
  return made;
}

let there = new Set<string>();
const asked: string[][] = [];
beforeEach(() => {
  sent.length = asked.length = 0;
  there = new Set();
  answer = () => Promise.resolve({ digest: 'of the studio' });
  vi.stubGlobal('fetch', async (request: Request) => {
    const { digests } = (await request.json()) as { digests: string[] };
    asked.push(digests);
    return Response.json({ digests: digests.filter((one) => !there.has(one)) });
  });
});
const never = () => new AbortController().signal;

test('files have the names that the studio gives to their bytes', async () => {
  expect(await digestOf(new Blob([]), never())).toBe(
    'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
  );
  expect(await digestOf(new Blob(['abc']), never())).toBe(
    '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85',
  );
  // more than one piece: 3 MiB and a byte of the pattern 0, 1, … 250, as the studio's own library says it
  const long = new Uint8Array(3 * 2 ** 20 + 1).map((_, index) => index % 251);
  expect(await digestOf(new Blob([long]), never())).toBe(LONG);
});

test('a folder is its code: without its own name, git, caches and environments', () => {
  const all = [
    'a/train.py',
    'a/src/net.py',
    'a/.git/HEAD',
    'a/src/__pycache__/net.pyc',
    'a/venv/x',
    'one.py',
  ];
  expect(codeOf(all.map((path) => file(path))).map((one) => one.path)).toEqual([
    'train.py',
    'src/net.py',
    'one.py',
  ]);
});

test('only what the studio lacks is sent, each content once', async () => {
  const steps: Sending[] = [];
  const files = codeOf([file('a/x.py', 'same'), file('a/y.py', 'same'), file('a/old.py', 'old')]);
  const old = await digestOf(new Blob(['old']), never());
  there.add(old);
  const code = await sendCode(files, (now) => steps.push(now), never());
  expect(sent).toHaveLength(1);
  expect(asked).toHaveLength(1);
  expect(code).toEqual([
    { path: 'x.py', digest: 'of the studio', manifest: false },
    { path: 'y.py', digest: 'of the studio', manifest: false },
    { path: 'old.py', digest: old, manifest: false },
  ]);
  expect(steps.at(0)).toEqual({ step: 'looking', files: 0, ofFiles: 3, bytes: 0, ofBytes: 11 });
  expect(steps.at(-2)).toEqual({ step: 'sending', files: 0, ofFiles: 1, bytes: 0, ofBytes: 4 });
  expect(steps.at(-1)).toEqual({ step: 'sending', files: 0, ofFiles: 1, bytes: 4, ofBytes: 4 });
});

test('sending is given up at once', async () => {
  const stop = new AbortController();
  answer = (_, signal) =>
    new Promise((_done, fail) => signal.addEventListener('abort', () => fail(signal.reason as Error)));
  const files = codeOf(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => file(name)));
  const going = sendCode(files, (now) => now.step === 'sending' && stop.abort(), stop.signal);
  await expect(going).rejects.toMatchObject({ name: 'AbortError' });
  expect(sent.length).toBeLessThan(files.length);
});

test('one that is refused ends the others', async () => {
  let ended = 0;
  answer = (one, signal) =>
    one.size === 3
      ? Promise.reject(new Error('too large'))
      : new Promise((_done, fail) =>
          signal.addEventListener('abort', () => {
            ended += 1;
            fail(signal.reason as Error);
          }),
        );
  const files = codeOf([file('a'), file('bbb'), file('c')]);
  await expect(sendCode(files, () => undefined, never())).rejects.toThrow('too large');
  expect(ended).toBe(2);
});

const LONG = 'fd984eaa20053d346cc7c79a175338f91556e68b871d877b23568a4587d9875b';
