import { api, data } from '@/kernel/request';
import { upload, type Sent } from '@/kernel/upload';
import { apiUrl } from '@/kernel/workspace';
import type { components } from '@/kernel/schema';

/** A file of the code, and where it stands in the folder that the command starts in. */
export interface CodeFile {
  path: string;
  file: File;
}

/** How far it is. files, bytes: that are done; ofFiles, ofBytes: that there are. */
export interface Sending {
  step: 'looking' | 'sending';
  files: number;
  ofFiles: number;
  bytes: number;
  ofBytes: number;
}

const LEFT_OUT = /(^|\/)(\.git|__pycache__|\.venv|venv|node_modules|\.ipynb_checkpoints)\//;
const ASKED = 5000; // digests in one question
const AT_ONCE = 4;

/** Whether a file is one that people wrote: not of git, a cache or an environment. */
export const isCode = (path: string): boolean => !LEFT_OUT.test(path);

/** What of the chosen files is code; a folder's own name is not part of their paths. */
export function codeOf(files: readonly File[]): CodeFile[] {
  return files
    .map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/') || file.name, file }))
    .filter(({ path }) => isCode(path));
}

/** Send the files that the studio does not have yet, a few at a time; throws AbortError when it is given up. */
export async function sendCode(
  files: readonly CodeFile[],
  onStep: (now: Sending) => void,
  signal: AbortSignal,
): Promise<components['schemas']['InputFile'][]> {
  const { digestOf } = await import('./digest');
  const digests: string[] = [];
  let read = 0;
  const tell = () =>
    onStep({
      step: 'looking',
      files: digests.length,
      ofFiles: files.length,
      bytes: read,
      ofBytes: sizeOf(files),
    });
  tell();
  for (const { file } of files) {
    const digest = await digestOf(file, signal, (bytes) => {
      read += bytes;
      tell();
    });
    digests.push(digest);
  }
  const contents = new Map(files.map(({ file }, index) => [digests[index] ?? '', file]));
  const stored = await sendAll(contents, await missingOf([...contents.keys()], signal), onStep, signal);
  return files.map(({ path }, index) => {
    const digest = digests[index] ?? '';
    return { path, digest: stored.get(digest) ?? digest, manifest: false };
  });
}

const sizeOf = (files: readonly { file: File }[]) => files.reduce((sum, { file }) => sum + file.size, 0);

async function missingOf(digests: readonly string[], signal: AbortSignal): Promise<string[]> {
  const missing: string[] = [];
  for (let from = 0; from < digests.length; from += ASKED) {
    const body = { digests: digests.slice(from, from + ASKED) };
    const found = await data(api().POST('/experiments/files/missing', { body, signal }));
    missing.push(...found.digests);
  }
  return missing;
}

/** Send what is missing; returns what the studio calls each, for a file may have changed since it was looked at. */
async function sendAll(
  contents: ReadonlyMap<string, File>,
  missing: readonly string[],
  onStep: (now: Sending) => void,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const stored = new Map<string, string>();
  const waiting = missing.flatMap((digest) => {
    const file = contents.get(digest);
    return file ? [{ digest, file }] : [];
  });
  const [ofFiles, ofBytes] = [waiting.length, sizeOf(waiting)];
  const sent = new Map<string, number>();
  const tell = () => {
    const bytes = [...sent.values()].reduce((sum, one) => sum + one, 0);
    onStep({ step: 'sending', files: stored.size, ofFiles, bytes, ofBytes });
  };
  const failed = new AbortController(); // one that fails ends the others
  const stop = AbortSignal.any([signal, failed.signal]);
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const { digest, file } = one;
      stop.throwIfAborted();
      tell();
      const progress = (now: Sent) => {
        sent.set(digest, now.sent);
        tell();
      };
      const made = await upload<{ digest: string }>(apiUrl('/experiments/files'), file, progress, stop);
      stored.set(digest, made.digest);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, ofFiles) }, work));
  } catch (error) {
    failed.abort();
    throw error;
  }
  return stored;
}
