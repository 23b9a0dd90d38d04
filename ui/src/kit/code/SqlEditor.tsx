import { Skeleton, useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { SqlEditing, SqlNames } from './sqlEditing';

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  onRun: () => void;
  /** Tables and their columns, to complete. */
  names: SqlNames;
  /** Where the last error is, counted in characters from 0. */
  errorAt?: number | undefined;
}

/** An editor for SQL; the heavy half comes when the first one is drawn. Ctrl+Enter runs. */
export function SqlEditor({ label, value, onChange, onRun, names, errorAt }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [editing, setEditing] = useState<SqlEditing | null>(null);
  const scheme = useComputedColorScheme('light');
  const latest = useRef({ value, onChange, onRun });
  useEffect(() => {
    latest.current = { value, onChange, onRun };
  });

  useEffect(() => {
    let gone = false;
    let made: SqlEditing | undefined;
    void import('./sqlEditing').then(({ edit }) => {
      if (gone || !host.current) return;
      made = edit(host.current, {
        label,
        text: latest.current.value,
        onChange: (text) => latest.current.onChange(text),
        onRun: () => latest.current.onRun(),
      });
      setEditing(made);
    });
    return () => {
      gone = true;
      made?.destroy();
    };
  }, [label]);
  useEffect(() => editing?.setNames(names), [editing, names]);
  useEffect(() => editing?.setDark(scheme === 'dark'), [editing, scheme]);
  useEffect(() => editing?.setText(value), [editing, value]);
  useEffect(() => editing?.mark(errorAt), [editing, errorAt]);

  return (
    <div ref={host} style={{ minHeight: 120 }}>
      {editing ? null : <Skeleton height={120} />}
    </div>
  );
}
