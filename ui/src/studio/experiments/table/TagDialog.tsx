import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';

interface Props {
  title: string;
  onClose: () => void;
  onTags: (tags: Record<string, string | null>) => Promise<unknown>;
}

/** Writes a tag, or takes it away. */
export function TagDialog({ title, onClose, onTags }: Props) {
  const [name, setName] = useState('');
  const [value, setValue] = useState('');
  const [remove, setRemove] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const send = async () => {
    setBusy(true);
    try {
      await onTags({ [name.trim()]: remove ? null : value });
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
            label="Tag"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem}
            data-autofocus
          />
          <TextInput
            label="Value"
            value={value}
            disabled={remove}
            onChange={(event) => setValue(event.currentTarget.value)}
          />
          <Checkbox
            label="Take the tag away instead"
            checked={remove}
            onChange={(event) => setRemove(event.currentTarget.checked)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy} disabled={!name.trim()}>
              {remove ? 'Take away' : 'Tag'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
