import { NumberInput, SegmentedControl, SimpleGrid, Stack, Text, Textarea } from '@mantine/core';

export interface Sizes {
  min_nodes: number;
  max_nodes: number;
  idle_seconds: number;
  tier: 'dedicated' | 'low_priority';
  price_per_hour: number;
  description: string;
}

interface Props {
  value: Sizes;
  onChange: (change: Partial<Sizes>) => void;
  /** What the server says about fields. */
  problems: Readonly<Record<string, string>>;
  /** Its nodes are machines that programs bring up, not shares of this one. */
  others?: boolean;
}

/** What can be changed of a cluster at any time. */
export function Fields({ value, onChange, problems, others = false }: Props) {
  const number = (name: 'min_nodes' | 'max_nodes' | 'idle_seconds' | 'price_per_hour') => ({
    value: value[name],
    onChange: (typed: string | number) => onChange({ [name]: Number(typed) || 0 }),
    error: problems[name],
    min: 0,
  });
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberInput
          label="Least nodes"
          description={others ? 'These never go.' : 'These never go: they hold their share of the machine.'}
          allowDecimal={false}
          {...number('min_nodes')}
        />
        <NumberInput
          label="Most nodes"
          description="0 stops the cluster once its jobs have ended."
          allowDecimal={false}
          {...number('max_nodes')}
        />
        <NumberInput
          label="Seconds idle before a node goes"
          description={
            others
              ? 'It is taken down, or given back, then.'
              : 'Its cores and memory are free for others then.'
          }
          allowDecimal={false}
          {...number('idle_seconds')}
        />
        <NumberInput
          label="Price of a node for an hour"
          description="In a currency of your choice; 0 for none."
          decimalScale={4}
          {...number('price_per_hour')}
        />
      </SimpleGrid>
      <div>
        <Text size="sm" fw={500} id="tier">
          Tier
        </Text>
        <Text size="xs" c="dimmed" mb={4}>
          {others
            ? 'Low-priority jobs start after those of other computes.'
            : 'Low-priority jobs are ended and queued again when other jobs wait for this machine.'}
        </Text>
        <SegmentedControl
          aria-labelledby="tier"
          value={value.tier}
          data={[
            { value: 'dedicated', label: 'Dedicated' },
            { value: 'low_priority', label: 'Low priority' },
          ]}
          onChange={(tier) => onChange({ tier })}
        />
      </div>
      <Textarea
        label="Description"
        autosize
        minRows={2}
        value={value.description}
        error={problems.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
      />
    </Stack>
  );
}
