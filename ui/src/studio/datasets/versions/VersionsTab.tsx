import { ActionIcon, Button, Menu } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes, count } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { apiUrl, at } from '@/kernel/workspace';
import { doneWithUndo, toastProblem } from '@/kit/ConfirmUndo';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconDots } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Section } from '@/kit/Page';
import { Reason } from '@/kit/Reason';
import { Time } from '@/kit/Time';
import { MenuWhy } from '@/kit/MenuWhy';
import type { Dataset, VersionSummary } from '../types';
import { DeletedVersions } from './Bin';
import { deleteVersion, restoreVersion } from './queries';
import { RetentionForm } from './RetentionForm';
import { VersionDialog } from './VersionDialog';
import { changeOf, sourceOf, tagsOf } from './words';
import classes from '../datasets.module.css';

interface Props {
  name: string;
  items: readonly VersionSummary[];
  about: Dataset | undefined;
  selected: readonly string[];
  onSelect: (versions: string[]) => void;
}

/** Every version, newest first: what changed, who made it, and what may be done with it. */
export function VersionsTab({ name, items, about, selected, onSelect }: Props) {
  const [editing, setEditing] = useState<VersionSummary | null>(null);
  const follow = useFollow();
  const [a, b] = [...selected].map(Number).sort((x, y) => x - y);
  const ready = selected.length === 2 && a !== undefined && b !== undefined;
  const columns: GridColumn<VersionSummary>[] = [
    { id: 'version', header: 'Version', width: 80, align: 'right', value: (row) => row.version },
    {
      id: 'change',
      header: 'What changed',
      width: 150,
      grow: true,
      sortable: false,
      value: (row) =>
        changeOf(
          row,
          items.find((other) => other.version < row.version),
        ),
    },
    ...COLUMNS,
    {
      id: 'do',
      header: 'Do',
      width: 56,
      sortable: false,
      value: () => null,
      cell: (row) => <Actions version={row} onEdit={() => setEditing(row)} />,
    },
  ];
  return (
    <div className={classes.stack}>
      <DataGrid
        label="Versions"
        rows={items}
        columns={columns}
        rowKey={(row) => String(row.version)}
        href={(row) => at(['datasets', row.name], { version: row.version })}
        selected={selected}
        onSelect={onSelect}
        toolbar={
          <>
            <Reason why={ready ? undefined : 'Choose two versions'}>
              <Button
                variant="default"
                size="compact-sm"
                onClick={() =>
                  follow(at(['datasets', name, 'compare'], { left: String(a), right: String(b) }))
                }
              >
                Compare
              </Button>
            </Reason>
            <span>{ready ? `Version ${a} with ${b}` : 'Choose two to compare them'}</span>
          </>
        }
      />
      {about ? <RetentionForm key={JSON.stringify(about.retention)} dataset={about} /> : null}
      <Section title="In the bin">
        <DeletedVersions name={name} />
      </Section>
      {editing ? <VersionDialog version={editing} onClose={() => setEditing(null)} /> : null}
    </div>
  );
}

const COLUMNS: GridColumn<VersionSummary>[] = [
  {
    id: 'rows',
    header: 'Rows',
    align: 'right',
    width: 110,
    value: (row) => (row.kind === 'file' ? null : row.rows),
    cell: (row) => (row.kind === 'file' ? '–' : count(row.rows)),
  },
  {
    id: 'files',
    header: 'Files',
    align: 'right',
    width: 80,
    value: (row) => row.file_count ?? 1,
    cell: (row) => count(row.file_count ?? 1),
  },
  {
    id: 'size',
    header: 'Size',
    align: 'right',
    width: 90,
    value: (row) => row.size,
    cell: (row) => bytes(row.size),
  },
  { id: 'author', header: 'By', width: 100, value: (row) => row.created_by },
  {
    id: 'created',
    header: 'Created',
    width: 110,
    value: (row) => row.created_at,
    cell: (row) => <Time at={row.created_at} />,
  },
  { id: 'tags', header: 'Tags', width: 150, sortable: false, value: (row) => tagsOf(row.tags) },
  { id: 'mode', header: 'Bytes', width: 100, optional: true, value: (row) => row.mode ?? 'managed' },
  {
    id: 'description',
    header: 'Description',
    width: 180,
    optional: true,
    value: (row) => row.description || null,
  },
  {
    id: 'columns',
    header: 'Columns',
    align: 'right',
    width: 90,
    optional: true,
    value: (row) => row.columns,
  },
  { id: 'source', header: 'From', width: 200, optional: true, value: (row) => sourceOf(row.source) || null },
  { id: 'digest', header: 'Digest', width: 150, optional: true, value: (row) => row.digest },
];

function Actions({ version: it, onEdit }: { version: VersionSummary; onEdit: () => void }) {
  const may = useMay('datasets.write');
  const cache = useQueryClient();
  const again = () => cache.invalidateQueries({ queryKey: ['datasets'] });
  const remove = async () => {
    try {
      await deleteVersion(it.name, it.version);
      await again();
      doneWithUndo(`Version ${it.version} is in the bin`, async () => {
        await restoreVersion(it.name, it.version);
        await again();
      });
    } catch (error) {
      toastProblem(error);
    }
  };
  const whole = apiUrl(`/datasets/${encodeURIComponent(it.name)}/versions/${it.version}/archive`);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          size={24}
          aria-label={`Actions of version ${it.version}`}
          onClick={(e) => e.stopPropagation()}
        >
          <IconDots size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown onClick={(event) => event.stopPropagation()}>
        <Menu.Item disabled={!may} onClick={onEdit}>
          Description and tags
        </Menu.Item>
        <Menu.Item component="a" href={whole} download>
          Download as zip
        </Menu.Item>
        <Menu.Item color="red" disabled={!may} onClick={() => void remove()}>
          Move to the bin
          <MenuWhy why={may ? undefined : 'Your role in this workspace may not delete datasets'} />
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
