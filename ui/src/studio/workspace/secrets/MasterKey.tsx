import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { count } from '@/kernel/format';
import { workspace } from '@/kernel/workspace';
import { toastProblem } from '@/kit/ConfirmUndo';
import { KeyValue } from '@/kit/KeyValue';
import { Answer, Section } from '@/kit/Page';
import { Reason } from '@/kit/Reason';
import { Time } from '@/kit/Time';
import { masterKey, rotateKey } from './queries';

/** Which key seals the secrets of the studio, and a new one. */
export function MasterKey() {
  const cache = useQueryClient();
  const query = useQuery(masterKey);
  const here = workspace() === 'default';
  const rotate = useMutation({
    mutationFn: rotateKey,
    onError: toastProblem,
    onSettled: () => cache.invalidateQueries({ queryKey: masterKey.queryKey }),
  });
  return (
    <Section
      title="Master key"
      actions={
        <Reason why={here ? undefined : 'Made by owners of the workspace default: it seals the whole studio'}>
          <Button variant="default" loading={rotate.isPending} onClick={() => rotate.mutate()}>
            Make a new one
          </Button>
        </Reason>
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        It seals all secrets of the studio. A new one takes them over while the studio runs; the old one goes
        when nothing needs it.
      </Text>
      <Answer query={query} rows={2} inline>
        {(key) => (
          <KeyValue
            items={[
              ['Key', <code key="id">{key.id}</code>],
              ['From', key.source],
              ['Sealed under it', count(key.sealed)],
              [
                'Older keys',
                key.older.length === 0
                  ? null
                  : key.older.map((old) => (
                      <Group key={old.id} gap="xs">
                        <code>{old.id}</code> {count(old.left)} left, replaced <Time at={old.retired_at} />
                      </Group>
                    )),
              ],
            ]}
          />
        )}
      </Answer>
    </Section>
  );
}
