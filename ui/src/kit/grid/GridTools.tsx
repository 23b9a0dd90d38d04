import type { RowData } from '@tanstack/react-table';
import { ActionIcon, Checkbox, Group, Popover, Stack, Text, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { count } from '@/kernel/format';
import { IconColumns, IconCopy } from '../icons';
import type { GridColumn } from './types';
import classes from './grid.module.css';

interface Props<T extends RowData> {
  columns: readonly GridColumn<T>[];
  hidden: readonly string[];
  onHidden: (ids: string[]) => void;
  onCopy: () => void;
  toolbar: ReactNode;
  loaded: number;
  total: number | undefined;
  summary: string | undefined;
  /** Not all rows are in memory, and need not be: only the total is said. */
  windowed: boolean;
  /** Sorted among the loaded rows only. */
  partly: boolean;
  picker: ReactNode;
  selected: number;
}

/** Above the grid: the page's filters at the left; count, columns and copy at the right. */
export function GridTools<T extends RowData>({
  columns,
  hidden,
  onHidden,
  onCopy,
  toolbar,
  loaded,
  total,
  summary,
  windowed,
  partly,
  picker,
  selected,
}: Props<T>) {
  const size = windowed ? (total ?? loaded) : loaded;
  const all =
    !windowed && total !== undefined && total > loaded
      ? `${count(loaded)} of ${count(total)} rows`
      : `${count(size)} ${size === 1 ? 'row' : 'rows'}`;
  return (
    <div className={classes.tools}>
      <Group gap="sm" className={classes.filters ?? ''}>
        {toolbar}
      </Group>
      <Group gap="xs" wrap="nowrap">
        <Text size="xs" c="dimmed" className={classes.number ?? ''}>
          {selected > 0 ? `${count(selected)} selected · ` : ''}
          {summary ?? all}
          {partly ? `, sorted among the ${count(loaded)} that are loaded` : ''}
        </Text>
        {picker ?? (
          <Popover position="bottom-end" shadow="md" trapFocus returnFocus>
            <Popover.Target>
              <ActionIcon aria-label="Choose columns">
                <IconColumns size={16} />
              </ActionIcon>
            </Popover.Target>
            <Popover.Dropdown className={classes.picker ?? ''} aria-label="Columns" p="sm">
              <Stack gap="sm">
                {columns.map((column) => {
                  const off = hidden.includes(column.id);
                  return (
                    <Checkbox
                      key={column.id}
                      size="xs"
                      label={column.header}
                      checked={!off}
                      disabled={!off && hidden.length >= columns.length - 1}
                      onChange={() =>
                        onHidden(off ? hidden.filter((id) => id !== column.id) : [...hidden, column.id])
                      }
                    />
                  );
                })}
              </Stack>
            </Popover.Dropdown>
          </Popover>
        )}
        <Tooltip label="Copy as CSV">
          <ActionIcon aria-label="Copy as CSV" onClick={onCopy}>
            <IconCopy size={16} />
          </ActionIcon>
        </Tooltip>
      </Group>
    </div>
  );
}
