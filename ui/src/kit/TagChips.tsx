import { Badge, Button, CloseButton, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { doneWithUndo, toastProblem } from './ConfirmUndo';
import classes from './tags.module.css';

export type TagChange = Record<string, string | null>;

interface Props {
  tags: Readonly<Record<string, string>>;
  may: boolean;
  /** Null removes a tag. */
  save: (change: TagChange) => Promise<unknown>;
  /** Tags that are not shown, such as those that clients keep for themselves. */
  hide?: (key: string) => boolean;
}

/** `key=value`, or a key alone. */
export function readTag(text: string): { key: string; value: string } {
  const cut = text.indexOf('=');
  return cut < 0
    ? { key: text.trim(), value: '' }
    : { key: text.slice(0, cut).trim(), value: text.slice(cut + 1).trim() };
}

/** What brings tags back to what they were before a change. */
export function undoOf(tags: Readonly<Record<string, string>>, change: TagChange): TagChange {
  return Object.fromEntries(Object.keys(change).map((key) => [key, tags[key] ?? null]));
}

/** Tags as `key=value`: added by writing one, removed with its cross; each change can be undone. */
export function TagChips({ tags, may, save, hide = isOfClients }: Props) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const shown = Object.entries(tags).filter(([key]) => !hide(key));
  const wanted = readTag(text);
  const change = async (next: TagChange, said: string) => {
    await save(next);
    const undo = undoOf(tags, next);
    doneWithUndo(said, () => save(undo));
  };
  const add = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await change(
        { [wanted.key]: wanted.value },
        `Tag ${wanted.key} ${wanted.key in tags ? 'changed' : 'added'}`,
      );
      setText('');
    } catch (error) {
      const found = Problem.from(error);
      setProblem([found.detail, found.hint].filter(Boolean).join(' '));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div>
      {shown.length > 0 ? (
        <Group gap="xs" mb="sm">
          {shown.map(([name, value]) => (
            <Badge
              key={name}
              className={classes.tag ?? ''}
              rightSection={
                may ? (
                  <CloseButton
                    size={24}
                    iconSize={12}
                    aria-label={`Remove the tag ${name}`}
                    onClick={() => void change({ [name]: null }, `Tag ${name} removed`).catch(toastProblem)}
                  />
                ) : null
              }
            >
              {value ? `${name}=${value}` : name}
            </Badge>
          ))}
        </Group>
      ) : may ? null : (
        'No tags.'
      )}
      {may ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (wanted.key) void add();
          }}
        >
          <Group gap="sm" align="flex-start">
            <TextInput
              aria-label="New tag"
              placeholder="checked=yes"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              error={problem}
              w={200}
            />
            <Button type="submit" variant="default" loading={busy} disabled={!wanted.key}>
              Add tag
            </Button>
          </Group>
        </form>
      ) : null}
    </div>
  );
}

function isOfClients(key: string): boolean {
  return key.startsWith('mlflow.');
}
