import { Checkbox, TextInput } from '@mantine/core';
import { useState } from 'react';
import { AskDialog } from '@/kit/AskDialog';

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
  return (
    <AskDialog
      title={title}
      verb={remove ? 'Take away' : 'Tag'}
      ready={name.trim() !== ''}
      onClose={onClose}
      onSend={() => onTags({ [name.trim()]: remove ? null : value })}
    >
      {(problem) => (
        <>
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
        </>
      )}
    </AskDialog>
  );
}
