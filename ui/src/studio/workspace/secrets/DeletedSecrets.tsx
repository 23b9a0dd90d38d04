import { Button, Group, Table } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/kernel/session';
import { ConfirmByName, toastProblem } from '@/kit/ConfirmUndo';
import { EmptyState } from '@/kit/EmptyState';
import { Answer } from '@/kit/Page';
import { Reason } from '@/kit/Reason';
import { Time, Until } from '@/kit/Time';
import { remove, restore, secrets, type Secret } from './queries';
import classes from '../workspace.module.css';

/** Deleted secrets: no job gets them, their names stay taken, and they come back with their versions and grants. */
export function DeletedSecrets({ onBack }: { onBack: () => void }) {
  const cache = useQueryClient();
  const may = useMay('secrets.write');
  const query = useQuery(secrets(true));
  const [losing, setLosing] = useState<Secret | null>(null);
  const refresh = () => cache.invalidateQueries({ queryKey: ['secrets'] });
  return (
    <div className={classes.stack}>
      <Group>
        <Button variant="default" onClick={onBack}>
          Back to the secrets
        </Button>
      </Group>
      <Answer query={query} rows={3}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState title="The bin is empty">
              Deleted secrets stay here for a while, and come back with their versions and grants.
            </EmptyState>
          ) : (
            <Table aria-label="Deleted secrets" className={classes.table ?? ''}>
              <Table.Thead>
                <Table.Tr>
                  {['Name', 'Versions', 'Deleted', 'Removed for good', 'Do'].map((head) => (
                    <Table.Th key={head} scope="col">
                      {head}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {all.map((one) => (
                  <Table.Tr key={one.name}>
                    <Table.Td>{one.name}</Table.Td>
                    <Table.Td>{one.versions}</Table.Td>
                    <Table.Td>
                      <Time at={one.deleted_at} />
                    </Table.Td>
                    <Table.Td>{one.remove_at ? <Until at={one.remove_at} /> : '–'}</Table.Td>
                    <Table.Td>
                      <Group gap="xs" wrap="nowrap">
                        <Reason why={may ? undefined : 'Your role in this workspace may not restore secrets'}>
                          <Button
                            variant="default"
                            size="compact-sm"
                            aria-label={`Restore ${one.name}`}
                            onClick={() => void restore(one.name).catch(toastProblem).finally(refresh)}
                          >
                            Restore
                          </Button>
                        </Reason>
                        <Reason why={may ? undefined : 'Your role in this workspace may not remove secrets'}>
                          <Button
                            variant="default"
                            size="compact-sm"
                            aria-label={`Remove ${one.name} for good`}
                            onClick={() => setLosing(one)}
                          >
                            Remove for good
                          </Button>
                        </Reason>
                      </Group>
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
      {losing ? (
        <ConfirmByName
          opened
          onClose={() => setLosing(null)}
          name={losing.name}
          verb="Remove"
          loss="All its versions, who may use it and its uses are gone for good; the audit trail stays. The name is free then."
          onConfirm={async () => {
            await remove(losing.name, true);
            await refresh();
          }}
        />
      ) : null}
    </div>
  );
}
