import { Modal, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { at } from '@/kernel/workspace';
import { doneWithUndo, toastProblem } from '@/kit/ConfirmUndo';
import { Link, useFollow } from '@/kit/Link';
import { deleteModel, deleteVersion, restoreModel, restoreVersion } from './bin';
import type { Model, ModelVersion } from './queries';
import classes from './models.module.css';

interface Wanted {
  what: string;
  /** Endpoints that hold it. */
  serving: readonly string[];
  remove: () => Promise<unknown>;
  restore: () => Promise<unknown>;
  /** Where to go when it is gone, and when it is back. */
  after: string;
  back: string;
}

/** Moves a model or a version to the bin, with undo; while an endpoint serves it, says which one instead. */
export function useDeletion(wanted: Wanted) {
  const cache = useQueryClient();
  const follow = useFollow();
  const [refused, setRefused] = useState(false);
  const again = () => cache.invalidateQueries({ queryKey: ['models'] });
  const remove = async () => {
    if (wanted.serving.length > 0) {
      setRefused(true);
      return;
    }
    try {
      await wanted.remove();
      follow(wanted.after);
      await again();
      doneWithUndo(`${wanted.what} is in the bin`, async () => {
        await wanted.restore();
        await again();
        follow(wanted.back);
      });
    } catch (error) {
      toastProblem(error);
    }
  };
  const dialog = (
    <Modal opened={refused} onClose={() => setRefused(false)} title={`Deployed, so ${wanted.what} stays`}>
      <Text size="sm">Deploy another version there, or delete the endpoint first:</Text>
      <ul className={classes.plain}>
        {wanted.serving.map((name) => (
          <li key={name}>
            <Link href={at(['endpoints', name])}>{name}</Link>
          </li>
        ))}
      </ul>
    </Modal>
  );
  return { remove, dialog };
}

export function ofVersion(it: ModelVersion, serving: readonly string[]): Wanted {
  return {
    what: `version ${it.version}`,
    serving,
    remove: () => deleteVersion(it),
    restore: () => restoreVersion(it),
    after: at(['models', it.name]),
    back: at(['models', it.name, 'versions', String(it.version)]),
  };
}

export function ofModel(it: Model, serving: readonly string[]): Wanted {
  return {
    what: it.name,
    serving,
    remove: () => deleteModel(it.name),
    restore: () => restoreModel({ name: it.name, bin_id: null }),
    after: at(['models']),
    back: at(['models', it.name]),
  };
}
