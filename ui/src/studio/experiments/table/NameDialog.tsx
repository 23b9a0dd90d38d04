import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { AskDialog } from '@/kit/AskDialog';

interface Props {
  title: string;
  verb: string;
  usual: string;
  onClose: () => void;
  onName: (name: string) => Promise<unknown>;
}

/** Asks for a name. */
export function NameDialog({ title, verb, usual, onClose, onName }: Props) {
  const [name, setName] = useState(usual);
  return (
    <AskDialog
      title={title}
      verb={verb}
      ready={name.trim() !== ''}
      onClose={onClose}
      onSend={() => onName(name.trim())}
    >
      {(problem) => (
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problem}
          data-autofocus
        />
      )}
    </AskDialog>
  );
}
