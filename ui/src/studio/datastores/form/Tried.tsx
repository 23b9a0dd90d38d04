import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { IconRefresh } from '@/kit/icons';
import { Note } from '@/kit/Note';
import type { CheckState } from '../queries';

interface NoteProps {
  state: CheckState;
  /** Leads to the fields, where they are elsewhere. */
  mend?: ReactNode;
}

/** What came of trying a connection, with the cause and what to do. */
export function TriedNote({ state, mend }: NoteProps) {
  return state.ok ? (
    <Note tone="good" title={`The connection works (${Math.round(state.milliseconds ?? 0)} ms).`} />
  ) : (
    <Note tone="warning" title={state.cause ?? 'The connection does not work.'}>
      <div>{state.hint}</div>
      {mend}
    </Note>
  );
}

interface Props {
  onTry: () => void;
  busy: boolean;
  disabled?: boolean;
}

export function TryButton({ onTry, busy, disabled = false }: Props) {
  return (
    <Group>
      <Button
        variant="default"
        leftSection={<IconRefresh size={14} aria-hidden />}
        loading={busy}
        disabled={disabled}
        onClick={onTry}
      >
        Test connection
      </Button>
    </Group>
  );
}
