import { metric, percent } from '@/kernel/format';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { MetricCell } from '@/kit/MetricCell';
import { StatusBadge } from '@/kit/StatusBadge';
import type { FeatureDrift } from './queries';

function number(
  id: string,
  header: string,
  value: (row: FeatureDrift) => number | null | undefined,
  more: Partial<GridColumn<FeatureDrift>> = {},
): GridColumn<FeatureDrift> {
  return {
    id,
    header,
    value: (row) => value(row) ?? null,
    cell: (row) => <MetricCell value={value(row)} digits={3} name={header} />,
    align: 'right',
    width: 110,
    ...more,
  };
}

const COLUMNS: GridColumn<FeatureDrift>[] = [
  { id: 'name', header: 'Feature', value: (row) => row.name, width: 180, grow: true },
  {
    id: 'drifting',
    header: 'State',
    value: (row) => row.drifting ?? false,
    cell: (row) =>
      row.drifting ? (
        <StatusBadge state="drifting" tone="warning" label="Drifting" />
      ) : (
        <StatusBadge state="ok" tone="completed" label="No drift" />
      ),
    width: 110,
  },
  number('psi', 'Stability index', (row) => row.psi, { width: 150 }),
  number('floor', 'Noise up to', (row) => row.floor),
  number('contribution', 'Contribution', (row) => row.contribution),
  number('ks', 'Kolmogorov–Smirnov', (row) => row.ks, { width: 180 }),
  number('wasserstein', 'Wasserstein / IQR', (row) => row.wasserstein, { width: 140 }),
  number('js', 'Jensen–Shannon', (row) => row.jensen_shannon, { width: 130 }),
  number('v', 'Cramér’s V', (row) => row.cramers_v, { optional: true }),
  number('chi', 'χ²', (row) => row.chi_square, { optional: true }),
  number('p', 'By chance', (row) => row.adjusted, { optional: true }),
  {
    id: 'missing',
    header: 'Missing',
    value: (row) => row.target.missing_share,
    cell: (row) => `${percent(row.baseline.missing_share)} → ${percent(row.target.missing_share)}`,
    align: 'right',
    width: 130,
  },
  {
    id: 'new',
    header: 'New categories',
    value: (row) => row.new_categories?.join(', ') || null,
    width: 150,
  },
  {
    id: 'mean',
    header: 'Mean',
    value: (row) => row.target.mean ?? null,
    cell: (row) =>
      row.target.mean == null ? '–' : `${metric(row.baseline.mean)} → ${metric(row.target.mean)}`,
    align: 'right',
    width: 150,
    optional: true,
  },
];

interface Props {
  features: FeatureDrift[];
  /** Kept by the page; without `onSort` by the table. */
  sort?: string | undefined;
  onSort?: (sort: string | undefined) => void;
  onOpen?: (name: string) => void;
}

/** Every feature of a comparison and its measures. */
export function FeatureTable({ features, sort, onSort, onOpen }: Props) {
  return (
    <DataGrid
      label="Features"
      rows={features}
      columns={COLUMNS}
      rowKey={(row) => row.name}
      onOpen={onOpen ? (row) => onOpen(row.name) : undefined}
      sort={onSort ? (sort ?? '-psi') : undefined}
      onSort={onSort}
      dense
      maxHeight={520}
    />
  );
}
