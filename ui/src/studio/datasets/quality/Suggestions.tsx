import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '@/kernel/request';
import { toastProblem } from '@/kit/ConfirmUndo';
import { Answer, Section } from '@/kit/Page';
import { suggestions, type Quality, type Rule } from './queries';

/** Rules that the newest version keeps already; those that are ticked are added. */
export function Suggestions({ quality: it, onDone }: { quality: Quality; onDone: () => void }) {
  const cache = useQueryClient();
  const found = useQuery(suggestions(it.dataset));
  const [left, setLeft] = useState<string[]>([]); // titles that are not wanted
  const take = useMutation({
    mutationFn: (rules: Rule[]) =>
      data(
        api().PUT('/datasets/{name}/quality', {
          params: { path: { name: it.dataset } },
          body: {
            rules: [...(it.rules ?? []), ...rules],
            frequency: it.frequency ?? null,
            zone: it.zone ?? 'UTC',
            recipients: it.recipients ?? [],
          },
        }),
      ),
    onSuccess: onDone,
    onError: toastProblem,
    onSettled: () => cache.invalidateQueries({ queryKey: ['datasets'] }),
  });
  return (
    <Section title="Suggested rules">
      <Answer query={found} rows={5} inline>
        {(all) => {
          const fresh = all.filter((one) => !it.titles.includes(one.title));
          const wanted = fresh.filter((one) => !left.includes(one.title));
          return (
            <Stack>
              {fresh.length === 0 ? (
                <Text size="sm">Every rule that the profile suggests is there already.</Text>
              ) : (
                fresh.map((one) => (
                  <Checkbox
                    key={one.title}
                    label={one.title}
                    description={one.why}
                    checked={!left.includes(one.title)}
                    onChange={(event) =>
                      setLeft(
                        event.currentTarget.checked
                          ? left.filter((title) => title !== one.title)
                          : [...left, one.title],
                      )
                    }
                  />
                ))
              )}
              <Group>
                <Button
                  disabled={wanted.length === 0}
                  loading={take.isPending}
                  onClick={() => take.mutate(wanted.map((one) => one.rule as Rule))}
                >
                  Add {wanted.length} {wanted.length === 1 ? 'rule' : 'rules'}
                </Button>
                <Button variant="default" onClick={onDone}>
                  Cancel
                </Button>
              </Group>
            </Stack>
          );
        }}
      </Answer>
    </Section>
  );
}
