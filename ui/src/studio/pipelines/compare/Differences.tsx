import { Table } from '@mantine/core';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { WideTable } from '../WideTable';
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
    <WideTable
      label={label}
      head={[
        'What',
        <Head key="first" of="First" place={first} />,
        <Head key="second" of="Second" place={second} />,
      ]}
    >
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
    </WideTable>
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
