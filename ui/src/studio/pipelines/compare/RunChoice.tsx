import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ago, shortId } from '@/kernel/format';
import { usePages } from '@/kernel/pages';
import { statusOf } from '@/kit/status';
import { pipeline, pipelineRuns } from '../queries';

interface Props {
  label: string;
  value: string | undefined;
  /** The run of the other side, which is not offered. */
  other: string | undefined;
  onChange: (id: string | undefined) => void;
}

/** One of the newest runs, or the one that the address names. */
export function RunChoice({ label, value, other, onChange }: Props) {
  const list = usePages(pipelineRuns({}));
  const own = useQuery({ ...pipeline(value ?? ''), enabled: Boolean(value) });
  const known = (list.data ?? []).map((row) => row.run);
  const run = own.data?.run;
  const all = run && !known.some((one) => one.id === run.id) ? [run, ...known] : known;
  return (
    <Select
      label={label}
      placeholder="Choose a run"
      w={440}
      maw="100%"
      searchable
      nothingFoundMessage={list.hasMore ? 'None of the newest runs has this name' : 'No run has this name'}
      data={all
        .filter((one) => one.id !== other)
        .map((one) => ({
          value: one.id,
          label: `${one.name} · ${statusOf(one.state).word.toLowerCase()} · ${ago(one.created_at)} · ${shortId(one.id)}`,
        }))}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
    />
  );
}
