import { Group, SegmentedControl, Select, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { count } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { Link } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { versions } from '../queries';
import { ChangedFiles } from './ChangedFiles';
import { Drift } from './Drift';
import { lineOf, linesOf } from './figures';
import { comparison, type Change, type VersionComparison } from './queries';
import classes from '../datasets.module.css';

const FROM = '/w/$ws/datasets/$name/compare';
interface Search {
  left?: number | undefined;
  right?: number | undefined;
  show?: 'diff' | 'all' | undefined;
  change?: Change | undefined;
}

/** Two versions side by side: columns, rows, what profiles say, files. */
export function ComparePage() {
  const { name } = useParams({ from: FROM });
  const search: Search = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const all = useQuery(versions(name));
  const newest = all.data?.map((it) => it.version) ?? [];
  const right = search.right ?? newest[0];
  const left = search.left ?? newest.find((number) => right !== undefined && number < right);
  const both = left !== undefined && right !== undefined;
  const query = useQuery({ ...comparison(name, left ?? 1, right ?? 1), enabled: both });
  const set = (change: Search) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const choice = (label: string, value: number | undefined, onChange: (version: number) => void) => (
    <Select
      aria-label={label}
      w={140}
      allowDeselect={false}
      value={value === undefined ? null : String(value)}
      data={[...new Set([...newest, ...(value === undefined ? [] : [value])])].map((number) => ({
        value: String(number),
        label: `Version ${number}`,
      }))}
      onChange={(next) => next && onChange(Number(next))}
    />
  );
  return (
    <Page
      title={`Compare versions of ${name}`}
      header={
        <PageHeader
          title={`Compare versions of ${name}`}
          facts={<Link href={at(['datasets', name], { tab: 'versions' })}>All versions</Link>}
          actions={
            <Group gap="sm">
              {choice('Left version', left, (version) => set({ left: version }))}
              <span aria-hidden>→</span>
              {choice('Right version', right, (version) => set({ right: version }))}
              <SegmentedControl
                aria-label="Which lines"
                data={[
                  { value: 'diff', label: 'What differs' },
                  { value: 'all', label: 'All' },
                ]}
                value={search.show === 'all' ? 'all' : 'diff'}
                onChange={(value) => set({ show: value === 'all' ? 'all' : undefined })}
              />
            </Group>
          }
        />
      }
    >
      {!both && all.data ? (
        <EmptyState title="Two versions are compared">
          {newest.length < 2 ? 'This dataset has one version so far.' : 'Choose them above.'}
        </EmptyState>
      ) : (
        <Answer query={query}>
          {(found) => (
            <div className={classes.stack}>
              <Columns found={found} all={search.show === 'all'} />
              {found.profiles && !found.same ? (
                <Drift name={name} left={found.left} right={found.right} />
              ) : null}
              <Section title="Files">
                <Text size="sm">{lineOf(found)}</Text>
                <ChangedFiles
                  name={name}
                  left={found.left}
                  right={found.right}
                  counts={found.files}
                  change={search.change}
                  onChange={(change) => set({ change })}
                />
              </Section>
            </div>
          )}
        </Answer>
      )}
    </Page>
  );
}

function Columns({ found, all }: { found: VersionComparison; all: boolean }) {
  const lines = linesOf(found);
  const shown = all ? lines : lines.filter((line) => line.differs);
  return (
    <Section title="Columns and rows">
      {found.same ? <Note title="Both versions have the same bytes, read the same way.">{null}</Note> : null}
      {found.profiles ? null : (
        <Text size="sm" c="dimmed">
          Figures of columns appear when both versions have a profile.
        </Text>
      )}
      <Table.ScrollContainer minWidth={520}>
        <Table aria-label="Columns and rows" className={classes.table ?? ''}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Column</Table.Th>
              <Table.Th scope="col">Figure</Table.Th>
              <Table.Th scope="col" className={classes.number ?? ''}>
                <Link href={at(['datasets', found.name], { version: found.left })}>Version {found.left}</Link>
              </Table.Th>
              <Table.Th scope="col" className={classes.number ?? ''}>
                <Link href={at(['datasets', found.name], { version: found.right })}>
                  Version {found.right}
                </Link>
              </Table.Th>
              <Table.Th scope="col" className={classes.number ?? ''}>
                Change
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((line, index) => (
              <Table.Tr key={`${line.column}:${line.figure}`}>
                <Table.Th scope="row">{shown[index - 1]?.column === line.column ? '' : line.column}</Table.Th>
                <Table.Td>{line.figure}</Table.Td>
                <Table.Td className={classes.number ?? ''}>{line.left}</Table.Td>
                <Table.Td className={classes.number ?? ''}>{line.right}</Table.Td>
                <Table.Td className={classes.number ?? ''}>{line.change}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {shown.length < lines.length ? (
        <Text size="sm" c="dimmed">
          {count(lines.length - shown.length)} more are the same in both.
        </Text>
      ) : null}
    </Section>
  );
}
