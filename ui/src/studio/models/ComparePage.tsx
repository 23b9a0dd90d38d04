import { SegmentedControl, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { Link } from '@/kit/Link';
import { Answer, Page, PageHeader, Section } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { cellOf } from './compare';
import { comparison, versions, type ComparedLine, type ModelVersion } from './queries';
import classes from './models.module.css';
import { VerdictBadge } from './VerdictBadge';

const FROM = '/w/$ws/models/$name/compare';
type Part = 'signature' | 'metrics' | 'params' | 'requirements' | 'files';
const PARTS: readonly (readonly [Part, string])[] = [
  ['metrics', 'Metrics of their runs'],
  ['params', 'Parameters of their runs'],
  ['signature', 'Signature'],
  ['requirements', 'Requirements'],
  ['files', 'Files'],
];

/** Two to ten versions side by side; the first is what the others are compared with. */
export function ComparePage() {
  const { name } = useParams({ from: FROM });
  const search: { v?: string[] | undefined; show?: 'diff' | 'all' | undefined } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const newest = useQuery(versions(name));
  const chosen =
    search.v ??
    (newest.data ?? [])
      .slice(0, 2)
      .map((it) => String(it.version))
      .reverse();
  const enough = chosen.length >= 2 && chosen.length <= 10;
  const query = useQuery({ ...comparison(name, chosen), enabled: enough });
  const all = search.show === 'all';
  return (
    <Page
      title={`Compare versions of ${name}`}
      header={
        <PageHeader
          title={`Compare versions of ${name}`}
          facts={<Link href={at(['models', name])}>All versions</Link>}
          lead="The first is the baseline; numbers of the others show how far they are from it."
          actions={
            <SegmentedControl
              aria-label="Which lines"
              data={[
                { value: 'diff', label: 'What differs' },
                { value: 'all', label: 'All' },
              ]}
              value={all ? 'all' : 'diff'}
              onChange={(value) =>
                void navigate({
                  search: (old) => ({ ...old, show: value === 'all' ? 'all' : undefined }),
                  replace: true,
                })
              }
            />
          }
        />
      }
    >
      {!enough && newest.data ? (
        <EmptyState
          title="Two to ten versions can be compared"
          action={<Link href={at(['models', name])}>Choose them</Link>}
        >
          {newest.data.length < 2
            ? 'The model has fewer than two versions.'
            : `${chosen.length} ${chosen.length === 1 ? 'was' : 'were'} named.`}
        </EmptyState>
      ) : (
        <Answer query={query}>
          {(found) => (
            <div className={classes.stack}>
              {PARTS.map(([part, title]) => (
                <Lines
                  key={part}
                  title={title}
                  versions={found.versions}
                  lines={found[part] ?? []}
                  all={all}
                  numbers={part === 'metrics'}
                />
              ))}
              <Section title="Cards">
                <div className={classes.columns}>
                  {found.versions.map((it) => (
                    <div key={`${it.name}:${it.version}`}>
                      <Text size="sm" fw={500}>
                        {label(it, name)}
                      </Text>
                      <Text size="sm" className={classes.description ?? ''}>
                        {it.description || 'No card.'}
                      </Text>
                    </div>
                  ))}
                </div>
              </Section>
            </div>
          )}
        </Answer>
      )}
    </Page>
  );
}

function label(it: ModelVersion, name: string): string {
  return it.name === name ? `Version ${it.version}` : `${it.name}:${it.version}`;
}

interface LinesProps {
  title: string;
  versions: readonly ModelVersion[];
  lines: readonly ComparedLine[];
  all: boolean;
  numbers: boolean;
}

function Lines({ title, versions: compared, lines, all, numbers }: LinesProps) {
  const shown = all ? lines : lines.filter((line) => !line.same);
  const same = lines.length - shown.length;
  const first = compared[0]?.name ?? '';
  return (
    <Section title={title}>
      {shown.length === 0 ? (
        <Text size="sm" c="dimmed">
          {lines.length === 0 ? 'None of them has any.' : `The same in all: ${lines.length}.`}
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={260 + compared.length * 160}>
          <Table aria-label={title} className={classes.table ?? ''}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">Name</Table.Th>
                {compared.map((it, index) => (
                  <Table.Th key={`${it.name}:${it.version}`} scope="col">
                    <Link href={at(['models', it.name, 'versions', String(it.version)])}>
                      {label(it, first)}
                    </Link>
                    {index === 0 ? <div className={classes.meta}>baseline</div> : null}
                    {numbers ? (
                      <div className={classes.meta}>
                        <VerdictBadge verdict={it.scan} here={(it.files ?? 0) > 0} />{' '}
                        <Time at={it.created_at} />
                      </div>
                    ) : null}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((line) => (
                <Table.Tr key={line.key} data-same={line.same || undefined}>
                  <Table.Th scope="row">{line.key}</Table.Th>
                  {line.values.map((value, index) => {
                    const cell = cellOf(value, line.values[0], index === 0, numbers);
                    return (
                      <Table.Td key={index}>
                        {cell.text}
                        {cell.delta ? <span className={classes.delta}> {cell.delta}</span> : null}
                      </Table.Td>
                    );
                  })}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {shown.length > 0 && same > 0 ? (
        <Text size="sm" c="dimmed">
          {same} more {same === 1 ? 'is' : 'are'} the same in all.
        </Text>
      ) : null}
    </Section>
  );
}
