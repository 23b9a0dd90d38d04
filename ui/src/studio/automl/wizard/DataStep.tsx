import { Button, Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes, count, counted, percent } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { KeyValue } from '@/kit/KeyValue';
import { Link, useFollow } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { datasets, datasetSplits, datasetVersion } from '../queries';
import type { Choice } from './spec';

interface Props {
  choice: Choice;
  onChange: (change: Choice) => void;
}

/** Which table to learn from. A version is pinned, so that the run can be repeated. */
export function DataStep({ choice, onChange }: Props) {
  const found = useQuery(datasets);
  const follow = useFollow();
  const [name] = (choice.dataset ?? '').split(':');
  const create = at(['datasets', '-', 'new']);
  return (
    <Section title="Which table?">
      <Answer query={found} rows={3}>
        {(page) =>
          page.items.length === 0 ? (
            <EmptyState
              title="No datasets yet"
              action={
                <Button component="a" href={create} onClick={(event) => follow(create, event)}>
                  Create dataset
                </Button>
              }
            >
              Upload a table, or take one of the samples, then come back here.
            </EmptyState>
          ) : (
            <Stack gap="lg">
              <Select
                label="Dataset"
                placeholder="Choose a dataset"
                searchable
                value={name || null}
                data={page.items.map((item) => ({
                  value: item.name,
                  label: `${item.name} (${counted(item.rows, 'row')}, version ${item.version})`,
                }))}
                onChange={(value) => {
                  const picked = page.items.find((item) => item.name === value);
                  onChange({
                    dataset: picked ? `${picked.name}:${picked.version}` : undefined,
                    split: undefined,
                    target: undefined,
                    drop: undefined,
                    task: undefined,
                    metric: undefined,
                  });
                }}
              />
              {choice.dataset ? (
                <>
                  <Rows
                    reference={choice.dataset}
                    part={choice.split}
                    onPart={(split) => onChange({ split })}
                  />
                  <Facts reference={choice.dataset} />
                </>
              ) : null}
            </Stack>
          )
        }
      </Answer>
    </Section>
  );
}

interface RowsProps {
  reference: string;
  part: string | undefined;
  onPart: (part: string | undefined) => void;
}

/** All rows, or one part of a recorded split, so that the others stay unseen; nothing where no split is recorded. */
function Rows({ reference, part, onPart }: RowsProps) {
  const found = useQuery(datasetSplits(reference));
  const groups = (found.data ?? []).map((split) => ({
    group: split.name === 'default' ? 'Recorded split' : `Split ${split.name}`,
    items: Object.entries(split.shares ?? {}).map(([name, share]) => ({
      value: split.name === 'default' ? name : `${split.name}.${name}`,
      label: `${name} (${percent(share, 0)})`,
    })),
  }));
  if (groups.length === 0 && !part) return null;
  return (
    <Select
      label="Rows"
      description="Learn from one part of a recorded split: the model never sees the others."
      placeholder="All rows"
      clearable
      clearButtonProps={{ 'aria-label': 'All rows' }}
      value={part ?? null}
      data={groups}
      onChange={(value) => onPart(value ?? undefined)}
    />
  );
}

function Facts({ reference }: { reference: string }) {
  const found = useQuery(datasetVersion(reference));
  return (
    <Answer query={found} rows={3} inline>
      {(version) => (
        <KeyValue
          items={[
            ['Version', String(version.version)],
            ['Rows', count(version.rows)],
            ['Columns', count(version.columns)],
            ['Size', bytes(version.size)],
            [
              'Look inside',
              <Link key="see" href={at(['datasets', version.name], { version: version.version })}>
                {version.reference}
              </Link>,
            ],
          ]}
        />
      )}
    </Answer>
  );
}
