import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { at } from '@/kernel/workspace';
import { KeyValue } from '@/kit/KeyValue';
import { parseReference } from '@/kit/lineage/layers';
import { Link } from '@/kit/Link';
import { LoggedModelLine } from './LoggedModels';
import { runOutputs, type Edge, type Run, type RunOverview } from '../queries';
import { OutputLine, RunLink } from './OutputLine';

interface Props {
  run: Run;
  overview: RunOverview;
  edges: readonly Edge[];
}

/** What a run was made from and what it made: the client's own words, and what the studio knows, linked. */
export function InputsOutputs({ run, overview, edges }: Props) {
  const me = `run:${run.id}`;
  const outputs = useQuery({
    ...runOutputs(run.id),
    enabled: ['command', 'sweep', 'parallel', 'notebook', 'spark'].includes(run.kind),
  });
  const linked = (reference: string, slice: string): ReactNode => {
    const { name: whole } = parseReference(reference);
    const [name = '', part] = whole.split('@');
    const cut = name.lastIndexOf(':');
    const version = name.slice(cut + 1);
    return (
      <Link href={at([slice, name.slice(0, cut)], { version })}>
        {name.slice(0, cut)} version {version}
        {part ? `, part ${part}` : ''}
      </Link>
    );
  };
  const datasets = edges.filter((it) => it.target === me && it.source.startsWith('dataset:'));
  const named = new Set((outputs.data ?? []).map((it) => it.reference));
  const versions = edges.filter(
    (it) => it.source === me && it.target.startsWith('model:') && !named.has(it.target),
  );
  const { inputs, models } = overview;
  const items: (readonly [string, ReactNode])[] = [
    ...datasets.map((it) => ['Dataset', linked(it.source, 'datasets')] as const),
    ...inputs.map(
      (input) =>
        [
          input.context ? `Logged dataset (${input.context})` : 'Logged dataset',
          `${input.name} · ${input.source_type} · ${input.digest}`,
        ] as const,
    ),
    ...models.map(
      (model) => ['Logged model', <LoggedModelLine key={model.id} run={run} model={model} />] as const,
    ),
    ...versions.map((it) => ['Registered model', linked(it.target, 'models')] as const),
    ...edges
      .filter((it) => it.target === me && it.source.startsWith('run:'))
      .map((it) => ['Output of a run', <RunLink key={it.source} id={it.source.slice(4)} />] as const),
    ...(outputs.data ?? []).map((it) => [`Output ${it.name}`, <OutputLine key={it.name} it={it} />] as const),
  ];
  if (items.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No datasets or models were logged.
      </Text>
    );
  return <KeyValue items={items} />;
}
