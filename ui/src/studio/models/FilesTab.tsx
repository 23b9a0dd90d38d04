import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes, count } from '@/kernel/format';
import { apiUrl } from '@/kernel/workspace';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconDownload } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { files, type ModelFile, type ModelVersion } from './queries';

const COLUMNS: GridColumn<ModelFile>[] = [
  { id: 'path', header: 'Path', value: (row) => row.path, grow: true, width: 320 },
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    width: 120,
    value: (row) => row.size,
    cell: (row) => bytes(row.size),
  },
];

export function FilesTab({ version: it }: { version: ModelVersion }) {
  const query = useQuery(files(it));
  return (
    <Answer query={query}>
      {(rows) => (
        <DataGrid
          label="Files"
          rows={rows}
          columns={COLUMNS}
          rowKey={(row) => row.path}
          dense
          maxHeight="calc(100dvh - 320px)"
          toolbar={
            <>
              <span>
                {count(rows.length)} files, {bytes(it.size)}
              </span>
              <Button
                component="a"
                variant="default"
                href={apiUrl(`/models/${encodeURIComponent(it.name)}/versions/${it.version}/download`)}
                leftSection={<IconDownload size={14} aria-hidden />}
              >
                Download as zip
              </Button>
            </>
          }
        />
      )}
    </Answer>
  );
}
