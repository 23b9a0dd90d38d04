import { SegmentedControl } from '@mantine/core';
import { bytes, count } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { Answer } from '@/kit/Page';
import { changedFiles, type Change, type FileChange, type VersionComparison } from './queries';

interface Props {
  name: string;
  left: number;
  right: number;
  counts: VersionComparison['files'];
  change: Change | undefined;
  onChange: (change: Change | undefined) => void;
}

const COLUMNS: GridColumn<FileChange>[] = [
  { id: 'path', header: 'File', width: 300, grow: true, sortable: false, value: (row) => row.path },
  { id: 'change', header: 'Change', width: 110, sortable: false, value: (row) => row.change },
  {
    id: 'left',
    header: 'Before',
    align: 'right',
    width: 100,
    sortable: false,
    value: (row) => row.left_size ?? null,
    cell: (row) => bytes(row.left_size),
  },
  {
    id: 'right',
    header: 'After',
    align: 'right',
    width: 100,
    sortable: false,
    value: (row) => row.right_size ?? null,
    cell: (row) => bytes(row.right_size),
  },
];

/** The files that two versions do not share. */
export function ChangedFiles({ name, left, right, counts, change, onChange }: Props) {
  const { added = 0, removed = 0, changed = 0 } = counts;
  const found = usePages(changedFiles(name, left, right, change));
  const total = change ? { added, removed, changed }[change] : added + removed + changed;
  if (added + removed + changed === 0) return null;
  return (
    <Answer query={found} rows={4}>
      {(rows) => (
        <DataGrid
          label="Changed files"
          rows={rows}
          columns={COLUMNS}
          rowKey={(row) => row.path}
          onEnd={found.more}
          hasMore={found.hasMore}
          total={total}
          dense
          maxHeight="480px"
          empty="No file has changed in this way."
          toolbar={
            <SegmentedControl
              size="xs"
              aria-label="Kind of change"
              value={change ?? 'any'}
              onChange={(value) => onChange(value === 'any' ? undefined : (value as Change))}
              data={[
                { value: 'any', label: `All ${count(added + removed + changed)}` },
                { value: 'added', label: `Added ${count(added)}` },
                { value: 'removed', label: `Removed ${count(removed)}` },
                { value: 'changed', label: `Changed ${count(changed)}` },
              ]}
            />
          }
        />
      )}
    </Answer>
  );
}
