import { ActionIcon, Select, Table } from '@mantine/core';
import { doneWithUndo } from '@/kit/ConfirmUndo';
import { IconTrash } from '@/kit/icons';
import type { Quality, Rule } from './queries';

interface Props {
  quality: Quality;
  may: boolean;
  onRules: (rules: Rule[]) => void;
}

/** The rules in words; what a broken one does can be changed here. */
export function RulesTable({ quality: it, may, onRules }: Props) {
  const rules = it.rules ?? [];
  const remove = (place: number) => {
    onRules(rules.filter((_, index) => index !== place));
    doneWithUndo(`Rule removed: ${it.titles[place] ?? ''}`, async () => onRules(rules));
  };
  return (
    <Table aria-label="Quality rules" verticalSpacing={4} fz="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Rule</Table.Th>
          <Table.Th scope="col">When it is broken</Table.Th>
          {may ? <Table.Th scope="col">Do</Table.Th> : null}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rules.map((rule, place) => (
          <Table.Tr key={`${place}-${it.titles[place] ?? ''}`}>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{it.titles[place]}</Table.Td>
            <Table.Td>
              <Select
                size="xs"
                w={190}
                aria-label={`When it is broken: ${it.titles[place] ?? ''}`}
                disabled={!may}
                value={rule.severity ?? 'warn'}
                data={[
                  { value: 'warn', label: 'warn' },
                  { value: 'block', label: 'hold the version back' },
                ]}
                onChange={(value) =>
                  onRules(
                    rules.map((one, index) =>
                      index === place ? ({ ...one, severity: value as 'warn' | 'block' } as Rule) : one,
                    ),
                  )
                }
                allowDeselect={false}
              />
            </Table.Td>
            {may ? (
              <Table.Td>
                <ActionIcon aria-label={`Remove: ${it.titles[place] ?? ''}`} onClick={() => remove(place)}>
                  <IconTrash size={16} />
                </ActionIcon>
              </Table.Td>
            ) : null}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
