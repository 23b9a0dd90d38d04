import { Button, Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes, count } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { KeyValue } from '@/kit/KeyValue';
import { Link, useFollow } from '@/kit/Link';
import { Answer, Section } from '@/kit/Page';
import { datasets, datasetVersion } from '../queries';
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
                  label: `${item.name} (${count(item.rows)} rows, version ${item.version})`,
                }))}
                onChange={(value) => {
                  const picked = page.items.find((item) => item.name === value);
                  onChange({
                    dataset: picked ? `${picked.name}:${picked.version}` : undefined,
                    target: undefined,
                    drop: undefined,
                    task: undefined,
                    metric: undefined,
                  });
                }}
              />
              {choice.dataset ? <Facts reference={choice.dataset} /> : null}
            </Stack>
          )
        }
      </Answer>
    </Section>
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
