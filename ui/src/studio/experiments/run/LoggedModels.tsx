import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { Id } from '@/kit/CopyButton';
import { IconBox } from '@/kit/icons';
import { KeyValue } from '@/kit/KeyValue';
import { Link, useFollow } from '@/kit/Link';
import { runOverview, type Run, type RunOverview } from '../queries';

export type LoggedModel = RunOverview['models'][number];

const STATUS: Record<string, string> = {
  LOGGED_MODEL_PENDING: 'being written',
  LOGGED_MODEL_READY: 'ready',
  LOGGED_MODEL_UPLOAD_FAILED: 'its upload failed',
};

export function statusOf(model: Pick<LoggedModel, 'status'>): string {
  return STATUS[model.status] ?? model.status.toLowerCase();
}

/** The wizard, with what to register filled in: by run and name, or by id where a later model has the name. */
export function registerHref(run: Pick<Run, 'id'>, model: Pick<LoggedModel, 'id' | 'name' | 'last'>): string {
  return at(
    ['models', 'new'],
    model.last ? { run: run.id, path: model.name } : { from: 'address', address: `models:/${model.id}` },
  );
}

/** One logged model in a line: its files, whether they are complete, and the way into the registry. */
export function LoggedModelLine({ run, model }: { run: Run; model: LoggedModel }) {
  const may = useMay('models.write');
  const ready = model.status === 'LOGGED_MODEL_READY';
  return (
    <Group gap="xs" component="span">
      <Link
        href={at(['experiments', 'runs', run.id], { tab: 'artifacts', path: model.path })}
        title={model.id}
      >
        {model.name}
      </Link>
      <span>
        {model.step ? `step ${model.step}, ` : ''}
        {statusOf(model)}
      </span>
      {may && ready ? <Link href={registerHref(run, model)}>Register…</Link> : null}
    </Group>
  );
}

/** What stands beside the tree when the folder of a logged model is chosen. */
export function LoggedModelFacts({ run, path }: { run: Run; path: string }) {
  const { data } = useQuery(runOverview(run));
  const follow = useFollow();
  const may = useMay('models.write');
  const model = data?.models.find((one) => one.path === path);
  if (!model) return null;
  return (
    <>
      <KeyValue
        items={[
          ['Logged model', model.name],
          ['Status', statusOf(model)],
          ['Kind', model.model_type],
          ['Step', model.step || undefined],
          ['Id', <Id key="id" value={model.id} />],
        ]}
      />
      {may && model.status === 'LOGGED_MODEL_READY' ? (
        <Button
          component="a"
          href={registerHref(run, model)}
          onClick={(event) => follow(registerHref(run, model), event)}
          mt="md"
          leftSection={<IconBox size={14} aria-hidden />}
        >
          Register this model
        </Button>
      ) : (
        <Text size="sm" c="dimmed" mt="md">
          {may
            ? 'It can be registered when its files are complete.'
            : 'Registering needs the right to write models.'}
        </Text>
      )}
    </>
  );
}
