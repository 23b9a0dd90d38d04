import { Group, Table, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { count } from '@/kernel/format';
import { CopyButton } from '@/kit/CopyButton';
import { IconSearch } from '@/kit/icons';
import { LongText } from '@/kit/LongText';
import { MetricTable } from '../MetricTable';
import type { Metric } from '../queries';
import classes from './overview.module.css';

const MANY = 8; // so many need no filter
const MOST = 300;

/** Params as a table: filter, copy one, copy all as JSON. */
export function Pairs({
  of,
  label,
  none,
}: {
  of: Readonly<Record<string, string>>;
  label: string;
  none: string;
}) {
  return (
    <Filtered label={label} none={none} names={Object.keys(of)} copy={JSON.stringify(of, null, 2)}>
      {(names) => (
        <Table aria-label={label} className={classes.pairs ?? ''}>
          <Table.Tbody>
            {names.map((key) => (
              <Table.Tr key={key}>
                <Table.Th scope="row">{key}</Table.Th>
                <Table.Td>
                  <span className={classes.value}>
                    <span>
                      <LongText text={of[key] ?? ''} />
                    </span>
                    <CopyButton value={of[key] ?? ''} label={`Copy ${key}`} />
                  </span>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Filtered>
  );
}

export function Metrics({ metrics }: { metrics: readonly Metric[] }) {
  const copy = JSON.stringify(
    Object.fromEntries(metrics.map((it) => [it.key, it.value ?? it.special])),
    null,
    2,
  );
  return (
    <Filtered label="Metrics" none="No metrics were logged." names={metrics.map((it) => it.key)} copy={copy}>
      {(names) => {
        const shown = new Set(names);
        return <MetricTable metrics={metrics.filter((it) => shown.has(it.key))} />;
      }}
    </Filtered>
  );
}

interface FilteredProps {
  label: string;
  none: string;
  names: readonly string[];
  copy: string;
  children: (names: readonly string[]) => ReactNode;
}

function Filtered({ label, none, names, copy, children }: FilteredProps) {
  const [q, setQ] = useState('');
  if (names.length === 0)
    return (
      <Text size="sm" c="dimmed">
        {none}
      </Text>
    );
  const found = names.filter((name) => name.toLowerCase().includes(q.toLowerCase()));
  return (
    <div className={classes.stack}>
      <Group gap="sm">
        {names.length > MANY ? (
          <TextInput
            size="xs"
            aria-label={`Filter ${label.toLowerCase()}`}
            placeholder={`Filter ${count(names.length)}`}
            leftSection={<IconSearch size={14} aria-hidden />}
            value={q}
            onChange={(event) => setQ(event.currentTarget.value)}
          />
        ) : null}
        <CopyButton value={copy} label={`Copy ${label.toLowerCase()} as JSON`} />
      </Group>
      {found.length > 0 ? (
        children(found.slice(0, MOST))
      ) : (
        <Text size="sm" c="dimmed">
          None has this in its name.
        </Text>
      )}
      {found.length > MOST ? (
        <Text size="xs" c="dimmed">
          {count(found.length - MOST)} more; filter to see them.
        </Text>
      ) : null}
    </div>
  );
}
