import { Button, Checkbox, Group, NumberInput, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { doneWithUndo } from '@/kit/ConfirmUndo';
import { Section } from '@/kit/Page';
import type { Dataset } from '../types';
import { changeDataset, type Retention } from './queries';

const number = (value: string | number) => (value === '' ? null : Number(value));

/** Which versions go into the bin by themselves. */
export function RetentionForm({ dataset: it }: { dataset: Dataset }) {
  const may = useMay('datasets.write');
  const cache = useQueryClient();
  const now = it.retention ?? null;
  const [last, setLast] = useState<string | number>(now?.keep_last ?? '');
  const [days, setDays] = useState<string | number>(now?.keep_days ?? '');
  const [used, setUsed] = useState(now?.used ?? false);
  const wanted: Retention | null =
    number(last) === null && number(days) === null
      ? null
      : { keep_last: number(last), keep_days: number(days), used };
  const save = useMutation({
    mutationFn: (retention: Retention | null) => changeDataset(it.name, { retention }),
    onSuccess: async (_, retention) => {
      await cache.invalidateQueries({ queryKey: ['datasets'] });
      doneWithUndo(retention ? 'Old versions will go by themselves' : 'Every version stays', async () => {
        await changeDataset(it.name, { retention: now });
        await cache.invalidateQueries({ queryKey: ['datasets'] });
      });
    },
  });
  const problem = save.error ? Problem.from(save.error) : null;
  return (
    <Section title="Old versions">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(wanted);
        }}
      >
        <Group align="end" gap="md">
          <NumberInput
            label="Keep the newest"
            placeholder="all"
            suffix=" versions"
            min={1}
            w={160}
            disabled={!may}
            value={last}
            onChange={setLast}
            error={problem?.fields.keep_last}
          />
          <NumberInput
            label="Keep those younger than"
            placeholder="any age"
            suffix=" days"
            min={0.1}
            w={180}
            disabled={!may}
            value={days}
            onChange={setDays}
            error={problem?.fields.keep_days}
          />
          <Checkbox
            label="Also those that runs or models were made from"
            checked={used}
            disabled={!may || wanted === null}
            onChange={(event) => setUsed(event.currentTarget.checked)}
          />
          <Button type="submit" variant="default" loading={save.isPending} disabled={!may}>
            Save
          </Button>
        </Group>
        <Text size="sm" c="dimmed" mt="xs">
          {wanted === null
            ? 'Every version stays until somebody deletes it.'
            : 'What goes lies in the bin first, and can be restored; the newest version always stays.'}
          {problem ? ` ${problem.detail}` : ''}
        </Text>
      </form>
    </Section>
  );
}
