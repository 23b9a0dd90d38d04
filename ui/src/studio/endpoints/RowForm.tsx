import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { isNumber, textOf, valueOf, type Column, type Row } from './form';
import classes from './endpoints.module.css';

interface Props {
  columns: readonly Column[];
  row: Row;
  /** The column the endpoint complained about, and what it said. */
  wrong: string | undefined;
  message: string | undefined;
  onRow: (row: Row) => void;
}

/** One field per column. Texts are kept as typed (`1.`, `-`) until they are something else. */
export function RowForm({ columns, row, wrong, message, onRow }: Props) {
  const [typed, setTyped] = useState<Record<string, string>>({});
  return (
    <div className={classes.fields}>
      {columns.map((column) => {
        const value = row[column.name];
        const draft = typed[column.name];
        const same = draft !== undefined && valueOf(draft, column) === value;
        return (
          <TextInput
            key={column.name}
            label={column.name}
            description={`${column.type}${column.required ? '' : ', may be empty'}`}
            value={same ? draft : textOf(value)}
            inputMode={isNumber(column) ? 'decimal' : undefined}
            error={wrong === column.name ? (message ?? true) : undefined}
            onChange={(event) => {
              const text = event.currentTarget.value;
              setTyped((old) => ({ ...old, [column.name]: text }));
              onRow({ ...row, [column.name]: valueOf(text, column) });
            }}
          />
        );
      })}
    </div>
  );
}
