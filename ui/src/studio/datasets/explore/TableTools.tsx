import { ActionIcon, Button, Checkbox, Group, Menu, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { useMemo, useState, type FormEvent, type ReactNode } from 'react';
import { count, counted } from '@/kernel/format';
import { IconColumns, IconPin, IconPinFilled } from '@/kit/icons';
import type { TableState } from './ExploreTable';
import type { Column } from './types';
import classes from './explore.module.css';

interface Props {
  columns: readonly Column[];
  state: TableState;
  onState: (change: Partial<TableState>) => void;
  total: number | undefined;
  tableRows: number;
  tools?: ReactNode;
}

const LISTED = 100; // columns in the picker at once

/** Above the table: how many rows there are, a row to go to, which columns are shown. */
export function TableTools({ columns, state, onState, total, tableRows, tools }: Props) {
  const part = state.filter.length > 0;
  return (
    <div className={classes.tools}>
      {tools}
      <span className={classes.grow} />
      <Text size="xs" c="dimmed" aria-live="polite">
        {part && total !== undefined
          ? `${count(total)} of ${count(tableRows)} rows`
          : counted(tableRows, 'row')}
        , {count(columns.length - state.hidden.length)} of {count(columns.length)} columns
      </Text>
      {state.sort.length > 0 ? (
        <Button size="compact-xs" variant="default" onClick={() => onState({ sort: [] })}>
          Unsort
        </Button>
      ) : null}
      <GoTo row={state.row} total={total ?? tableRows} onGo={(row) => onState({ row })} />
      <Picker columns={columns} state={state} onState={onState} />
    </div>
  );
}

function GoTo({
  row,
  total,
  onGo,
}: {
  row: number | undefined;
  total: number;
  onGo: (row: number | undefined) => void;
}) {
  const [text, setText] = useState(row ? String(row) : '');
  const [shown, setShown] = useState(row);
  if (row !== shown) {
    // not another input for another row: the keyboard stays in it
    setShown(row);
    setText(row ? String(row) : '');
  }
  const go = (event: FormEvent) => {
    event.preventDefault();
    const wanted = Number(text.replaceAll(/[,\s]/g, ''));
    if (Number.isInteger(wanted) && wanted > 0) onGo(Math.min(wanted, Math.max(1, total)));
  };
  return (
    <form onSubmit={go}>
      <TextInput
        size="xs"
        w={120}
        aria-label="Go to row"
        placeholder="Go to row"
        inputMode="numeric"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
    </form>
  );
}

function Picker({ columns, state, onState }: Pick<Props, 'columns' | 'state' | 'onState'>) {
  const [search, setSearch] = useState('');
  const found = useMemo(
    () => columns.filter((column) => column.name.toLowerCase().includes(search.toLowerCase())),
    [columns, search],
  );
  const hidden = new Set(state.hidden);
  const pinned = new Set(state.pinned);
  const toggle = (list: string[], name: string) =>
    list.includes(name) ? list.filter((one) => one !== name) : [...list, name];
  return (
    <Menu closeOnItemClick={false} position="bottom-end" width={300} trapFocus={false}>
      <Menu.Target>
        <Tooltip label="Choose and pin columns">
          <ActionIcon aria-label="Choose columns">
            <IconColumns size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown p="sm">
        <TextInput
          size="xs"
          aria-label="Find a column"
          placeholder="Find a column"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          mb="xs"
        />
        <Group gap="xs" mb="xs">
          <Button size="compact-xs" variant="default" onClick={() => onState({ hidden: [] })}>
            Show all
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            disabled={search === ''}
            onClick={() => {
              const wanted = new Set(found.map((column) => column.name));
              onState({ hidden: columns.map((column) => column.name).filter((name) => !wanted.has(name)) });
            }}
          >
            Only these
          </Button>
        </Group>
        <Stack gap={6} mah={340} style={{ overflow: 'auto' }} tabIndex={0} role="group" aria-label="Columns">
          {found.slice(0, LISTED).map((column) => (
            <Group key={column.name} gap="xs" wrap="nowrap" justify="space-between">
              <Checkbox
                size="xs"
                label={column.name}
                checked={!hidden.has(column.name)}
                disabled={!hidden.has(column.name) && hidden.size >= columns.length - 1}
                onChange={() => onState({ hidden: toggle(state.hidden, column.name) })}
              />
              <ActionIcon
                size={24}
                aria-label={pinned.has(column.name) ? `Unpin ${column.name}` : `Pin ${column.name}`}
                onClick={() => onState({ pinned: toggle(state.pinned, column.name) })}
              >
                {pinned.has(column.name) ? <IconPinFilled size={14} /> : <IconPin size={14} />}
              </ActionIcon>
            </Group>
          ))}
          {found.length > LISTED ? (
            <Text size="xs" c="dimmed">
              {count(found.length - LISTED)} more: search for them.
            </Text>
          ) : null}
        </Stack>
      </Menu.Dropdown>
    </Menu>
  );
}
