import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { bytes, metric } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Link, useFollow } from '@/kit/Link';
import { Time } from '@/kit/Time';
import { endpointsOf, measured, runLabel, type ModelVersion } from './queries';
import { VerdictBadge } from './VerdictBadge';

const FROM = '/w/$ws/models/$name';
const SHOWN_METRICS = 4;
const SYSTEM = 'system/'; // how MLflow's client names what it measures of the machine

const COLUMNS: GridColumn<ModelVersion>[] = [
  { id: 'version', header: 'Version', width: 90, value: (row) => row.version },
  { id: 'aliases', header: 'Aliases', width: 140, value: (row) => (row.aliases ?? []).join(', ') || null },
  {
    id: 'stage',
    header: 'Stage',
    width: 110,
    value: (row) => (row.stage === 'None' ? null : (row.stage ?? null)),
  },
  {
    id: 'scan',
    header: 'Scan',
    width: 150,
    value: (row) => row.scan ?? null,
    cell: (row) => <VerdictBadge verdict={row.scan} here={(row.files ?? 0) > 0} />,
  },
  {
    id: 'deployed',
    header: 'Deployed at',
    width: 150,
    value: (row) => endpointsOf(row).join(', ') || null,
    cell: (row) =>
      endpointsOf(row).length === 0
        ? '–'
        : endpointsOf(row).map((name, index) => (
            <span key={name}>
              {index > 0 ? ', ' : ''}
              <Link href={at(['endpoints', name])}>{name}</Link>
            </span>
          )),
  },
  {
    id: 'run',
    header: 'Run',
    width: 160,
    value: (row) => row.run_name ?? row.run_id ?? null,
    cell: (row) =>
      row.run_id ? <Link href={at(['experiments', 'runs', row.run_id])}>{runLabel(row)}</Link> : '–',
  },
  {
    id: 'flavors',
    header: 'Flavors',
    width: 160,
    optional: true,
    value: (row) => (row.flavors ?? []).join(', ') || null,
  },
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    width: 90,
    value: (row) => row.size ?? null,
    cell: (row) => bytes(row.size),
  },
  {
    id: 'created',
    header: 'Registered',
    width: 120,
    value: (row) => row.created_at,
    cell: (row) => <Time at={row.created_at} />,
  },
  { id: 'user', header: 'By', width: 110, value: (row) => row.user || null },
  { id: 'source', header: 'Source', width: 220, optional: true, value: (row) => row.source || null },
];

/** Every version with the metrics of its run; two to ten of them can be compared. */
export function VersionsTable({ name, rows }: { name: string; rows: readonly ModelVersion[] }) {
  const search: { sort?: string | undefined; selected?: string[] | undefined } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const follow = useFollow();
  const may = useMay('models.write');
  const metrics = useQuery(measured(name));
  const columns = useMemo(() => withMetrics(metrics.data ?? {}), [metrics.data]);
  const selected = search.selected ?? [];
  const compareHref = at(['models', name, 'compare'], { v: selected.join(',') });
  if (rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No version yet.{' '}
        {may ? (
          <>
            <Link href={at(['models', 'new'], { name })}>Register one</Link>: of a run, of a file, of another
            MLflow.
          </>
        ) : (
          'Your role in this workspace may not register one; ask an owner of the workspace.'
        )}
      </Text>
    );
  return (
    <DataGrid
      label="Versions"
      rows={rows}
      columns={columns}
      rowKey={(row) => String(row.version)}
      href={(row) => at(['models', name, 'versions', String(row.version)])}
      sort={search.sort}
      onSort={(sort) => void navigate({ search: (old) => ({ ...old, sort }), replace: true })}
      selected={selected}
      onSelect={(keys) =>
        void navigate({
          search: (old) => ({ ...old, selected: keys.length > 0 ? keys : undefined }),
          replace: true,
        })
      }
      maxHeight="calc(100dvh - 320px)"
      toolbar={
        <>
          <Button
            component="a"
            variant="default"
            href={compareHref}
            data-disabled={selected.length < 2 || selected.length > 10 || undefined}
            aria-disabled={selected.length < 2 || selected.length > 10}
            onClick={(event) => {
              if (selected.length < 2 || selected.length > 10) event.preventDefault();
              else follow(compareHref, event);
            }}
          >
            Compare
          </Button>
          <span>
            {selected.length > 10
              ? 'At most ten can be compared'
              : selected.length > 0
                ? `${selected.length} selected`
                : 'Select two to ten to compare them'}
          </span>
          {metrics.error ? (
            <span role="status">
              Their metrics did not come: {Problem.from(metrics.error).detail}{' '}
              <Button variant="subtle" size="compact-xs" onClick={() => void metrics.refetch()}>
                Try again
              </Button>
            </span>
          ) : null}
        </>
      }
    />
  );
}

function withMetrics(
  found: Record<string, Record<string, number | string | null>>,
): GridColumn<ModelVersion>[] {
  const times = new Map<string, number>();
  for (const values of Object.values(found))
    for (const key of Object.keys(values)) times.set(key, (times.get(key) ?? 0) + 1);
  const ofMachine = (key: string) => Number(key.startsWith(SYSTEM));
  const keys = [...times]
    .sort((a, b) => ofMachine(a[0]) - ofMachine(b[0]) || b[1] - a[1] || a[0].localeCompare(b[0]))
    .map(([key]) => key);
  const made = keys.slice(0, 40).map((key, index): GridColumn<ModelVersion> => ({
    id: `metric:${key}`,
    header: key,
    align: 'right',
    width: 110,
    optional: index >= SHOWN_METRICS || ofMachine(key) > 0,
    value: (row) => found[row.version]?.[key] ?? null,
    cell: (row) => {
      const value = found[row.version]?.[key];
      return typeof value === 'number' ? metric(value) : (value ?? '–');
    },
  }));
  return [...COLUMNS.slice(0, 5), ...made, ...COLUMNS.slice(5)];
}
