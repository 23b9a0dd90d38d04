import { Button, Group, SegmentedControl, Text } from '@mantine/core';
import { useState } from 'react';
import { Note } from '@/kit/Note';
import type { Profile } from '../types';

type Alert = NonNullable<Profile['alerts']>[number];

const SHOWN = 8;
export const KINDS: Record<Alert['kind'], string> = {
  leak: 'Leaks',
  duplicates: 'Repeated rows',
  constant: 'Constant',
  missing: 'Missing',
  unique: 'Unique',
  many_values: 'Many values',
  zeros: 'Zeros',
  skewed: 'Skewed',
  correlated: 'Correlated',
  mixed_types: 'Mixed types',
  errors: 'Values that do not fit',
  infinite: 'Infinite',
};

interface Props {
  alerts: Alert[];
  kind: string | undefined;
  onKind: (kind: string | undefined) => void;
  onColumn: (name: string) => void;
}

/** Things to know before training, each with what to do; one kind at a time where there are many. */
export function Alerts({ alerts, kind, onKind, onColumn }: Props) {
  const [all, setAll] = useState(false);
  if (alerts.length === 0) return null;
  const kinds = [...new Set(alerts.map((alert) => alert.kind))];
  const chosen = kinds.find((known) => known === kind);
  const wanted = chosen ? alerts.filter((alert) => alert.kind === chosen) : alerts;
  const shown = all ? wanted : wanted.slice(0, SHOWN);
  return (
    <Note tone="warning" title={`${alerts.length} thing${alerts.length > 1 ? 's' : ''} to know`}>
      {kinds.length > 1 ? (
        <Group mt="xs">
          <SegmentedControl
            size="xs"
            aria-label="Kind"
            value={chosen ?? 'any'}
            onChange={(value) => onKind(value === 'any' ? undefined : value)}
            data={[
              { value: 'any', label: `All ${alerts.length}` },
              ...kinds.map((known) => ({
                value: known,
                label: `${KINDS[known]} ${alerts.filter((alert) => alert.kind === known).length}`,
              })),
            ]}
          />
        </Group>
      ) : null}
      <ul>
        {shown.map((alert, index) => (
          <li key={index}>
            {alert.column ? (
              <Button variant="transparent" size="compact-sm" px={0} onClick={() => onColumn(alert.column)}>
                {alert.message}
              </Button>
            ) : (
              <Text span size="sm">
                {alert.message}
              </Text>
            )}{' '}
            <Text span size="sm" c="dimmed">
              {alert.advice}
            </Text>
          </li>
        ))}
      </ul>
      {wanted.length > SHOWN ? (
        <Button variant="subtle" size="compact-sm" onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show ${wanted.length - SHOWN} more`}
        </Button>
      ) : null}
    </Note>
  );
}
