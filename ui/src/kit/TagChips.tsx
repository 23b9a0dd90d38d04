import { Badge, Button, CloseButton, Group, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
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
  /** In a row of its own with a button that opens the field, for the top of a page. */
  compact?: boolean;
  /** Within another form: it has none of its own. */
  nested?: boolean;
  /** False: what it stands in is saved, or left, as a whole. */
  undo?: boolean;
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
export function TagChips({
  tags,
  may,
  save,
  hide = isOfClients,
  nested,
  compact,
  undo: canUndo = true,
}: Props) {
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [open, setOpen] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const shown = Object.entries(tags).filter(([key]) => !hide(key));
  const wanted = readTag(text);
  const change = async (next: TagChange, said: string) => {
    await save(next);
    if (!canUndo) return;
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
      setOpen(false);
    } catch (error) {
      const found = Problem.from(error);
      setProblem([found.detail, found.hint].filter(Boolean).join(' '));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={compact ? (classes.row ?? '') : ''}>
      {shown.length > 0 ? (
        <Group gap="xs" {...(compact ? {} : { mb: 'sm' })}>
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
      ) : may || compact ? null : (
        'No tags.'
      )}
      {may && compact && !open ? (
        <Button variant="subtle" size="compact-sm" onClick={() => setOpen(true)}>
          Add a tag
        </Button>
      ) : may ? (
        <Frame nested={nested ?? false} onAdd={() => wanted.key !== '' && void add()}>
          <Group gap="sm" align="flex-start">
            <TextInput
              aria-label="New tag"
              placeholder="checked=yes"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              error={problem}
              w={200}
              {...(compact ? { size: 'xs', autoFocus: true } : {})}
            />
            <Button
              type={nested ? 'button' : 'submit'}
              variant="default"
              loading={busy}
              disabled={!wanted.key}
              {...(nested ? { onClick: () => void add() } : {})}
            >
              Add tag
            </Button>
          </Group>
        </Frame>
      ) : null}
    </div>
  );
}

/** A form; within another one, a part of it that takes Enter for itself. */
function Frame(props: { nested: boolean; onAdd: () => void; children: ReactNode }) {
  if (!props.nested)
    return (
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onAdd();
        }}
      >
        {props.children}
      </form>
    );
  return (
    <div
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        event.preventDefault();
        props.onAdd();
      }}
    >
      {props.children}
    </div>
  );
}

function isOfClients(key: string): boolean {
  return /^(mlflow\.|_mlflow_)/.test(key);
}
