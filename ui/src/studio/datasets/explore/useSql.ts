import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { api, data } from '@/kernel/request';
import { workspace } from '@/kernel/workspace';
import { remember } from './history';

const LIMIT = 100_000; // rows kept to be looked at; all of them are saved or exported from Python
const SECONDS = 60;

/** Runs one query at a time, says for how long, and stops it. */
export function useSql(dataset: string) {
  const id = useRef('');
  const [began, setBegan] = useState<number | null>(null);
  const [seconds, setSeconds] = useState(0);
  const run = useMutation({
    mutationFn: (query: string) => {
      id.current = crypto.randomUUID();
      setBegan(Date.now());
      setSeconds(0);
      remember(workspace(), query);
      return data(
        api().POST('/datasets/sql', {
          body: { query, dataset, id: id.current, limit: LIMIT, timeout: SECONDS },
        }),
      );
    },
    onSettled: () => setBegan(null),
  });
  useEffect(() => {
    if (began === null) return;
    const timer = setInterval(() => setSeconds((Date.now() - began) / 1000), 200);
    return () => clearInterval(timer);
  }, [began]);
  const stop = () =>
    api()
      .POST('/datasets/sql/{query}/cancel', { params: { path: { query: id.current } } })
      .catch(() => undefined); // it has ended by itself
  return { run, stop, seconds };
}
