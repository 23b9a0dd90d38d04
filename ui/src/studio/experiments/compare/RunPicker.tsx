import { Button, Checkbox, Popover, ScrollArea, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ago } from '@/kernel/format';
import { IconPlus, IconSearch } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { MOST_RUNS } from './link';
import { runsNamed } from './queries';
import classes from './compare.module.css';

interface Props {
  chosen: readonly string[];
  onChange: (ids: readonly string[]) => void;
}

/** Runs by name, newest first, to mark. */
export function RunPicker({ chosen, onChange }: Props) {
  const [text, setText] = useState('');
  const [name] = useDebouncedValue(text, 200);
  const query = useQuery(runsNamed(name.trim()));
  const marked = new Set(chosen);
  return (
    <div className={classes.picker}>
      <TextInput
        aria-label="Find runs by name"
        placeholder="Find runs by name"
        leftSection={<IconSearch size={14} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      <Answer query={query} rows={4} inline>
        {(page) =>
          page.items.length === 0 ? (
            <Text size="sm" c="dimmed">
              {name ? `No run has “${name}” in its name.` : 'There are no runs yet.'}
            </Text>
          ) : (
            <ScrollArea.Autosize mah={320} type="auto">
              {page.items.map(({ run }) => (
                <Checkbox
                  key={run.id}
                  className={classes.pick ?? ''}
                  label={
                    <>
                      {run.name || run.id.slice(-8)}{' '}
                      <small>
                        {run.experiment} · {run.state} · {ago(run.created_at)}
                      </small>
                    </>
                  }
                  checked={marked.has(run.id)}
                  disabled={!marked.has(run.id) && chosen.length >= MOST_RUNS}
                  onChange={(event) =>
                    onChange(
                      event.currentTarget.checked
                        ? [...chosen, run.id]
                        : chosen.filter((other) => other !== run.id),
                    )
                  }
                />
              ))}
            </ScrollArea.Autosize>
          )
        }
      </Answer>
    </div>
  );
}

/** The picker behind a button; what is marked counts when it closes. */
export function AddRuns({ chosen, onChange }: Props) {
  const [draft, setDraft] = useState<readonly string[] | null>(null);
  const close = () => {
    if (draft && draft.join() !== chosen.join()) onChange(draft);
    setDraft(null);
  };
  return (
    <Popover
      opened={draft !== null}
      onDismiss={close}
      position="bottom-end"
      width={400}
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => (draft ? close() : setDraft(chosen))}
        >
          Add runs
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <RunPicker chosen={draft ?? chosen} onChange={setDraft} />
        <Button mt="sm" fullWidth onClick={close}>
          {draft ? `Compare ${draft.length}` : 'Compare'}
        </Button>
      </Popover.Dropdown>
    </Popover>
  );
}
