import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { hideNotification, showNotification } from '@mantine/notifications';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';

const UNDO_MS = 8000;

export function toastProblem(error: unknown): void {
  const problem = Problem.from(error);
  showNotification({
    color: 'red',
    title: problem.title,
    message: [problem.detail, problem.hint].filter(Boolean).join(' '),
  });
}

/**
 * Do something that can be taken back: it is done after 8 s unless the person says Undo.
 * `revert` puts the screen back, `commit` makes it true on the server.
 */
export function withUndo(message: string, commit: () => Promise<unknown>, revert: () => void): void {
  let taken = false;
  const settle = () => {
    if (taken) return;
    taken = true;
    window.removeEventListener('pagehide', settle);
    commit().catch((error: unknown) => {
      revert();
      toastProblem(error);
    });
  };
  const timer = setTimeout(settle, UNDO_MS);
  window.addEventListener('pagehide', settle);
  const id = showNotification({
    autoClose: UNDO_MS,
    withCloseButton: true,
    onClose: () => {
      clearTimeout(timer);
      settle();
    },
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
        <Button
          variant="default"
          size="compact-sm"
          data-undo
          onClick={() => {
            taken = true;
            clearTimeout(timer);
            window.removeEventListener('pagehide', settle);
            revert();
            hideNotification(id);
          }}
        >
          Undo
        </Button>
      </Group>
    ),
  });
}

/** Say what was done, with a way back: `undo` does it the other way round. */
export function doneWithUndo(message: string, undo: () => Promise<unknown>): void {
  const id = showNotification({
    autoClose: UNDO_MS,
    withCloseButton: true,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm">{message}</Text>
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
      </Group>
    ),
  });
}

interface Props {
  opened: boolean;
  onClose: () => void;
  /** What is lost, in a sentence. */
  loss: string;
  /** The name to type. */
  name: string;
  verb: string;
  onConfirm: () => Promise<unknown>;
}

/** For losses that cannot be undone: type the name of the thing. */
export function ConfirmByName({ opened, onClose, loss, name, verb, onConfirm }: Props) {
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const confirm = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setProblem(Problem.from(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`${verb} ${name}?`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation(); // React hands it on to a form that the dialog was asked for in
          if (typed === name) void confirm();
        }}
      >
        <Stack gap="md">
          <Text size="sm">{loss}</Text>
          <TextInput
            label={`Type ${name} to go on`}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            error={problem ? `${problem.detail} ${problem.hint ?? ''}` : null}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" color="red" disabled={typed !== name} loading={busy}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
