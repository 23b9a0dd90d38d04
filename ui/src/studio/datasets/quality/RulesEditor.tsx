import { Button, Group, Stack, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { Answer, Section } from '@/kit/Page';
import { rulesText } from './queries';

/** The rules as YAML, to change, to keep beside the code, to paste from there. */
export function RulesEditor({ dataset, onDone }: { dataset: string; onDone: () => void }) {
  const found = useQuery(rulesText(dataset));
  return (
    <Section title="Rules as YAML">
      <Answer query={found} rows={5} inline>
        {(text) => <Editor dataset={dataset} known={text} onDone={onDone} />}
      </Answer>
    </Section>
  );
}

const EXAMPLE = `rules:
- type: not_null
  column: Age
  tolerance: 0.2
- type: range
  column: Age
  min: 0
  max: 120
  severity: block
`;

function Editor({ dataset, known, onDone }: { dataset: string; known: string; onDone: () => void }) {
  const cache = useQueryClient();
  const may = useMay('datasets.write');
  const [text, setText] = useState(known.startsWith('rules: []') ? EXAMPLE : known);
  const save = useMutation({
    mutationFn: () =>
      data(
        api().PUT('/datasets/{name}/quality/rules.yaml', {
          params: { path: { name: dataset } },
          body: { text },
        }),
      ),
    onSuccess: () => {
      void cache.invalidateQueries({ queryKey: ['datasets'] });
      onDone();
    },
  });
  const problem = save.error ? Problem.from(save.error) : null;
  return (
    <Stack maw={720}>
      <Textarea
        aria-label="Rules as YAML"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        autosize
        minRows={10}
        maxRows={30}
        spellCheck={false}
        readOnly={!may}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        error={problem ? `${problem.detail} ${problem.hint ?? ''}` : null}
      />
      <Group>
        <Button disabled={!may} loading={save.isPending} onClick={() => save.mutate()}>
          Save rules
        </Button>
        <Button variant="default" onClick={onDone}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}
