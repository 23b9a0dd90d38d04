import { useCallback, useRef, useState } from 'react';
import { Problem } from '@/kernel/problem';
import { upload } from '@/kernel/upload';
import { apiUrl } from '@/kernel/workspace';

export interface Sending {
  id: number;
  file: File;
  path: string;
  state: 'waiting' | 'sending' | 'done' | 'failed' | 'exists';
  sent: number;
  problem?: Problem;
}

const AT_ONCE = 2;

/** Files on their way into a folder, two at a time; what is there already is replaced only when it is said so. */
export function useUploads(name: string, onDone: () => void) {
  const [all, setAll] = useState<Sending[]>([]);
  const waiting = useRef<(Sending & { overwrite: boolean })[]>([]);
  const running = useRef(new Map<number, AbortController>());
  const next = useRef(1);
  const workers = useRef(0);

  const change = useCallback(
    (id: number, values: Partial<Sending>) =>
      setAll((old) => old.map((one) => (one.id === id ? { ...one, ...values } : one))),
    [],
  );

  const send = async (one: Sending & { overwrite: boolean }) => {
    const stop = new AbortController();
    running.current.set(one.id, stop);
    change(one.id, { state: 'sending', sent: 0 });
    const url = apiUrl(`/datastores/${name}/content`, { path: one.path, overwrite: one.overwrite });
    try {
      await upload(url, one.file, ({ sent }) => change(one.id, { sent }), stop.signal, 'PUT');
      change(one.id, { state: 'done', sent: one.file.size });
      onDone();
    } catch (error) {
      if (stop.signal.aborted) return;
      const problem = Problem.from(error);
      const exists = problem.code === 'datastores.path_exists';
      change(one.id, { state: exists ? 'exists' : 'failed', problem });
    } finally {
      running.current.delete(one.id);
    }
  };
  const work = async () => {
    for (let one = waiting.current.shift(); one; one = waiting.current.shift()) await send(one);
    workers.current -= 1;
  };
  const begin = () => {
    while (workers.current < Math.min(AT_ONCE, workers.current + waiting.current.length)) {
      workers.current += 1;
      void work();
    }
  };

  const add = (files: readonly { file: File; path: string }[]) => {
    const fresh = files.map(({ file, path }) => ({
      id: next.current++,
      file,
      path,
      state: 'waiting' as const,
      sent: 0,
    }));
    setAll((old) => [...old.filter((one) => one.state !== 'done'), ...fresh]);
    waiting.current.push(...fresh.map((one) => ({ ...one, overwrite: false })));
    begin();
  };
  const again = (one: Sending, overwrite: boolean) => {
    change(one.id, { state: 'waiting' });
    waiting.current.push({ ...one, overwrite });
    begin();
  };
  const drop = (one: Sending) => {
    running.current.get(one.id)?.abort();
    waiting.current = waiting.current.filter((other) => other.id !== one.id);
    setAll((old) => old.filter((other) => other.id !== one.id));
  };
  return { all, add, again, drop };
}
