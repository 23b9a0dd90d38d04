import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './compute.module.css';

interface Props {
  label: string;
  /** Pixels below which it is scrolled sideways. */
  width: number;
  /** Its head and body. */
  children: ReactNode;
}

/** A table that is scrolled sideways where it is wider than its place, by keyboard too: its rows may have nothing to focus. */
export function Scrolled({ label, width, children }: Props) {
  return (
    <Table.ScrollContainer
      minWidth={width}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'region', 'aria-label': label } }}
    >
      <Table aria-label={label} className={classes.table ?? ''}>
        {children}
      </Table>
    </Table.ScrollContainer>
  );
}
