import { Button, Group, Switch, Table } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { toastProblem, withUndo } from '@/kit/ConfirmUndo';
import { Denied } from '@/kit/Denied';
import { EmptyState } from '@/kit/EmptyState';
import { Answer } from '@/kit/Page';
import { Deliveries } from './Deliveries';
import { webhooks, type Webhook } from './queries';
import { WebhookForm } from './WebhookForm';
import classes from './workspace.module.css';

const CODE = {
  'Command line':
    'pass show hook | studiolo workspace webhooks create ci https://ci.example.com/hook \\\n  --event model_version.created --secret-stdin',
  Python:
    'from mlflow import MlflowClient\n\nMlflowClient().create_webhook(\n    "ci", "https://ci.example.com/hook", ["model_version.created"], secret="…"\n)',
};

/** Who is told of what happens here, and what became of each delivery. */
export function WebhooksTab() {
  const may = useMay('webhooks.write');
  const query = useQuery(webhooks);
  const search: { hook?: string | undefined } = useSearch({ from: '/w/$ws/workspace' });
  const navigate = useNavigate({ from: '/w/$ws/workspace' });
  const [adding, setAdding] = useState(false);
  const [changing, setChanging] = useState<string | null>(null);
  const changed = query.data?.find((hook) => hook.id === changing);
  const open = (hook: string | undefined) => void navigate({ search: (old) => ({ ...old, hook }) });
  return (
    <div className={classes.stack}>
      <Denied permission="webhooks.write" to="change webhooks" />
      <Answer query={query} rows={3}>
        {(all) =>
          all.length === 0 && !adding ? (
            <EmptyState
              title="No webhooks"
              code={CODE}
              action={may ? <Button onClick={() => setAdding(true)}>Add a webhook</Button> : undefined}
            >
              A webhook is a URL that is told what happens here: a new model version, an alias that moves, a
              run that ends. Deliveries are signed, and sent again until they arrive.
            </EmptyState>
          ) : (
            <>
              {may && !adding ? (
                <Group>
                  <Button onClick={() => setAdding(true)}>Add a webhook</Button>
                </Group>
              ) : null}
              {adding ? <WebhookForm onDone={() => setAdding(false)} /> : null}
              {changed && may ? (
                <WebhookForm key={changed.id} hook={changed} onDone={() => setChanging(null)} />
              ) : null}
              {all.length > 0 ? (
                <Hooks
                  all={all}
                  may={may}
                  open={search.hook}
                  onOpen={open}
                  onChange={(id) => {
                    setAdding(false);
                    setChanging(id);
                  }}
                />
              ) : null}
            </>
          )
        }
      </Answer>
      {search.hook && may ? <Deliveries hook={search.hook} /> : null}
    </div>
  );
}

interface HooksProps {
  all: Webhook[];
  may: boolean;
  open: string | undefined;
  onOpen: (hook: string | undefined) => void;
  onChange: (hook: string) => void;
}

function Hooks({ all, may, open, onOpen, onChange }: HooksProps) {
  const cache = useQueryClient();
  const refresh = () => cache.invalidateQueries({ queryKey: ['webhooks'] });
  const change = useMutation({
    mutationFn: ({ id, active }: { id: string; active: boolean }) =>
      data(
        api().PATCH('/workspace/webhooks/{id}', {
          params: { path: { id } },
          body: { status: active ? 'active' : 'disabled' },
        }),
      ),
    onError: toastProblem,
    onSettled: refresh,
  });
  const test = useMutation({
    mutationFn: (id: string) =>
      data(api().POST('/workspace/webhooks/{id}/test', { params: { path: { id } }, body: {} })),
    onError: toastProblem,
    onSettled: refresh,
  });
  const remove = (hook: Webhook) => {
    cache.setQueryData(
      webhooks.queryKey,
      all.filter((other) => other.id !== hook.id),
    );
    withUndo(
      `Webhook ${hook.name} deleted`,
      () => api().DELETE('/workspace/webhooks/{id}', { params: { path: { id: hook.id } } }),
      () => cache.setQueryData(webhooks.queryKey, all),
    );
  };
  return (
    <Table aria-label="Webhooks" className={classes.table ?? ''}>
      <Table.Thead>
        <Table.Tr>
          {['Name', 'URL', 'Told of', 'Signed', 'Active', ...(may ? ['Do'] : [])].map((head) => (
            <Table.Th key={head} scope="col">
              {head}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {all.map((hook) => (
          <Table.Tr key={hook.id}>
            <Table.Td title={hook.description}>{hook.name}</Table.Td>
            <Table.Td className={classes.long ?? ''}>{hook.url}</Table.Td>
            <Table.Td>{hook.events.join(', ')}</Table.Td>
            <Table.Td>{hook.has_secret ? 'yes' : 'no'}</Table.Td>
            <Table.Td>
              <Switch
                aria-label={`${hook.name} is active`}
                checked={hook.status === 'active'}
                disabled={!may}
                onChange={(event) => change.mutate({ id: hook.id, active: event.currentTarget.checked })}
              />
            </Table.Td>
            {may ? (
              <Table.Td>
                <Group gap="xs" wrap="nowrap">
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-label={`Test ${hook.name}`}
                    loading={test.isPending && test.variables === hook.id}
                    onClick={() => {
                      onOpen(hook.id);
                      test.mutate(hook.id);
                    }}
                  >
                    Test
                  </Button>
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-expanded={open === hook.id}
                    aria-label={`Deliveries of ${hook.name}`}
                    onClick={() => onOpen(open === hook.id ? undefined : hook.id)}
                  >
                    Deliveries
                  </Button>
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-label={`Change ${hook.name}`}
                    onClick={() => onChange(hook.id)}
                  >
                    Change
                  </Button>
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-label={`Delete ${hook.name}`}
                    onClick={() => remove(hook)}
                  >
                    Delete
                  </Button>
                </Group>
              </Table.Td>
            ) : null}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
