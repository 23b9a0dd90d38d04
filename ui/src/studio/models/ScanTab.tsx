import { Button, Group, SegmentedControl, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { count, duration } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { ErrorState } from '@/kit/ErrorState';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconRefresh } from '@/kit/icons';
import { Note } from '@/kit/Note';
import { Answer } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { scan, scanAgain, type ModelVersion, type Scan, type ScanFinding } from './queries';
import classes from './models.module.css';
import { VerdictBadge } from './VerdictBadge';

const FROM = '/w/$ws/models/$name/versions/$version';
const GRADES = {
  safe: { tone: 'completed', label: 'Safe' },
  unknown: { tone: 'warning', label: 'Unknown' },
  dangerous: { tone: 'failed', label: 'Dangerous' },
} as const;
const MEANING: Record<Scan['verdict'], string> = {
  clean: 'All that loading it would import is on the list of types that only hold data.',
  unknown:
    'It brings types or code that are on no list. Code of theirs may run when it is loaded; do you know who made it?',
  dangerous:
    'Loading it would run commands, open files or connections, or reach for hidden parts of Python. Deploying it asks first.',
  unreadable:
    'Some of its files could not be looked into, so nobody can say what loading it would run. Deploying it asks first.',
};

const COLUMNS: GridColumn<ScanFinding>[] = [
  {
    id: 'grade',
    header: 'Grade',
    width: 130,
    value: (row) => row.grade,
    cell: (row) => <StatusBadge state={row.grade} {...GRADES[row.grade]} />,
  },
  { id: 'what', header: 'What', width: 240, grow: true, value: (row) => row.what },
  { id: 'why', header: 'Why', width: 260, value: (row) => row.why || null },
  { id: 'file', header: 'File', width: 200, value: (row) => row.file },
  { id: 'offset', header: 'At byte', align: 'right', width: 100, value: (row) => row.offset ?? null },
  { id: 'count', header: 'Times', align: 'right', width: 80, value: (row) => row.count ?? 1 },
];

/** What loading the version would import, call or run; found out without loading it. */
export function ScanTab({ version: it }: { version: ModelVersion }) {
  const cache = useQueryClient();
  const may = useMay('models.write');
  const query = useQuery(scan(it));
  const again = useMutation({
    mutationFn: () => scanAgain(it),
    onSuccess: (found) => {
      cache.setQueryData(scan(it).queryKey, found);
      void cache.invalidateQueries({ queryKey: ['models'] });
    },
  });
  const button = (
    <Button
      variant="default"
      disabled={!may}
      loading={again.isPending}
      onClick={() => again.mutate()}
      leftSection={<IconRefresh size={14} aria-hidden />}
    >
      {query.data ? 'Look again' : 'Look now'}
    </Button>
  );
  const waiting = query.error && Problem.from(query.error).status === 409;
  return (
    <div className={classes.stack}>
      {again.error ? <ErrorState error={Problem.from(again.error)} inline /> : null}
      {waiting ? (
        <Note title="Its files have not been looked into yet.">
          <Text size="sm" mb="xs">
            {Problem.from(query.error).detail}
          </Text>
          {it.files ? button : null}
        </Note>
      ) : (
        <Answer query={query}>{(found) => <Found scan={found} action={button} />}</Answer>
      )}
    </div>
  );
}

function Found({ scan: it, action }: { scan: Scan; action: React.ReactNode }) {
  const search: { grade?: 'worse' | 'all' | undefined } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const findings = it.findings ?? [];
  const worse = findings.filter((one) => one.grade !== 'safe');
  const all = search.grade === 'all';
  return (
    <>
      <Group gap="md" justify="space-between" align="flex-start">
        <div>
          <Group gap="sm" mb={4}>
            <VerdictBadge verdict={it.verdict} />
            <Text size="sm" c="dimmed">
              {count(it.files)} {it.files === 1 ? 'file' : 'files'}, {count(it.pickles)}{' '}
              {it.pickles === 1 ? 'pickle' : 'pickles'}, looked into <Time at={it.scanned_at} /> in{' '}
              {duration(it.seconds)} without loading anything
            </Text>
          </Group>
          <Text size="sm">{MEANING[it.verdict]}</Text>
        </div>
        {action}
      </Group>
      {(it.unreadable ?? []).length > 0 ? (
        <Note tone="warning" title="Could not be looked into">
          <ul className={classes.plain}>
            {(it.unreadable ?? []).map((one) => (
              <li key={one.file}>
                <code>{one.file}</code> {one.why}
              </li>
            ))}
          </ul>
        </Note>
      ) : null}
      {(it.notes ?? []).length > 0 ? (
        <ul className={classes.plain}>
          {(it.notes ?? []).map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      ) : null}
      {findings.length > 0 ? (
        <DataGrid
          label="What loading it would import"
          rows={all ? findings : worse}
          columns={COLUMNS}
          rowKey={(row) => `${row.file} ${row.what} ${row.grade}`}
          dense
          maxHeight="calc(100dvh - 420px)"
          empty={<Text size="sm">Nothing but safe types: {count(findings.length)} of them.</Text>}
          toolbar={
            <SegmentedControl
              aria-label="Which findings"
              data={[
                { value: 'worse', label: `Worth a look (${worse.length})` },
                { value: 'all', label: `All (${findings.length}${it.cut ? '+' : ''})` },
              ]}
              value={all ? 'all' : 'worse'}
              onChange={(value) =>
                void navigate({
                  search: (old) => ({ ...old, grade: value === 'all' ? 'all' : undefined }),
                  replace: true,
                })
              }
            />
          }
        />
      ) : (
        <Text size="sm">It holds no pickle and imports nothing.</Text>
      )}
    </>
  );
}
