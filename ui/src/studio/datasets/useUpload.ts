import { useRef, useState } from 'react';
import { bytes } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { upload, type Sent } from '@/kernel/upload';
import { apiUrl } from '@/kernel/workspace';
import type { DatasetCreated } from './types';

/** A file on its way to the studio: progress, rate, cancel, and what the server had against it. */
export function useUpload(onDone: (made: DatasetCreated) => void) {
  const [sent, setSent] = useState<Sent | null>(null);
  const [startedAt, setStartedAt] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [rate, setRate] = useState('');
  const stop = useRef<AbortController | null>(null);

  const start = (file: File, query: Record<string, string | undefined>) => {
    const controller = new AbortController();
    const begun = Date.now();
    stop.current = controller;
    setProblem(null);
    setRate('');
    setStartedAt(new Date(begun).toISOString());
    setSent({ sent: 0, total: file.size });
    const onProgress = (now: Sent) => {
      setSent(now);
      const seconds = (Date.now() - begun) / 1000;
      if (seconds > 3) setRate(`, ${bytes(now.sent / seconds)}/s`);
    };
    upload<DatasetCreated>(apiUrl('/datasets/uploads', query), file, onProgress, controller.signal)
      .then(onDone)
      .catch((error: unknown) => {
        if (!controller.signal.aborted) setProblem(Problem.from(error));
      })
      .finally(() => setSent(null));
  };

  return {
    start,
    cancel: () => stop.current?.abort(),
    reset: () => setProblem(null),
    busy: sent !== null,
    sent,
    rate,
    startedAt,
    problem,
  };
}
