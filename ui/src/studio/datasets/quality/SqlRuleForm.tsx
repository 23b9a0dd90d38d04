import {
  Button,
  Group,
  NativeSelect,
  NumberInput,
  SegmentedControl,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { Section } from '@/kit/Page';
import type { Quality, Rule } from './queries';

interface Draft {
  title: string;
  kind: 'condition' | 'query';
  text: string;
  most: number;
  unit: 'rows' | 'percent';
  severity: 'warn' | 'block';
}

const EMPTY: Draft = { title: '', kind: 'condition', text: '', most: 0, unit: 'rows', severity: 'warn' };
const EXAMPLES = {
  condition: 'Fare >= 0 AND (Age IS NULL OR Age < 120)',
  query: 'SELECT * FROM data WHERE Fare < 0',
};
const SAYS = {
  condition: 'Holds for each good row; a row for which it is NULL counts as good.',
  query: 'Returns the rows that break the rule; the table is called data.',
};

/** The rule that a draft means. */
function ruleOf(it: Draft): Rule {
  const most = it.unit === 'rows' ? { max_failed: it.most } : { tolerance: it.most / 100 };
  return { type: 'sql', title: it.title.trim(), severity: it.severity, [it.kind]: it.text, ...most } as Rule;
}

/** A rule in SQL, added to those that are there. */
export function SqlRuleForm({ quality: it, onDone }: { quality: Quality; onDone: () => void }) {
  const cache = useQueryClient();
  const may = useMay('datasets.write');
  const [draft, setDraft] = useState(EMPTY);
  const change = (next: Partial<Draft>) => setDraft({ ...draft, ...next });
  const save = useMutation({
    mutationFn: () =>
      data(
        api().PUT('/datasets/{name}/quality', {
          params: { path: { name: it.dataset } },
          body: {
            rules: [...(it.rules ?? []), ruleOf(draft)],
            frequency: it.frequency ?? null,
            zone: it.zone ?? 'UTC',
            recipients: it.recipients ?? [],
          },
        }),
      ),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: ['datasets'] });
      onDone();
    },
  });
  const problem = save.error ? Problem.from(save.error) : null;
  return (
    <Section title="Rule in SQL">
      <Stack maw={720}>
        <TextInput
          label="Name"
          description="What reports call it; empty is the SQL itself."
          value={draft.title}
          maxLength={200}
          onChange={(event) => change({ title: event.currentTarget.value })}
        />
        <SegmentedControl
          aria-label="What is written"
          value={draft.kind}
          onChange={(kind) => change({ kind: kind as Draft['kind'] })}
          data={[
            { value: 'condition', label: 'Condition of each row' },
            { value: 'query', label: 'Query of the failing rows' },
          ]}
        />
        <Textarea
          label="SQL"
          description={SAYS[draft.kind]}
          placeholder={EXAMPLES[draft.kind]}
          value={draft.text}
          onChange={(event) => change({ text: event.currentTarget.value })}
          rows={6}
          resize="vertical"
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          error={problem ? `${problem.detail} ${problem.hint ?? ''}` : null}
        />
        <Group align="flex-end">
          <NumberInput
            label="May be broken by"
            w={140}
            min={0}
            max={draft.unit === 'percent' ? 99.99 : undefined}
            allowDecimal={draft.unit === 'percent'}
            value={draft.most}
            onChange={(value) => change({ most: Number(value) || 0 })}
          />
          <NativeSelect
            aria-label="Rows or a share of them"
            value={draft.unit}
            data={[
              { value: 'rows', label: 'rows' },
              { value: 'percent', label: '% of the rows' },
            ]}
            onChange={(event) => change({ unit: event.currentTarget.value as Draft['unit'], most: 0 })}
          />
          <NativeSelect
            label="When it is broken"
            value={draft.severity}
            data={[
              { value: 'warn', label: 'warn' },
              { value: 'block', label: 'hold the version back' },
            ]}
            onChange={(event) => change({ severity: event.currentTarget.value as Draft['severity'] })}
          />
        </Group>
        <Group>
          <Button
            disabled={!may || draft.text.trim() === ''}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            Add rule
          </Button>
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </Section>
  );
}
