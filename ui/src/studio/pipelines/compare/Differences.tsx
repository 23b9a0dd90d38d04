import { Table } from '@mantine/core';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import type { Difference } from './diff';
import classes from '../run/run.module.css';

interface Place {
  run: string;
  path: string;
}

interface Props {
  label: string;
  rows: readonly Difference[];
  /** Where each side's step is to be looked at. */
  first: Place | null;
  second: Place | null;
}

/** What is not the same, side by side. */
export function Differences({ label, rows, first, second }: Props) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={label}>
      <Table aria-label={label} className={classes.pairs ?? ''}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">What</Table.Th>
            <Table.Th scope="col">
              <Head of="First" place={first} />
            </Table.Th>
            <Table.Th scope="col">
              <Head of="Second" place={second} />
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.what}>
              <Table.Th scope="row">{row.what}</Table.Th>
              <Table.Td className={classes.value ?? ''}>{row.first}</Table.Td>
              <Table.Td className={classes.value ?? ''}>{row.second}</Table.Td>
            </Table.Tr>
          ))}
          {rows.length === 0 ? (
            <Table.Tr>
              <Table.Td colSpan={3}>Nothing.</Table.Td>
            </Table.Tr>
          ) : null}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Head({ of, place }: { of: string; place: Place | null }) {
  if (!place) return <>{of}</>;
  return (
    <>
      {of} <Link href={at(['pipelines', place.run], { step: place.path })}>look at it</Link>
    </>
  );
}
