import { ActionIcon, Button, Group, Switch, Table, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { useMay } from '@/kernel/session';
import { doneWithUndo, toastProblem } from '@/kit/ConfirmUndo';
import { CopyButton } from '@/kit/CopyButton';
import { IconCheck, IconPencil, IconPlus, IconTrash, IconX } from '@/kit/icons';
import type { Run } from '../queries';
import { changeTags, isOwn } from './tags';
import classes from './overview.module.css';

interface Props {
  run: Run;
  tags: Readonly<Record<string, string>>;
}

/** Tags of a run: added, changed and removed in place, each with Undo. */
export function TagEditor({ run, tags }: Props) {
  const may = useMay('experiments.write') && run.lifecycle === 'active';
  const [all, setAll] = useState(false);
  const [editing, setEditing] = useState<string | null>(null);
  const keys = Object.keys(tags).sort();
  const hidden = keys.filter((key) => !isOwn(key)).length;
  const shown = all ? keys : keys.filter(isOwn);

  const [refused, setRefused] = useState<{ key: string; value: string } | null>(null);
  const edit = (key: string | null) => {
    setRefused(null);
    setEditing(key);
  };
  const change = async (next: Record<string, string | null>, said: string) => {
    const form = editing;
    edit(null);
    try {
      const undo = await changeTags(run, next);
      doneWithUndo(said, () => changeTags(run, undo));
    } catch (error) {
      toastProblem(error);
      const [[key, value] = ['', null]] = Object.entries(next);
      if (form === null || value === null) return;
      setRefused({ key, value }); // what was typed is still there to be sent again
      setEditing(form);
    }
  };
  return (
    <div className={classes.stack}>
      {shown.length > 0 ? (
        <Table aria-label="Tags" className={classes.pairs ?? ''}>
          <Table.Tbody>
            {shown.map((key) => (
              <Table.Tr key={key}>
                <Table.Th scope="row">{key}</Table.Th>
                <Table.Td>
                  {editing === key ? (
                    <TagForm
                      name={key}
                      value={refused?.value ?? tags[key] ?? ''}
                      onSave={(_, value) => void change({ [key]: value }, `Tag ${key} changed`)}
                      onCancel={() => edit(null)}
                    />
                  ) : (
                    <span className={classes.value}>
                      <span>{tags[key]}</span>
                      <CopyButton value={tags[key] ?? ''} label={`Copy ${key}`} />
                      {may && isOwn(key) ? (
                        <>
                          <ActionIcon size={24} aria-label={`Change tag ${key}`} onClick={() => edit(key)}>
                            <IconPencil size={14} />
                          </ActionIcon>
                          <ActionIcon
                            size={24}
                            aria-label={`Remove tag ${key}`}
                            onClick={() => void change({ [key]: null }, `Tag ${key} removed`)}
                          >
                            <IconTrash size={14} />
                          </ActionIcon>
                        </>
                      ) : null}
                    </span>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ) : (
        <Text size="sm" c="dimmed">
          No tags.
        </Text>
      )}
      {editing === '' ? (
        <TagForm
          first={refused?.key}
          value={refused?.value ?? ''}
          onSave={(key, value) => void change({ [key]: value }, `Tag ${key} added`)}
          onCancel={() => edit(null)}
        />
      ) : null}
      <Group gap="md">
        {may && editing !== '' ? (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => edit('')}
          >
            Add tag
          </Button>
        ) : null}
        {hidden > 0 ? (
          <Switch
            size="xs"
            label={`${hidden} of MLflow and the studio`}
            checked={all}
            onChange={(event) => setAll(event.currentTarget.checked)}
          />
        ) : null}
      </Group>
    </div>
  );
}

interface FormProps {
  /** Of a tag that is changed; without it a new one is made. */
  name?: string;
  /** What the name of a new one begins as. */
  first?: string | undefined;
  value: string;
  onSave: (key: string, value: string) => void;
  onCancel: () => void;
}

function TagForm({ name, first, value, onSave, onCancel }: FormProps) {
  const [key, setKey] = useState(name ?? first ?? '');
  const [text, setText] = useState(value);
  const bad =
    name === undefined && key !== '' && !isOwn(key) ? 'Names beginning with mlflow. are MLflow’s own.' : null;
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() && !bad) onSave(key.trim(), text);
  };
  return (
    <form
      onSubmit={save}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
      }}
    >
      <Group gap="xs" wrap="nowrap" align="flex-start">
        {name === undefined ? (
          <TextInput
            size="xs"
            aria-label="Name of the tag"
            placeholder="Name"
            value={key}
            maxLength={250}
            error={bad}
            onChange={(event) => setKey(event.currentTarget.value)}
            data-autofocus
            autoFocus
          />
        ) : null}
        <TextInput
          size="xs"
          aria-label={name ? `Value of ${name}` : 'Value of the tag'}
          placeholder="Value"
          value={text}
          maxLength={8000}
          onChange={(event) => setText(event.currentTarget.value)}
          autoFocus={name !== undefined}
        />
        <ActionIcon type="submit" size={28} aria-label="Save tag" disabled={!key.trim() || bad !== null}>
          <IconCheck size={16} />
        </ActionIcon>
        <ActionIcon size={28} aria-label="Cancel" onClick={onCancel}>
          <IconX size={16} />
        </ActionIcon>
      </Group>
    </form>
  );
}
