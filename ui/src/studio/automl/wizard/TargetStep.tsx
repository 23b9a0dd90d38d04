import { MultiSelect, SegmentedControl, Select, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { count, percent } from '@/kernel/format';
import type { components } from '@/kernel/schema';
import { Bars } from '@/kit/charts/Bars';
import { Answer, Section } from '@/kit/Page';
import { datasetProfile, datasetVersion } from '../queries';
import type { Choice } from './spec';
import classes from './wizard.module.css';

interface Props {
  choice: Choice;
  onChange: (change: Choice) => void;
  fields: Record<string, string>;
}

const TASKS = [
  { value: 'auto', label: 'Decide from the column' },
  { value: 'classification', label: 'Classes' },
  { value: 'regression', label: 'Numbers' },
];

/** What to predict, whether that is a class or a number, and which columns must not be used. */
export function TargetStep({ choice, onChange, fields }: Props) {
  const found = useQuery(datasetVersion(choice.dataset ?? ''));
  const profile = useQuery(datasetProfile(choice.dataset ?? '', found.data?.profile.state === 'ready'));
  const about = profile.data?.columns.find((column) => column.name === choice.target);
  return (
    <Section title="What to predict?">
      <Answer query={found} rows={4}>
        {(version) => {
          const names = version.table.columns.map((column) => column.name);
          return (
            <Stack gap="lg">
              <Select
                label="Target column"
                placeholder="Choose a column"
                searchable
                limit={500}
                value={choice.target ?? null}
                error={fields.target}
                data={version.table.columns.map((column) => ({
                  value: column.name,
                  label: `${column.name} (${column.type})`,
                }))}
                onChange={(target) =>
                  onChange({
                    target: target ?? undefined,
                    drop: choice.drop?.filter((name) => name !== target),
                  })
                }
              />
              {about ? <About column={about} /> : null}
              <div>
                <Text size="md" fw={500} mb={4} id="task">
                  Predict
                </Text>
                <SegmentedControl
                  aria-labelledby="task"
                  value={choice.task ?? 'auto'}
                  data={TASKS}
                  onChange={(value) =>
                    onChange({
                      task: value === 'auto' ? undefined : (value as Choice['task']),
                      metric: undefined,
                    })
                  }
                />
                {fields.task ? (
                  <Text size="xs" c="red">
                    {fields.task}
                  </Text>
                ) : null}
              </div>
              <MultiSelect
                label="Columns to leave out"
                description="Such as ids, or what is known only after the target is."
                placeholder={choice.drop?.length ? '' : 'None'}
                searchable
                limit={500}
                value={choice.drop ?? []}
                data={names.filter((name) => name !== choice.target && !name.includes(','))}
                error={fields.drop}
                onChange={(drop) => onChange({ drop: drop.length > 0 ? drop : undefined })}
              />
            </Stack>
          );
        }}
      </Answer>
    </Section>
  );
}

/** What the profile knows of the target, so that a wrong choice shows before an hour of training. */
function About({ column }: { column: components['schemas']['ColumnProfile'] }) {
  const top = column.top ?? [];
  const heights =
    column.distinct <= 12 && top.length > 0
      ? top.map((value) => value.count)
      : (column.histogram?.counts ?? []);
  const common = top.slice(0, 3).map((value) => `${value.value} ${percent(value.share)}`);
  return (
    <div className={classes.column}>
      <Text size="sm">
        {count(column.distinct)} different values
        {column.missing > 0 ? `, missing in ${count(column.missing)} rows (left out)` : ', none missing'}
        {common.length > 0 ? `. Most often: ${common.join(', ')}.` : '.'}
      </Text>
      <Bars values={heights} label={`Distribution of ${column.name}`} height={40} />
    </div>
  );
}
