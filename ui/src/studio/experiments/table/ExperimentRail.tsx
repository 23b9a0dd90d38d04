import { ActionIcon, Menu, Skeleton, Switch, Text, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { count } from '@/kernel/format';
import { useMay } from '@/kernel/session';
import { toastProblem } from '@/kit/ConfirmUndo';
import { ErrorState } from '@/kit/ErrorState';
import { IconPlus } from '@/kit/icons';
import { More } from '@/kit/More';
import { Reason } from '@/kit/Reason';
import { Tick } from '@/kit/Tick';
import {
  createExperiment,
  deleteExperiment,
  experimentList,
  renameExperiment,
  restoreExperiment,
  type Experiment,
} from './experiments';
import { NameDialog } from './NameDialog';
import { toastDone } from './toast';
import classes from './table.module.css';

interface Props {
  chosen: readonly string[];
  bin: boolean;
  onChoose: (ids: string[] | undefined) => void;
  onBin: (bin: boolean) => void;
}

const SHOWN = 200; // further ones are found by a part of their name

/** The experiments, with the number of their runs: one, several, or all of them are in the table. */
export function ExperimentRail({ chosen, bin, onChoose, onBin }: Props) {
  const cache = useQueryClient();
  const may = useMay('experiments.write');
  const [text, setText] = useState('');
  const [naming, setNaming] = useState<Experiment | 'new' | null>(null);
  const active = useQuery(experimentList('active'));
  const deleted = useQuery({ ...experimentList('deleted'), enabled: bin });
  const listed = useDeferredValue(active.data, undefined); // the rows of the table go first
  const all = [...(listed ?? []), ...(bin ? (deleted.data ?? []) : [])];
  const fits = all.filter((one) => one.name.toLowerCase().includes(text.trim().toLowerCase()));
  const again = () => cache.invalidateQueries({ queryKey: ['experiments', 'summaries'] });
  const toggle = (id: string) => {
    const next = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
    onChoose(next.length > 0 ? next : undefined);
  };
  const remove = async (one: Experiment) => {
    try {
      await deleteExperiment(one.id);
      await again();
      if (chosen.includes(one.id)) toggle(one.id);
      toastDone(`${one.name} is in the bin`, async () => {
        await restoreExperiment(one.id);
        await again();
      });
    } catch (error) {
      toastProblem(error);
    }
  };

  return (
    <nav className={classes.rail} aria-label="Experiments">
      <div className={classes.railHead}>
        <TextInput
          size="xs"
          aria-label="Find an experiment"
          placeholder="Find an experiment"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <Reason why={may ? undefined : 'Your role in this workspace may not make experiments'}>
          <ActionIcon aria-label="New experiment" onClick={() => setNaming('new')}>
            <IconPlus size={16} />
          </ActionIcon>
        </Reason>
      </div>
      {[active, ...(bin ? [deleted] : [])].map((one, index) =>
        one.error && !one.data ? (
          <ErrorState key={index} error={one.error} onRetry={() => void one.refetch()} inline />
        ) : null,
      )}
      <ul className={classes.railList}>
        <li data-chosen={chosen.length === 0 || undefined}>
          <button
            type="button"
            className={classes.railName}
            onClick={() => onChoose(undefined)}
            aria-pressed={chosen.length === 0}
          >
            All experiments
          </button>
        </li>
        {!listed && !active.error
          ? Array.from({ length: 6 }, (_, n) => (
              <li key={n}>
                <Skeleton height={10} width={`${80 - n * 6}%`} m="sm" />
              </li>
            ))
          : null}
        {fits.slice(0, SHOWN).map((one) => (
          <li key={one.id} data-chosen={chosen.includes(one.id) || undefined}>
            <Tick
              label={`Show ${one.name} too`}
              checked={chosen.includes(one.id)}
              onChange={() => toggle(one.id)}
            />
            <button
              type="button"
              className={classes.railName}
              title={one.name}
              aria-pressed={chosen.includes(one.id)}
              onClick={() => onChoose([one.id])}
            >
              <span>{one.name}</span>
              <small>{one.lifecycle === 'deleted' ? 'in the bin' : count(one.runs)}</small>
            </button>
            {may ? (
              <More label={`Actions of ${one.name}`} position="bottom-end">
                {one.lifecycle === 'deleted' ? (
                  <Menu.Item
                    onClick={() =>
                      void restoreExperiment(one.id)
                        .then(again)
                        .then(() => toastDone(`${one.name} is back`), toastProblem)
                    }
                  >
                    Restore
                  </Menu.Item>
                ) : (
                  <>
                    <Menu.Item onClick={() => setNaming(one)}>Rename</Menu.Item>
                    <Menu.Item onClick={() => void remove(one)}>Move to the bin</Menu.Item>
                  </>
                )}
              </More>
            ) : null}
          </li>
        ))}
      </ul>
      {fits.length > SHOWN ? (
        <Text size="xs" c="dimmed" px="sm">
          {count(fits.length - SHOWN)} more; write a part of the name.
        </Text>
      ) : null}
      {listed && text && fits.length === 0 ? (
        <Text size="xs" c="dimmed" px="sm">
          No experiment has this name.
        </Text>
      ) : null}
      <Switch
        size="xs"
        label="Bin"
        checked={bin}
        onChange={(event) => onBin(event.currentTarget.checked)}
        className={classes.railFoot ?? ''}
      />
      {naming ? (
        <NameDialog
          title={naming === 'new' ? 'New experiment' : `Rename ${naming.name}`}
          verb={naming === 'new' ? 'Create' : 'Rename'}
          usual={naming === 'new' ? text : naming.name}
          onClose={() => setNaming(null)}
          onName={async (name) => {
            const made =
              naming === 'new' ? await createExperiment(name) : await renameExperiment(naming.id, name);
            await again();
            if (naming === 'new') onChoose([made.id]);
          }}
        />
      ) : null}
    </nav>
  );
}
