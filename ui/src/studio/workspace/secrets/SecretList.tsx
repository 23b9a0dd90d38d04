import { Button, Group, Table } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { moment } from '@/kernel/format';
import { doneWithUndo, toastProblem } from '@/kit/ConfirmUndo';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { remove, restore, type Secret } from './queries';
import { STATES, whoMay } from './words';
import classes from '../workspace.module.css';

interface Props {
  all: Secret[];
  may: boolean;
  open: string | undefined;
  onOpen: (name: string | undefined) => void;
}

/** The secrets by name, without their values. */
export function SecretList({ all, may, open, onOpen }: Props) {
  const cache = useQueryClient();
  const refresh = () => cache.invalidateQueries({ queryKey: ['secrets'] });
  const toBin = async (name: string) => {
    const shown = open === name;
    if (shown) onOpen(undefined); // first, so that nobody asks for the versions of what is gone
    try {
      await remove(name);
    } catch (error) {
      if (shown) onOpen(name);
      toastProblem(error);
      return;
    }
    await refresh();
    doneWithUndo(`Secret ${name} is in the bin: no job gets it`, async () => {
      await restore(name);
      await refresh();
    });
  };
  return (
    <Table.ScrollContainer minWidth={760}>
      <Table aria-label="Secrets" className={classes.table ?? ''}>
        <Table.Thead>
          <Table.Tr>
            {['Name', 'Newest version', 'State', 'Good until', 'Who may use it', 'Last used', 'Do'].map(
              (head) => (
                <Table.Th key={head} scope="col">
                  {head}
                </Table.Th>
              ),
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {all.map((secret) => (
            <Table.Tr key={secret.name} data-open={secret.name === open || undefined}>
              <Table.Td className={classes.long ?? ''} title={secret.description}>
                {secret.name}
              </Table.Td>
              <Table.Td>
                {secret.version}
                {secret.versions > 1 ? ` of ${secret.versions}` : ''}
              </Table.Td>
              <Table.Td>
                <StatusBadge
                  state={secret.state}
                  tone={STATES[secret.state].tone}
                  label={STATES[secret.state].word}
                />
              </Table.Td>
              <Table.Td>{secret.expires_at ? moment(secret.expires_at) : 'no end'}</Table.Td>
              <Table.Td className={classes.long ?? ''}>{whoMay(secret)}</Table.Td>
              <Table.Td>{secret.last_used_at ? <Time at={secret.last_used_at} /> : 'never'}</Table.Td>
              <Table.Td>
                <Group gap="xs" wrap="nowrap">
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-expanded={open === secret.name}
                    aria-label={`${open === secret.name ? 'Close' : 'Open'} ${secret.name}`}
                    onClick={() => onOpen(open === secret.name ? undefined : secret.name)}
                  >
                    {open === secret.name ? 'Close' : 'Open'}
                  </Button>
                  {may ? (
                    <Button
                      variant="default"
                      size="compact-sm"
                      aria-label={`Delete ${secret.name}`}
                      onClick={() => void toBin(secret.name)}
                    >
                      Delete
                    </Button>
                  ) : null}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
