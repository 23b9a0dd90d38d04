import {
  Group,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Answer, Section } from '@/kit/Page';
import { metricName } from '../documents';
import { options } from '../queries';
import { DEFAULT_SECONDS, type Choice } from './spec';

interface Props {
  choice: Choice;
  onChange: (change: Choice) => void;
  fields: Record<string, string>;
}

const PRESETS = [60, 300, 900, 3600];
const TRIALS = 8;

function whole(value: string | number): number | undefined {
  const number = Number(value);
  return value !== '' && Number.isInteger(number) ? number : undefined;
}

/** How long it may take, and what counts as best. */
export function LimitsStep({ choice, onChange, fields }: Props) {
  const found = useQuery(options);
  const byTrials = choice.trials !== undefined;
  const time = choice.time ?? DEFAULT_SECONDS;
  return (
    <Section title="How long, and what counts as best?">
      <Answer query={found} rows={4}>
        {(known) => {
          const task = known.tasks.find((item) => item.task === choice.task);
          const metrics = task
            ? [{ group: task.task, items: task.metrics }]
            : known.tasks.map((item) => ({ group: item.task, items: item.metrics }));
          const standard = task
            ? metricName(task.default_metric)
            : known.tasks.map((item) => metricName(item.default_metric)).join(' or ');
          const learners = known.learners.filter(
            (item) => !choice.task || choice.task === 'auto' || item.tasks.includes(choice.task),
          );
          return (
            <Stack gap="lg">
              <div>
                <Text size="md" fw={500} mb={4} id="limit">
                  Stop
                </Text>
                <SegmentedControl
                  aria-labelledby="limit"
                  value={byTrials ? 'trials' : 'time'}
                  data={[
                    { value: 'time', label: 'After a time' },
                    { value: 'trials', label: 'After a number of models' },
                  ]}
                  onChange={(value) =>
                    onChange(value === 'trials' ? { trials: TRIALS, time: undefined } : { trials: undefined })
                  }
                />
              </div>
              {byTrials ? (
                <NumberInput
                  label="Models"
                  description="With the same seed the same leaderboard comes out again."
                  value={choice.trials ?? TRIALS}
                  min={1}
                  max={500}
                  allowDecimal={false}
                  error={fields.max_trials}
                  onChange={(value) => onChange({ trials: whole(value) ?? 1 })}
                  maw={240}
                />
              ) : (
                <Group align="flex-end" gap="md">
                  <NumberInput
                    label="Seconds for everything"
                    value={time}
                    min={known.smallest_time_limit}
                    allowDecimal={false}
                    error={fields.time_limit}
                    onChange={(value) => {
                      const seconds = whole(value);
                      onChange({ time: seconds === DEFAULT_SECONDS ? undefined : seconds });
                    }}
                    maw={200}
                  />
                  <SegmentedControl
                    size="xs"
                    aria-label="Usual times"
                    value={PRESETS.includes(time) ? String(time) : ''}
                    data={PRESETS.map((seconds) => ({
                      value: String(seconds),
                      label: seconds < 3600 ? `${seconds / 60} min` : '1 h',
                    }))}
                    onChange={(value) =>
                      onChange({ time: Number(value) === DEFAULT_SECONDS ? undefined : Number(value) })
                    }
                  />
                </Group>
              )}
              <Select
                label="Make best"
                placeholder={`Usual: ${standard}`}
                clearable
                searchable
                value={choice.metric ?? null}
                error={fields.metric}
                data={metrics.map((group) => ({
                  group: group.group,
                  items: group.items.map((name) => ({ value: name, label: metricName(name) })),
                }))}
                onChange={(metric) => onChange({ metric: metric ?? undefined })}
              />
              <details>
                <summary>More</summary>
                <SimpleGrid cols={{ base: 1, sm: 2 }} mt="sm">
                  <MultiSelect
                    label="Learners not to try"
                    placeholder={choice.blocked?.length ? '' : 'None'}
                    value={choice.blocked ?? []}
                    error={fields.blocked}
                    data={learners.map((item) => ({
                      value: item.name,
                      label: item.missing ? `${item.title} (not installed)` : item.title,
                      disabled: Boolean(item.missing),
                    }))}
                    onChange={(blocked) => onChange({ blocked: blocked.length > 0 ? blocked : undefined })}
                  />
                  <NumberInput
                    label="Cores"
                    placeholder={`All ${known.cores}`}
                    min={1}
                    max={known.cores}
                    allowDecimal={false}
                    value={choice.cores ?? ''}
                    error={fields.cores}
                    onChange={(value) => onChange({ cores: whole(value) })}
                  />
                  <NumberInput
                    label="Seed"
                    placeholder="0"
                    min={0}
                    allowDecimal={false}
                    value={choice.seed ?? ''}
                    error={fields.seed}
                    onChange={(value) => onChange({ seed: whole(value) || undefined })}
                  />
                  <TextInput
                    label="Register the model as"
                    placeholder="Name of the dataset"
                    value={choice.model ?? ''}
                    error={fields.model}
                    onChange={(event) => onChange({ model: event.currentTarget.value || undefined })}
                  />
                </SimpleGrid>
              </details>
            </Stack>
          );
        }}
      </Answer>
    </Section>
  );
}
