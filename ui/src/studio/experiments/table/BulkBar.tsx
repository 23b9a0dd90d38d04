import { Button, Group, Menu, Text } from '@mantine/core';
import { useState } from 'react';
import { count } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconChevronDown } from '@/kit/icons';
import { pinSlot, SLOTS } from '@/kit/runColours';
import { RunSwatch } from '@/kit/RunSwatch';
import { useFollow } from '@/kit/Link';
import { Reason } from '@/kit/Reason';
import { CancelButton } from '../CancelButton';
import type { Run } from '../queries';
import { changeRuns, type BulkResult, type Where } from './ask';
import { TagDialog } from './TagDialog';
import { toastDone } from './toast';
import classes from './table.module.css';

interface Props {
  selected: readonly string[];
  /** All that match are meant, also those that are not in memory. */
  everything: boolean;
  total: number;
  where: Where;
  bin: boolean;
  /** Runs among the chosen ones that are in memory. */
  known: readonly Run[];
  onEverything: () => void;
  onClear: () => void;
  onChanged: () => void;
  onPatch: (runs: Run[]) => void;
}

const COMPARED = 200;
const PIECE = 1000;

/** What can be done with the chosen runs. */
export function BulkBar(props: Props) {
  const { selected, everything, total, where, bin, known, onEverything, onClear, onChanged } = props;
  const [tagging, setTagging] = useState(false);
  const [busy, setBusy] = useState(false);
  const follow = useFollow();
  const may = useMay('experiments.write');
  const why = may ? undefined : 'Your role in this workspace may not change runs';
  const number = everything ? total : selected.length;
  const runs = `${count(number)} ${number === 1 ? 'run' : 'runs'}`;

  const apply = async (action: 'delete' | 'restore' | 'tag', tags: Record<string, string | null> = {}) => {
    if (everything) {
      const all = await changeRuns({ where, run_ids: [], action, tags });
      return { ...all, run_ids: all.run_ids ?? [], before: all.before ?? [] };
    }
    return pieces([...selected], action, tags);
  };
  const move = async (action: 'delete' | 'restore') => {
    setBusy(true);
    try {
      const done = await apply(action);
      onChanged();
      onClear();
      const words = action === 'delete' ? 'moved to the bin' : 'restored';
      toastDone(`${count(done.changed)} ${done.changed === 1 ? 'run' : 'runs'} ${words}`, async () => {
        await pieces(done.run_ids, action === 'delete' ? 'restore' : 'delete', {});
        onChanged();
      });
    } catch (error) {
      toastProblem(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className={classes.bulk} role="region" aria-label="Chosen runs">
      <Text size="sm" fw={500} aria-live="polite">
        {everything ? `All ${runs} that match` : `${runs} chosen`}
      </Text>
      {!everything && total > selected.length ? (
        <Button variant="subtle" size="compact-sm" onClick={onEverything}>
          Choose all {count(total)} that match
        </Button>
      ) : null}
      <Group gap="xs" className={classes.bulkActions ?? ''}>
        {bin ? null : (
          <>
            <Reason why={selected.length > COMPARED ? `Up to ${COMPARED} runs are compared` : undefined}>
              <Button
                size="compact-sm"
                disabled={everything || selected.length < 2 || selected.length > COMPARED}
                onClick={() => follow(at(['experiments', 'compare'], { runs: selected }))}
              >
                Compare
              </Button>
            </Reason>
            <Reason why={why}>
              <Button variant="default" size="compact-sm" onClick={() => setTagging(true)}>
                Tag
              </Button>
            </Reason>
            <Menu>
              <Menu.Target>
                <Button
                  variant="default"
                  size="compact-sm"
                  disabled={everything}
                  rightSection={<IconChevronDown size={12} aria-hidden />}
                >
                  Colour
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {Array.from({ length: SLOTS }, (_, slot) => (
                  <Menu.Item
                    key={slot}
                    leftSection={<RunSwatch slot={slot} />}
                    onClick={() => pinSlot(selected, slot)}
                  >
                    Colour {slot + 1}
                  </Menu.Item>
                ))}
                <Menu.Divider />
                <Menu.Item onClick={() => pinSlot(selected, null)}>By itself</Menu.Item>
              </Menu.Dropdown>
            </Menu>
            {known.length > 0 && !everything ? (
              <CancelButton runs={[...known]} onCanceled={(changed: Run[]) => props.onPatch(changed)} />
            ) : null}
          </>
        )}
        <Reason why={why}>
          <Button
            variant="default"
            size="compact-sm"
            loading={busy}
            onClick={() => void move(bin ? 'restore' : 'delete')}
          >
            {bin ? 'Restore' : 'Move to the bin'}
          </Button>
        </Reason>
        <Button variant="subtle" size="compact-sm" onClick={onClear}>
          Clear
        </Button>
      </Group>
      {tagging ? (
        <TagDialog
          title={`Tag ${runs}`}
          onClose={() => setTagging(false)}
          onTags={async (tags) => {
            const done = await apply('tag', tags);
            onChanged();
            const words = `${count(done.changed)} ${done.changed === 1 ? 'run' : 'runs'} tagged`;
            toastDone(words, async () => {
              for (const had of done.before) await pieces(had.run_ids, 'tag', had.tags);
              onChanged();
            });
          }}
        />
      ) : null}
    </div>
  );
}

/** The server takes a thousand names at once. */
async function pieces(
  ids: readonly string[],
  action: 'delete' | 'restore' | 'tag',
  tags: Record<string, string | null>,
): Promise<Required<BulkResult>> {
  const done: Required<BulkResult> = { changed: 0, run_ids: [], before: [] };
  for (let from = 0; from < ids.length; from += PIECE) {
    const part = await changeRuns({ run_ids: ids.slice(from, from + PIECE), action, tags });
    done.changed += part.changed;
    done.run_ids.push(...(part.run_ids ?? []));
    done.before.push(...(part.before ?? []));
  }
  return done;
}
