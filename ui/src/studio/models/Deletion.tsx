import { Modal, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '@/kernel/request';
import { at } from '@/kernel/workspace';
import { ConfirmByName } from '@/kit/ConfirmUndo';
import { Link, useFollow } from '@/kit/Link';
import type { Model, ModelVersion } from './queries';
import classes from './models.module.css';

interface Dialog {
  opened: boolean;
  onClose: () => void;
  /** Endpoints that hold it. */
  serving: readonly string[];
}

/** Delete a version; while an endpoint serves it, say which one instead. */
export function DeleteVersion({ version: it, serving, ...dialog }: Dialog & { version: ModelVersion }) {
  const cache = useQueryClient();
  const follow = useFollow();
  if (serving.length > 0) return <Served what={`version ${it.version}`} serving={serving} {...dialog} />;
  return (
    <ConfirmByName
      {...dialog}
      name={`${it.name}:${it.version}`}
      verb="Delete"
      loss={`Version ${it.version} and its files disappear and cannot be brought back. Its number is never given again; its run stays.`}
      onConfirm={async () => {
        await api().DELETE('/models/{name}/versions/{version}', {
          params: { path: { name: it.name, version: it.version } },
        });
        follow(at(['models', it.name]));
        await cache.invalidateQueries({ queryKey: ['models'] });
      }}
    />
  );
}

/** Delete a model with all its versions, unless an endpoint serves one of them. */
export function DeleteModel({ model: it, serving, ...dialog }: Dialog & { model: Model }) {
  const cache = useQueryClient();
  const follow = useFollow();
  if (serving.length > 0) return <Served what="the model" serving={serving} {...dialog} />;
  return (
    <ConfirmByName
      {...dialog}
      name={it.name}
      verb="Delete"
      loss={`The model with its ${it.versions === 1 ? 'one version' : `${it.versions} versions`} and their files disappears and cannot be brought back. Their runs stay.`}
      onConfirm={async () => {
        await api().DELETE('/models/{name}', { params: { path: { name: it.name } } });
        follow(at(['models']));
        await cache.invalidateQueries({ queryKey: ['models'] });
      }}
    />
  );
}

function Served({ what, serving, opened, onClose }: Dialog & { what: string }) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Deployed, so ${what} stays`}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Text size="sm">Deploy another version there, or delete the endpoint first:</Text>
      <ul className={classes.plain}>
        {serving.map((name) => (
          <li key={name}>
            <Link href={at(['endpoints', name])}>{name}</Link>
          </li>
        ))}
      </ul>
    </Modal>
  );
}
