import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  Popover,
  ScrollArea,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { IconColumns, IconDown, IconUp, IconX } from '@/kit/icons';
import { columnsOf } from './ask';
import { ATTRIBUTES, directionOf, headerOf, specOf, type Direction, type Of } from './columns';
import classes from './table.module.css';

interface Props {
  experiments: readonly string[];
  chosen: readonly string[];
  pinned: number;
  directions: Readonly<Record<string, Direction>>;
  onChange: (columns: string[] | undefined) => void;
  onPinned: (count: number) => void;
  onDirection: (metric: string, direction: Direction) => void;
}

const SHOWN = 60; // of a family; further ones are found by a part of their name
const OFS: [Of, string][] = [
  ['last', 'm'],
  ['min', 'min'],
  ['max', 'max'],
  ['best', 'best'],
];

/** Which columns the table has, in which order, and how many stay at the left. */
export function ColumnPicker(props: Props) {
  const { experiments, chosen, pinned, directions, onChange, onPinned, onDirection } = props;
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), 200);
  const known = useQuery({ ...columnsOf(experiments, asked), enabled: opened });
  const has = (id: string) => chosen.includes(id);
  const toggle = (id: string) => {
    const next = has(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
    if (next.length > 0) onChange(next);
  };
  const move = (at: number, by: number) => {
    const next = [...chosen];
    const [one] = next.splice(at, 1);
    if (one !== undefined) next.splice(at + by, 0, one);
    onChange(next);
  };
  const fits = (name: string) => name.toLowerCase().includes(text.trim().toLowerCase());
  const names = (found: readonly { name: string }[] | undefined) =>
    (found ?? [])
      .map((one) => one.name)
      .filter(fits)
      .slice(0, SHOWN);
  const attributes = Object.keys(ATTRIBUTES).filter((key) => fits(ATTRIBUTES[key]?.header ?? key));
  const metrics = names(known.data?.metrics);
  const params = names(known.data?.params);
  const tags = names(known.data?.tags);

  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={620} trapFocus>
      <Popover.Target>
        <ActionIcon aria-label="Choose columns" aria-expanded={opened} onClick={() => setOpened(!opened)}>
          <IconColumns size={16} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns" className={classes.picker ?? ''}>
        <div className={classes.pickerSides}>
          <Stack gap="xs">
            <TextInput
              size="xs"
              aria-label="Find a column"
              placeholder="Find a column"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              data-autofocus
            />
            <ScrollArea.Autosize mah={420} type="auto">
              <Stack gap="xs" pr="md">
                {metrics.length > 0 ? <Text className={classes.family ?? ''}>Metrics</Text> : null}
                {metrics.map((name) => (
                  <div key={name} className={classes.metricRow}>
                    <span title={name}>{name}</span>
                    {OFS.map(([of, prefix]) => (
                      <Checkbox
                        key={of}
                        size="xs"
                        label={of}
                        aria-label={`${name} ${of}`}
                        checked={has(`${prefix}.${name}`)}
                        onChange={() => toggle(`${prefix}.${name}`)}
                      />
                    ))}
                  </div>
                ))}
                {[
                  ['Params', 'p.', params],
                  ['Attributes', '', attributes],
                  ['Tags', 't.', tags],
                ].map(([title, prefix, list]) =>
                  (list as string[]).length > 0 ? (
                    <Stack gap={8} key={title as string}>
                      <Text className={classes.family ?? ''}>{title as string}</Text>
                      {(list as string[]).map((name) => (
                        <Checkbox
                          key={name}
                          size="xs"
                          label={prefix ? name : (ATTRIBUTES[name]?.header ?? name)}
                          checked={has(`${prefix as string}${name}`)}
                          onChange={() => toggle(`${prefix as string}${name}`)}
                        />
                      ))}
                    </Stack>
                  ) : null,
                )}
                {known.data && known.data.looked_at < known.data.runs ? (
                  <Text size="xs" c="dimmed">
                    Names of {known.data.looked_at.toLocaleString('en-US')} of the runs; write a part of a
                    name to look at all.
                  </Text>
                ) : null}
              </Stack>
            </ScrollArea.Autosize>
          </Stack>
          <Stack gap="xs">
            <Group justify="space-between">
              <Text className={classes.family ?? ''}>Shown, in order</Text>
              <Button variant="subtle" size="compact-xs" onClick={() => onChange(undefined)}>
                Reset
              </Button>
            </Group>
            <ScrollArea.Autosize mah={380} type="auto">
              <Stack gap={2}>
                {chosen.map((id, at) => {
                  const spec = specOf(id);
                  if (!spec) return null;
                  const header = headerOf(spec);
                  return (
                    <div key={id} className={classes.chosen}>
                      <span title={header}>{header}</span>
                      {spec.of === 'best' ? (
                        <Button
                          variant="default"
                          size="compact-xs"
                          onClick={() =>
                            onDirection(spec.key, directionOf(spec.key, directions) === 'up' ? 'down' : 'up')
                          }
                        >
                          {directionOf(spec.key, directions) === 'up' ? 'highest' : 'lowest'}
                        </Button>
                      ) : null}
                      <ActionIcon
                        size={24}
                        aria-label={`Move ${header} up`}
                        disabled={at === 0}
                        onClick={() => move(at, -1)}
                      >
                        <IconUp size={12} />
                      </ActionIcon>
                      <ActionIcon
                        size={24}
                        aria-label={`Move ${header} down`}
                        disabled={at === chosen.length - 1}
                        onClick={() => move(at, 1)}
                      >
                        <IconDown size={12} />
                      </ActionIcon>
                      <ActionIcon
                        size={24}
                        aria-label={`Remove ${header}`}
                        disabled={chosen.length === 1}
                        onClick={() => toggle(id)}
                      >
                        <IconX size={12} />
                      </ActionIcon>
                    </div>
                  );
                })}
              </Stack>
            </ScrollArea.Autosize>
            <Select
              size="xs"
              label="Stay at the left"
              data={[
                { value: '0', label: 'None' },
                { value: '1', label: 'First column' },
                { value: '2', label: 'First two' },
                { value: '3', label: 'First three' },
              ]}
              value={String(pinned)}
              allowDeselect={false}
              comboboxProps={{ withinPortal: false }}
              onChange={(value) => onPinned(Number(value))}
            />
          </Stack>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
