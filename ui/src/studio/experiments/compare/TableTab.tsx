import { Button, Group, Menu, Select, Switch, TextInput, UnstyledButton } from '@mantine/core';
import { useMemo } from 'react';
import { count, counted } from '@/kernel/format';
import { fileName, save, tabularCsv } from '@/kit/charts/table';
import { NoMatch } from '@/kit/EmptyState';
import { Matrix, type MatrixRow } from '@/kit/grid/Matrix';
import { IconDown, IconDownload, IconSearch, IconStar, IconUp } from '@/kit/icons';
import { bestOf, deltaOf, KINDS, lowerIsBetter, type Field } from './fields';
import { More } from '@/kit/More';
import { RunHead } from './RunHead';
import type { Statistic } from './search';
import { tableOf } from './table';
import type { View } from './useComparison';
import classes from './compare.module.css';

const STATISTIC_NAMES = [
  { value: 'last', label: 'Last value' },
  { value: 'low', label: 'Lowest value' },
  { value: 'high', label: 'Highest value' },
];

/** What the runs recorded: fields as rows and runs as columns, or turned. */
export function TableTab({ view }: { view: View }) {
  const { search, change, runs, fields, shown, base } = view;
  const every = (search.all ?? false) || runs.length < 2;
  const wanted = search.q?.toLowerCase();
  const rows = useMemo(
    () =>
      fields.filter(
        (field) => (every || field.differs) && (!wanted || field.key.toLowerCase().includes(wanted)),
      ),
    [fields, every, wanted],
  );
  const same = fields.length - fields.filter((field) => field.differs).length;
  const best = useMemo(
    () =>
      new Map(rows.map((field) => [field.id, bestOf(field, shown, lowerIsBetter(field, search.flipped))])),
    [rows, shown, search.flipped],
  );
  const download = () =>
    save(
      fileName('compared runs', 'csv'),
      new Blob([tabularCsv(tableOf(runs, rows, shown))], { type: 'text/csv' }),
    );

  const value = (field: Field, index: number) => (
    <Value field={field} index={index} base={base} view={view} best={best.get(field.id) === index} />
  );
  return (
    <div className={classes.stack}>
      <Group justify="space-between" gap="sm">
        <Group gap="md">
          <TextInput
            aria-label="Find a row"
            placeholder="Find a row"
            leftSection={<IconSearch size={14} aria-hidden />}
            value={search.q ?? ''}
            onChange={(event) => change({ q: event.currentTarget.value || undefined })}
          />
          <Switch
            label={`Only what differs${same > 0 && !every ? ` (${counted(same, 'row is', 'rows are')} the same)` : ''}`}
            checked={!every}
            disabled={runs.length < 2}
            onChange={(event) => change({ all: event.currentTarget.checked ? undefined : true })}
          />
          <Switch
            label="Runs as rows"
            checked={search.turn ?? false}
            onChange={(event) => change({ turn: event.currentTarget.checked || undefined })}
          />
          <Select
            aria-label="Value of metrics"
            w={140}
            allowDeselect={false}
            data={STATISTIC_NAMES}
            value={search.stat ?? 'last'}
            onChange={(stat) => change({ stat: stat === 'last' ? undefined : (stat as Statistic) })}
          />
        </Group>
        <Button variant="default" leftSection={<IconDownload size={14} aria-hidden />} onClick={download}>
          Download CSV
        </Button>
      </Group>
      {rows.length === 0 ? (
        <NoMatch hidden={fields.length} onClear={() => change({ q: undefined, all: true })} />
      ) : search.turn ? (
        <Matrix
          label="Compared runs"
          rows={shown.map((index) => ({
            id: runs[index]?.id ?? '',
            head: <RunHead view={view} index={index} />,
            tone: index === base ? 'base' : undefined,
          }))}
          columns={rows.map((field) => ({ id: field.id, head: <FieldHead field={field} view={view} /> }))}
          rowHeight={base === null ? 32 : 44}
          cell={(row, column) => {
            const [field, index] = [rows[column], shown[row]];
            return field && index !== undefined ? value(field, index) : null;
          }}
        />
      ) : (
        <Lines view={view} rows={rows} value={value} />
      )}
    </div>
  );
}

function Lines(props: {
  view: View;
  rows: readonly Field[];
  value: (f: Field, run: number) => React.ReactNode;
}) {
  const { view, rows, value } = props;
  const { runs, shown, base } = view;
  const lines = useMemo(() => {
    const found: { row: MatrixRow; field: Field | null }[] = [];
    for (const [at, field] of rows.entries()) {
      if (field.kind !== rows[at - 1]?.kind)
        found.push({ row: { id: field.kind, group: field.kind, head: KINDS[field.kind] }, field: null });
      found.push({ row: { id: field.id, head: <FieldHead field={field} view={view} /> }, field });
    }
    return found;
  }, [rows, view]);
  return (
    <Matrix
      label="Compared runs"
      rows={lines.map((line) => line.row)}
      columns={shown.map((index) => ({
        id: runs[index]?.id ?? '',
        head: <RunHead view={view} index={index} />,
      }))}
      pinned={base === null ? undefined : runs[base]?.id}
      headHeight={40}
      rowHeight={base === null ? 32 : 44}
      corner={`${count(shown.length)} ${shown.length === 1 ? 'run' : 'runs'}`}
      cell={(row, column) => {
        const [field, index] = [lines[row]?.field, shown[column]];
        return field && index !== undefined ? value(field, index) : null;
      }}
    />
  );
}

/** The name of a field: a click sorts the runs by it. */
function FieldHead({ field, view }: { field: Field; view: View }) {
  const { search, change } = view;
  const down = search.sort === `-${field.id}`;
  const sorted = down || search.sort === field.id;
  const lower = lowerIsBetter(field, search.flipped);
  const first = field.kind === 'metric' && !lower ? `-${field.id}` : field.id; // best first
  const next = !sorted ? first : search.sort === first ? (down ? field.id : `-${field.id}`) : undefined;
  const flip = () => {
    const flipped = search.flipped ?? [];
    const rest = flipped.filter((id) => id !== field.id);
    change({
      flipped: rest.length < flipped.length ? (rest.length > 0 ? rest : undefined) : [...rest, field.id],
    });
  };
  return (
    <div className={classes.fieldHead}>
      <UnstyledButton
        onClick={() => change({ sort: next })}
        title={`${field.key}: sort the runs by it`}
        aria-label={`Sort by ${field.key}${sorted ? (down ? ', now falling' : ', now rising') : ''}`}
      >
        <span>{field.key}</span>
        {sorted ? down ? <IconDown size={12} aria-hidden /> : <IconUp size={12} aria-hidden /> : null}
      </UnstyledButton>
      {field.kind === 'metric' || field.kind === 'system' ? (
        <More label={`More about ${field.key}`}>
          {field.kind === 'metric' ? (
            <Menu.Item onClick={flip}>{lower ? 'Higher is better' : 'Lower is better'}</Menu.Item>
          ) : null}
          <Menu.Item
            onClick={() => change({ tab: 'curves', metrics: [field.key] }, false)}
            disabled={field.points < 2}
          >
            Show its curves
          </Menu.Item>
        </More>
      ) : null}
    </div>
  );
}

interface ValueProps {
  field: Field;
  index: number;
  base: number | null;
  view: View;
  best: boolean;
}

function Value({ field, index, base, view, best }: ValueProps) {
  const text = field.text(index);
  if (text === null) return <span className={classes.missing}>–</span>;
  const delta = base === null ? null : deltaOf(field, index, base, lowerIsBetter(field, view.search.flipped));
  const told = field.kind !== 'about' || field.key === 'commit' || field.key === 'source';
  const other = base !== null && told && !field.numbers && field.text(base) !== text;
  return (
    <span className={classes.value} data-text={field.numbers ? undefined : true} title={text}>
      <span data-other={other || undefined}>
        {best ? <IconStar size={11} className={classes.star} role="img" aria-label="Best" /> : null}
        {text}
      </span>
      {delta ? <small data-tone={delta.tone}>{delta.text}</small> : null}
    </span>
  );
}
