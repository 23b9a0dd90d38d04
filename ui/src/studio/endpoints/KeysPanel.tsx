import { Button, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { toastProblem } from '@/kit/ConfirmUndo';
import { CopyButton } from '@/kit/CopyButton';
import { Note } from '@/kit/Note';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { keys as keysQuery } from './queries';
import { forgetKeys, holdKeys, useHeldKeys } from './secrets';
import classes from './endpoints.module.css';

type KeyName = 'primary' | 'secondary';

/** Keys as they are shown once, after the endpoint is made or a key is made anew. */
export function FreshKeys({ name }: { name: string }) {
  const held = useHeldKeys(name);
  if (held.length === 0) return null;
  return (
    <Note title="Copy the keys now: they are shown this once." tone="warning">
      {held.map((key) => (
        <div key={key.name} className={classes.secret}>
          <span>{key.name}</span>
          <code>{key.key}</code>
          <CopyButton value={key.key} label={`Copy the ${key.name} key`} />
        </div>
      ))}
      <Button variant="default" mt="sm" onClick={() => forgetKeys(name)}>
        I have copied them
      </Button>
    </Note>
  );
}

export function KeysPanel({ name }: { name: string }) {
  const may = useMay('endpoints.write');
  const query = useQuery({ ...keysQuery(name), enabled: may });
  const [asking, setAsking] = useState<KeyName | null>(null);
  if (!may)
    return (
      <Text size="sm" c="dimmed">
        Your role may not see the keys.
      </Text>
    );
  return (
    <>
      <Answer query={query} rows={2} inline>
        {(keys) => (
          <Table aria-label="Keys" className={classes.table ?? ''}>
            <Table.Tbody>
              {keys.map((key) => (
                <Table.Tr key={key.name}>
                  <Table.Th scope="row">{key.name}</Table.Th>
                  <Table.Td>
                    <code>{key.hint}</code>
                  </Table.Td>
                  <Table.Td>
                    <Time at={key.created_at} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Button variant="default" onClick={() => setAsking(key.name)}>
                      Make anew
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Answer>
      <Regenerate name={name} which={asking} onClose={() => setAsking(null)} />
    </>
  );
}

function Regenerate({ name, which, onClose }: { name: string; which: KeyName | null; onClose: () => void }) {
  const cache = useQueryClient();
  const [busy, setBusy] = useState(false);
  const go = async () => {
    if (!which) return;
    setBusy(true);
    try {
      const made = await data(
        api().POST('/endpoints/{name}/keys/{key}', { params: { path: { name, key: which } } }),
      );
      holdKeys(name, [made]);
      await cache.invalidateQueries({ queryKey: keysQuery(name).queryKey });
    } catch (error) {
      toastProblem(error);
    } finally {
      setBusy(false);
      onClose();
    }
  };
  return (
    <Modal opened={which !== null} onClose={onClose} title={`Make the ${which ?? ''} key anew?`}>
      <Stack gap="md">
        <Text size="sm">
          Who still uses the old {which} key is refused at once. The other key goes on working.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Keep the old key
          </Button>
          <Button color="red" loading={busy} onClick={() => void go()}>
            Make it anew
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
