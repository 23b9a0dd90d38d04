import { Drawer, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { count } from '@/kernel/format';
import { CopyButton } from '@/kit/CopyButton';
import { Answer } from '@/kit/Page';
import { cell } from './queries';
import type { Column, Place } from './types';
import classes from './explore.module.css';

interface Props {
  place: Place;
  column: Column | undefined;
  /** Of the row in the table, from 0. */
  number: number | undefined;
  onClose: () => void;
}

function pretty(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** One value, whole; what is JSON is set out in lines. */
export function ValueDrawer({ place, column, number, onClose }: Props) {
  const open = column !== undefined && number !== undefined;
  const found = useQuery({ ...cell(place, number ?? 0, column?.name ?? ''), enabled: open });
  return (
    <Drawer opened={open} onClose={onClose} title={column?.name} size={480}>
      {open ? (
        <Answer query={found} rows={3} inline>
          {(value) => (
            <Stack gap="sm">
              <Group justify="space-between">
                <Text size="sm" c="dimmed">
                  Row {count(number + 1)}, {column.stored || column.type}
                  {value.text === null ? '' : `, ${count(value.size)} characters`}
                </Text>
                {value.text ? <CopyButton value={value.text} label="Copy the value" /> : null}
              </Group>
              {value.text === null || value.text === undefined ? (
                <Text size="sm">There is no value.</Text>
              ) : (
                <pre className={classes.whole}>{pretty(value.text) || 'empty text'}</pre>
              )}
              {value.cut ? (
                <Text size="sm" c="dimmed">
                  The first 1 MiB is shown; export the table to have all of it.
                </Text>
              ) : null}
            </Stack>
          )}
        </Answer>
      ) : null}
    </Drawer>
  );
}
