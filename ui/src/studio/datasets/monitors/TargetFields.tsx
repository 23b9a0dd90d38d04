import { Group, NumberInput, Select, Stack } from '@mantine/core';
import { Section } from '@/kit/Page';
import type { PartProps } from './formState';
import type { MonitorSettings } from './queries';
import { RowsPreview } from './RowsPreview';
import { FREQUENCIES, zones } from './words';

interface Props extends PartProps {
  names: string[];
  moments: string[];
  /** The dataset has no column of moments. */
  none: boolean;
  edit: boolean;
}

/** Which dataset, cut by which column into which windows, and how many rows those have. */
export function TargetFields({ state, set, fields, names, moments, none, edit }: Props) {
  return (
    <Section title="What is watched">
      <Stack>
        <Select
          label="Dataset"
          description="Windows are cut from its newest version."
          data={[...new Set([...names, ...(state.dataset ? [state.dataset] : [])])]}
          value={state.dataset || null}
          onChange={(value) =>
            set({
              dataset: value ?? '',
              timestamp: '',
              features: [],
              base: value ?? '',
              baseVersion: null,
              name: state.name || (value ? `${value}-drift` : ''),
            })
          }
          searchable
          required
          disabled={edit}
        />
        <Group grow align="flex-start">
          <Select
            label="Timestamp"
            description="The column that says when a row happened."
            data={moments}
            value={state.timestamp || null}
            onChange={(value) => set({ timestamp: value ?? '' })}
            error={
              fields['target.timestamp'] ?? (none ? 'This dataset has no column of dates or moments.' : null)
            }
            required
          />
          <Select
            label="Windows"
            description="How much is compared at a time."
            data={FREQUENCIES.map((it) => ({ ...it }))}
            value={state.frequency ?? 'day'}
            onChange={(value) => set({ frequency: (value ?? 'day') as MonitorSettings['frequency'] })}
            allowDeselect={false}
          />
        </Group>
        <Group grow align="flex-start">
          <Select
            label="Time zone"
            description="Where days and weeks begin."
            data={zones()}
            value={state.zone}
            onChange={(value) => set({ zone: value ?? 'UTC' })}
            searchable
            limit={100}
            error={fields.zone}
          />
          <NumberInput
            label="Late rows"
            description="Hours to wait after the end of a window."
            value={state.latency}
            onChange={(value) => set({ latency: Number(value) || 0 })}
            min={0}
            max={744}
          />
        </Group>
        <RowsPreview
          asked={
            state.dataset && state.timestamp
              ? {
                  dataset: state.dataset,
                  timestamp: state.timestamp,
                  frequency: state.frequency ?? 'day',
                  zone: state.zone,
                  column_zone: state.columnZone,
                }
              : null
          }
        />
      </Stack>
    </Section>
  );
}
