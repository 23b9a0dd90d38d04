import { useQueries } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { BLOCK, rows, type Look } from './queries';
import type { Place, Rows } from './types';

const CHUNK = 40; // columns asked for at once
const REST_MS = 40; // while the bar is dragged nothing is asked for

interface Window {
  first: number;
  last: number;
  columns: [number, number];
}

/** The rows in view of a table of any size: blocks that come as they are looked at. */
export function useRows(place: Place, look: Look, names: readonly string[], pinned: number) {
  const [window, setWindow] = useState<Window>({ first: 0, last: 40, columns: [0, 12] });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const onWindow = useCallback((first: number, last: number, columns: [number, number]) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setWindow({ first, last, columns }), REST_MS);
  }, []);

  const chunks = useMemo(() => {
    const [from, to] = window.columns;
    const places = [0, Math.max(0, pinned - 1), from - 1, to - 1].map((at) => Math.max(0, at));
    const [least, most] = [Math.floor((places[2] ?? 0) / CHUNK), Math.floor((places[3] ?? 0) / CHUNK)];
    const numbers = new Set([0, Math.floor((places[1] ?? 0) / CHUNK)]);
    for (let chunk = least; chunk <= most; chunk++) numbers.add(chunk);
    return [...numbers].filter((chunk) => chunk * CHUNK < names.length);
  }, [window.columns, names.length, pinned]);
  const blocks = useMemo(() => {
    const [least, most] = [Math.floor(window.first / BLOCK), Math.floor(window.last / BLOCK)];
    return Array.from({ length: Math.max(1, most - least + 1) }, (_, index) => least + index);
  }, [window.first, window.last]);

  const wanted = blocks.flatMap((block) => chunks.map((chunk) => ({ block, chunk })));
  const answers = useQueries({
    queries: wanted.map(({ block, chunk }) =>
      rows(place, look, names.slice(chunk * CHUNK, (chunk + 1) * CHUNK), block * BLOCK),
    ),
  });
  const parts = new Map<string, Rows>();
  wanted.forEach(({ block, chunk }, index) => {
    const found = answers[index]?.data;
    if (found?.state === 'ready') parts.set(`${block} ${chunk}`, found);
  });
  const some = answers.find((answer) => answer.data)?.data;
  const waiting = answers.find((answer) => answer.data && answer.data.state !== 'ready')?.data;

  const value = (row: number, column: number): unknown => {
    const block = Math.floor(row / BLOCK);
    const chunk = Math.floor(column / CHUNK);
    return parts.get(`${block} ${chunk}`)?.rows[row - block * BLOCK]?.[column - chunk * CHUNK];
  };
  const numberOf = (row: number): number | undefined => {
    const block = Math.floor(row / BLOCK);
    return parts.get(`${block} ${chunks[0] ?? 0}`)?.numbers[row - block * BLOCK];
  };
  return {
    onWindow,
    value,
    numberOf,
    window,
    total: some?.total ?? undefined,
    tableRows: some?.table_rows,
    waiting,
    error: answers.find((answer) => answer.error)?.error ?? null,
    retry: () => answers.forEach((answer) => void (answer.error ? answer.refetch() : undefined)),
  };
}
