import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './run/run.module.css';

interface Props {
  label: string;
  /** Titles of the columns; without them there is no head. */
  head?: readonly ReactNode[];
  /** Its rows. */
  children: ReactNode;
}

/** A table that is scrolled sideways, by keyboard too, where it is wider than its place. */
export function WideTable({ label, head, children }: Props) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <Table aria-label={label} className={classes.pairs ?? ''}>
        {head ? (
          <Table.Thead>
            <Table.Tr>
              {head.map((title, index) => (
                <Table.Th key={index} scope="col">
                  {title}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
        ) : null}
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  );
}
