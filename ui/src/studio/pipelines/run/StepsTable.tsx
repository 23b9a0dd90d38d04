import { Select, TextInput } from '@mantine/core';
import { useMemo } from 'react';
import { between } from '@/kernel/format';
import { NoMatch } from '@/kit/EmptyState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconSearch } from '@/kit/icons';
import { StatusBadge } from '@/kit/StatusBadge';
import { statusOf } from '@/kit/status';
import { Time } from '@/kit/Time';
import type { Step } from '../queries';
import type { Change, PipelineSearch } from '../search';
import { StepTime } from '../StepTime';
import { kindOf, titleOf } from '../words';
import classes from './run.module.css';

interface Props {
  steps: readonly Step[];
  search: PipelineSearch;
  change: Change;
  onSelect: (id: string | undefined) => void;
}

const COLUMNS: GridColumn<Step>[] = [
  {
    id: 'path',
    header: 'Step',
    width: 220,
    grow: true,
    value: (step) => step.path,
    cell: (step) => (
      <span title={step.path}>
        {step.parent ? <span className={classes.inside}>{step.parent}/</span> : null}
        {titleOf(step)}
      </span>
    ),
  },
  {
    id: 'state',
    header: 'State',
    width: 130,
    value: (step) => step.state,
    cell: (step) => <StatusBadge state={step.state} {...(step.error ? { title: step.error } : {})} />,
  },
  {
    id: 'seconds',
    header: 'Duration',
    width: 110,
    align: 'right',
    value: (step) => between(step.started_at, step.ended_at),
    cell: (step) => <StepTime step={step} />,
  },
  {
    id: 'started',
    header: 'Started',
    width: 110,
    value: (step) => step.started_at ?? null,
    cell: (step) => <Time at={step.started_at} />,
  },
  { id: 'kind', header: 'Kind', width: 100, value: kindOf },
  { id: 'component', header: 'Component', width: 150, value: (step) => step.component || null },
  { id: 'compute', header: 'Compute', width: 110, value: (step) => step.compute || null },
  { id: 'attempt', header: 'Attempts', width: 100, align: 'right', value: (step) => step.attempt || null },
  {
    id: 'why',
    header: 'Reason',
    width: 260,
    value: (step) => step.error ?? step.waits_for ?? null,
    cell: (step) => (
      <span title={step.error ?? step.waits_for ?? undefined}>{step.error ?? step.waits_for}</span>
    ),
  },
];

/** Every step of the run, those inside of others too: what the graph shows, for reading and sorting. */
export function StepsTable({ steps, search, change, onSelect }: Props) {
  const wanted = search.q?.toLowerCase();
  const words = useMemo(() => [...new Set(steps.map((step) => statusOf(step.state).word))].sort(), [steps]);
  const rows = useMemo(
    () =>
      steps.filter(
        (step) =>
          (!wanted || `${step.path} ${step.title}`.toLowerCase().includes(wanted)) &&
          (!search.state || statusOf(step.state).word === search.state),
      ),
    [steps, wanted, search.state],
  );
  return (
    <DataGrid
      label="Steps"
      rows={rows}
      columns={COLUMNS}
      rowKey={(step) => step.path}
      dense
      maxHeight="100%"
      sort={search.sort}
      onSort={(sort) => change({ sort })}
      highlight={(step) => step.path === search.step}
      onOpen={(step) => onSelect(step.path)}
      toolbar={
        <>
          <TextInput
            aria-label="Find a step"
            placeholder="Find a step"
            leftSection={<IconSearch size={14} aria-hidden />}
            value={search.q ?? ''}
            onChange={(event) => change({ q: event.currentTarget.value || undefined })}
          />
          <Select
            aria-label="State"
            placeholder="Any state"
            clearable
            w={150}
            data={words}
            value={search.state ?? null}
            onChange={(state) => change({ state: state ?? undefined })}
          />
        </>
      }
      empty={<NoMatch hidden={steps.length} onClear={() => change({ q: undefined, state: undefined })} />}
    />
  );
}
