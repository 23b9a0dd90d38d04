import { Kbd, Modal, Table } from '@mantine/core';
import { useCurrentActions } from '@/kit/actions';
import { NAV_ITEMS } from './nav';

const GENERAL: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'Search and commands'],
  ['?', 'This sheet'],
  ['↑ ↓', 'Move in a table'],
  ['← →', 'Fold and unfold what is below a row'],
  ['Enter', 'Open the row'],
  ['Space', 'Select the row; with Shift, up to it'],
  ['Shift ← →', 'On the head of a column: its width'],
  ['Ctrl C', 'Copy the table as CSV'],
  ['Ctrl Z', 'Undo what was just done, while its message is there'],
  ['Esc', 'Close what is open'],
];

export default function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const actions = useCurrentActions().filter((action) => action.key);
  const rows: (readonly [string, string])[] = [
    ...actions.map((action) => [action.key ?? '', action.label] as const),
    ...GENERAL,
    ...NAV_ITEMS.map((item) => [`g ${item.letter}`, `Go to ${item.label}`] as const),
  ];
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts">
      <Table verticalSpacing={4} withRowBorders={false}>
        <Table.Tbody>
          {rows.map(([keys, what]) => (
            <Table.Tr key={`${keys} ${what}`}>
              <Table.Td w={110}>
                {keys.split(' ').map((key) => (
                  <Kbd key={key} mr={4} size="xs">
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
