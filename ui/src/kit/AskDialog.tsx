import { Button, Group, Modal, Stack } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Problem } from '@/kernel/problem';

interface Props {
  title: string;
  verb: string;
  /** Enough is filled in to send it. */
  ready: boolean;
  onClose: () => void;
  /** The dialog closes when it is done; what it throws is shown beside the field. */
  onSend: () => Promise<unknown>;
  /** Draws the fields; `problem` belongs beside the first. */
  children: (problem: string | null) => ReactNode;
}

/** A question of a field or three: sent with Enter, and what was wrong with it stands beside the field. */
export function AskDialog({ title, verb, ready, onClose, onSend, children }: Props) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onSend();
      onClose();
    } catch (error) {
      const found = Problem.from(error);
      setProblem([found.detail || found.title, found.hint].filter(Boolean).join(' '));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation(); // React hands it on to a form that the dialog was asked for in
          if (ready) void send();
        }}
      >
        <Stack gap="md">
          {children(problem)}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={!ready}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
