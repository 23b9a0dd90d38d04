import { Button, Group, Text } from '@mantine/core';
import { hideNotification, showNotification } from '@mantine/notifications';
import { toastProblem } from '@/kit/ConfirmUndo';

const UNDO_MS = 8000;

/** Say what was done, with a way back for eight seconds. */
export function toastDone(message: string, undo?: () => Promise<unknown>): void {
  const id = showNotification({
    autoClose: UNDO_MS,
    withCloseButton: true,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        {undo ? (
          <Button
            variant="default"
            size="compact-sm"
            data-undo
            onClick={() => {
              hideNotification(id);
              undo().catch(toastProblem);
            }}
          >
            Undo
          </Button>
        ) : null}
      </Group>
    ),
  });
}
