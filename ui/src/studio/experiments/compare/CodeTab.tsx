import { Group, Select, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { count, counted } from '@/kernel/format';
import { EmptyState } from '@/kit/EmptyState';
import { Matrix } from '@/kit/grid/Matrix';
import { Answer, Section } from '@/kit/Page';
import { differs } from './differs';
import { FileDiffView } from './FileDiffView';
import { comparedCode, type CodeComparison } from './queries';
import { RunHead } from './RunHead';
import { tail } from './search';
import type { View } from './useComparison';
import { usePair } from './usePair';
import classes from './compare.module.css';

/** Where the code came from, the packages it ran with, and its files line by line. */
export function CodeTab({ view }: { view: View }) {
  const { runs } = view;
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const query = useQuery(comparedCode(ids));
  return <Answer query={query}>{(found) => <Found view={view} found={found} />}</Answer>;
}

function Found({ view, found }: { view: View; found: CodeComparison }) {
  const { search, change, runs, shown } = view;
  const every = (search.all ?? false) || runs.length < 2;
  const sources = shown.flatMap((index) => found.described_by[index] ?? []);
  const files = found.files.files;
  const differing = useMemo(
    () => new Set(files.filter((file) => differs(file.versions, shown)).map((file) => file.path)),
    [files, shown],
  );
  const paths = files.map((file) => ({
    value: file.path,
    label: `${file.path}${differing.has(file.path) ? '' : ' (the same)'}`,
  }));
  const path = files.some((file) => file.path === search.path)
    ? search.path
    : files.find((file) => differing.has(file.path))?.path;
  if (found.facts.length === 0 && found.packages.length === 0 && files.length === 0)
    return (
      <EmptyState
        title="No code and no environment were recorded"
        code={'mlflow.log_artifact("train.py", "code")\nmlflow.log_artifact("requirements.txt")'}
      >
        Jobs of this studio keep their code; models keep their requirements; clients may log both as
        artifacts.
      </EmptyState>
    );
  return (
    <div className={classes.stack}>
      <Group>
        <Switch
          label="Only what differs"
          checked={!every}
          disabled={runs.length < 2}
          onChange={(event) => change({ all: event.currentTarget.checked ? undefined : true })}
        />
      </Group>
      <Section title="Source">
        <Texts label="Source of the code" view={view} rows={found.facts} every={every} />
      </Section>
      <Section title="Packages">
        <Text size="sm" c="dimmed" mb="xs">
          {sources.length === 0
            ? 'None of these runs says which packages it ran with.'
            : `Known of ${count(sources.length)} of ${count(shown.length)} runs, read from ${[...new Set(sources)].slice(0, 3).join(', ')}.`}
        </Text>
        {sources.length > 0 ? (
          <Texts label="Packages" view={view} rows={found.packages} every={every} />
        ) : null}
      </Section>
      {files.length > 0 ? (
        <Section title="Code">
          <Group gap="md" align="end" mb="sm">
            <Select
              label={`File (${count(differing.size)} of ${count(files.length)} differ)`}
              searchable
              allowDeselect={false}
              w={340}
              data={paths}
              value={path ?? null}
              onChange={(next) => change({ path: next ?? undefined })}
            />
            <Pair view={view} />
          </Group>
          {path ? (
            <PairDiff view={view} path={path} />
          ) : (
            <Text size="sm">Every code file is the same in all runs.</Text>
          )}
        </Section>
      ) : null}
    </div>
  );
}

/** Which two runs are compared line by line. */
export function Pair({ view }: { view: View }) {
  const { runs, change } = view;
  const { first, second } = usePair(view);
  const names = runs.map((run) => ({ value: tail(run.id), label: run.name || run.id.slice(-8) }));
  return (
    <>
      <Select
        label="From"
        searchable
        allowDeselect={false}
        w={200}
        data={names}
        value={first ? tail(first) : null}
        onChange={(next) => change({ first: next ?? undefined })}
      />
      <Select
        label="To"
        searchable
        allowDeselect={false}
        w={200}
        data={names}
        value={second ? tail(second) : null}
        onChange={(next) => change({ second: next ?? undefined })}
      />
    </>
  );
}

export function PairDiff({ view, path }: { view: View; path: string }) {
  const { first, second } = usePair(view);
  if (!first || !second || first === second)
    return (
      <Text size="sm" c="dimmed">
        Choose two different runs to see the file line by line.
      </Text>
    );
  return <FileDiffView first={first} second={second} path={path} />;
}

interface TextsProps {
  label: string;
  view: View;
  rows: CodeComparison['facts'];
  every: boolean;
}

function Texts({ label, view, rows, every }: TextsProps) {
  const { runs, shown, base } = view;
  const lines = rows.filter((row) => every || differs(row.values, shown));
  if (lines.length === 0)
    return (
      <Text size="sm">
        {rows.length > 0 ? `The same in all: ${counted(rows.length, 'row')}.` : 'Nothing recorded.'}
      </Text>
    );
  return (
    <Matrix
      label={label}
      maxHeight="420px"
      headHeight={40}
      rows={lines.map((row) => ({ id: row.key, head: <span title={row.key}>{row.key}</span> }))}
      columns={shown.map((index) => ({
        id: runs[index]?.id ?? '',
        head: <RunHead view={view} index={index} />,
      }))}
      pinned={base === null ? undefined : runs[base]?.id}
      cell={(row, column) => {
        const values = lines[row]?.values ?? [];
        const text = values[shown[column] ?? -1];
        if (text === null || text === undefined) return <span className={classes.missing}>–</span>;
        const other = base !== null && values[base] !== text;
        return (
          <span className={classes.value} data-text title={text}>
            <span data-other={other || undefined}>{text}</span>
          </span>
        );
      }}
    />
  );
}
