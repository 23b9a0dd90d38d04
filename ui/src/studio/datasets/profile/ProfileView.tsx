import { Text } from '@mantine/core';
import { useMemo } from 'react';
import { count, duration, metric, percent } from '@/kernel/format';
import { Bars } from '@/kit/charts/Bars';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Section } from '@/kit/Page';
import type { ColumnProfile, Profile } from '../types';
import { Alerts } from './Alerts';
import { ColumnDrawer } from './ColumnDrawer';
import { Correlations, type Method } from './Correlations';
import { heights, spoken, valueText } from './words';

interface Props {
  profile: Profile;
  column: string | undefined;
  onColumn: (name: string | undefined) => void;
  method: Method | undefined;
  onMethod: (method: Method) => void;
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
  kind: string | undefined;
  onKind: (kind: string | undefined) => void;
}

const COLUMNS: GridColumn<ColumnProfile>[] = [
  { id: 'name', header: 'Column', value: (c) => c.name, width: 180, grow: true },
  { id: 'type', header: 'Type', value: (c) => c.type, width: 90 },
  {
    id: 'distribution',
    header: 'Distribution',
    value: (c) => spoken(c),
    cell: (c) => <Bars values={heights(c)} label={spoken(c)} />,
    width: 150,
    sortable: false,
  },
  {
    id: 'missing',
    header: 'Missing',
    value: (c) => c.missing_share,
    cell: (c) => percent(c.missing_share),
    align: 'right',
    width: 90,
  },
  {
    id: 'distinct',
    header: 'Distinct',
    value: (c) => c.distinct,
    cell: (c) => `${c.distinct_exact ? '' : '≈ '}${count(c.distinct)}`,
    align: 'right',
    width: 100,
  },
  {
    id: 'min',
    header: 'Smallest',
    value: (c) => c.min ?? null,
    cell: (c) => valueText(c, c.min),
    align: 'right',
    width: 110,
  },
  {
    id: 'mean',
    header: 'Mean',
    value: (c) => c.mean ?? null,
    cell: (c) => valueText(c, c.mean),
    align: 'right',
    width: 110,
  },
  {
    id: 'median',
    header: 'Median',
    value: (c) => c.quantiles?.['0.5'] ?? null,
    cell: (c) => valueText(c, c.quantiles?.['0.5']),
    align: 'right',
    width: 110,
  },
  {
    id: 'max',
    header: 'Largest',
    value: (c) => c.max ?? null,
    cell: (c) => valueText(c, c.max),
    align: 'right',
    width: 110,
  },
  {
    id: 'std',
    header: 'Deviation',
    value: (c) => c.std ?? null,
    cell: (c) => metric(c.std),
    align: 'right',
    width: 100,
    optional: true,
  },
  {
    id: 'skewness',
    header: 'Skewness',
    value: (c) => c.skewness ?? null,
    cell: (c) => metric(c.skewness, 3),
    align: 'right',
    width: 100,
    optional: true,
  },
  {
    id: 'kurtosis',
    header: 'Kurtosis',
    value: (c) => c.kurtosis ?? null,
    cell: (c) => metric(c.kurtosis, 3),
    align: 'right',
    width: 100,
    optional: true,
  },
  {
    id: 'zeros',
    header: 'Zeros',
    value: (c) => c.zeros ?? null,
    cell: (c) => (c.zeros == null ? '–' : count(c.zeros)),
    align: 'right',
    width: 90,
    optional: true,
  },
  {
    id: 'empty',
    header: 'Empty',
    value: (c) => c.empty ?? null,
    cell: (c) => (c.empty == null ? '–' : count(c.empty)),
    align: 'right',
    width: 90,
    optional: true,
  },
  {
    id: 'length',
    header: 'Mean length',
    value: (c) => c.mean_length ?? null,
    cell: (c) => metric(c.mean_length, 3),
    align: 'right',
    width: 110,
    optional: true,
  },
  { id: 'top', header: 'Most frequent', value: (c) => c.top?.[0]?.value ?? null, width: 150 },
];

/** What a profile says: things to know first, a row per column, how columns go together, what is missing together. */
export function ProfileView({
  profile,
  column,
  onColumn,
  method,
  onMethod,
  sort,
  onSort,
  kind,
  onKind,
}: Props) {
  const chosen = useMemo(() => profile.columns.find((known) => known.name === column), [profile, column]);
  return (
    <>
      <Text size="sm" c="dimmed">
        {profile.sample.note} Profiled in {duration(profile.seconds)}
        {profile.parts && profile.parts.reused > 0
          ? `, of which ${profile.parts.files === 0 ? 'nothing' : count(profile.parts.files) + ' new files'} had to be read`
          : ''}
        .
      </Text>
      <Alerts alerts={profile.alerts ?? []} kind={kind} onKind={onKind} onColumn={onColumn} />
      <DataGrid
        label="Columns"
        rows={profile.columns}
        columns={COLUMNS}
        rowKey={(row) => row.name}
        onOpen={(row) => onColumn(row.name)}
        sort={sort}
        onSort={onSort}
        highlight={(row) => row.name === column}
        rowHeight={44}
        maxHeight={560}
      />
      <Correlations correlations={profile.correlations} method={method} onMethod={onMethod} />
      <Patterns profile={profile} />
      <ColumnDrawer
        column={chosen}
        exact={profile.sample.exact}
        onClose={() => onColumn(undefined)}
        onStep={(by) => {
          const next = profile.columns[profile.columns.findIndex((known) => known.name === column) + by];
          if (next) onColumn(next.name);
        }}
      />
    </>
  );
}

function Patterns({ profile }: { profile: Profile }) {
  const patterns = profile.missing_patterns ?? [];
  if (patterns.length === 0) return null;
  return (
    <Section title="Missing together">
      <DataGrid
        label="Columns that are missing together"
        rows={patterns.map((pattern, index) => ({ ...pattern, index }))}
        rowKey={(row) => String(row.index)}
        columns={[
          {
            id: 'columns',
            header: 'Missing columns',
            value: (row) => row.columns.join(', ') || '(none: complete rows)',
            grow: true,
          },
          {
            id: 'rows',
            header: 'Rows',
            value: (row) => row.rows,
            cell: (row) => count(row.rows),
            align: 'right',
          },
          {
            id: 'share',
            header: 'Share',
            value: (row) => row.share,
            cell: (row) => percent(row.share),
            align: 'right',
          },
        ]}
        dense
        maxHeight={320}
      />
    </Section>
  );
}
