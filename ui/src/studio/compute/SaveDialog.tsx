import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Problem } from '@/kernel/problem';
import { ErrorState } from '@/kit/ErrorState';

interface Props {
  title: string;
  onClose: () => void;
  onSave: () => void;
  saving: boolean;
  /** What went wrong, unless it stands at a field. */
  problem: Problem | null;
  children: ReactNode;
}

/** A dialog that changes something: its fields, what the studio says of them, Close and Save. */
export function SaveDialog({ title, onClose, onSave, saving, problem, children }: Props) {
  return (
    <Modal opened onClose={onClose} title={title} size="lg">
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSave();
        }}
      >
        <Stack gap="md">
          {children}
          {problem ? <ErrorState error={problem} inline /> : null}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button type="submit" loading={saving}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
