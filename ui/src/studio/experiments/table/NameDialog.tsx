import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';

interface Props {
  title: string;
  verb: string;
  usual: string;
  onClose: () => void;
  onName: (name: string) => Promise<unknown>;
}

/** Asks for a name, and says beside the field what is wrong with it. */
export function NameDialog({ title, verb, usual, onClose, onName }: Props) {
  const [name, setName] = useState(usual);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const send = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await onName(name.trim());
      onClose();
    } catch (error) {
      const found = Problem.from(error);
      setProblem([found.detail || found.title, found.hint].filter(Boolean).join(' '));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) void send();
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={!name.trim()}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
