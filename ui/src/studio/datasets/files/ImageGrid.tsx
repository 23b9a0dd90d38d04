import { Button, Group } from '@mantine/core';
import type { ReactNode } from 'react';
import { IconFile, IconFolder } from '@/kit/icons';
import type { DatasetVersion } from '../types';
import { lookOf, nameOf } from './look';
import { fileUrl, type VersionFile } from './queries';
import classes from '../datasets.module.css';

interface Props {
  version: DatasetVersion;
  files: readonly VersionFile[];
  open: string | undefined;
  onOpen: (file: VersionFile) => void;
  /** There are more. */
  onMore: (() => void) | undefined;
  tools: ReactNode;
}

/** Pictures beside each other; each is fetched when it comes near the screen. */
export function ImageGrid({ version, files, open, onOpen, onMore, tools }: Props) {
  return (
    <div>
      <Group gap="sm" mb="sm">
        {tools}
      </Group>
      <div className={classes.images}>
        {files.map((file) => (
          <button
            key={file.path}
            type="button"
            aria-pressed={file.path === open}
            title={file.path}
            onClick={() => onOpen(file)}
          >
            {file.folder ? (
              <IconFolder size={48} stroke={1} aria-hidden />
            ) : lookOf(file.path) === 'image' ? (
              <img src={fileUrl(version, file.path)} alt="" loading="lazy" decoding="async" />
            ) : (
              <IconFile size={48} stroke={1} aria-hidden />
            )}
            <span>{nameOf(file.path)}</span>
          </button>
        ))}
      </div>
      {onMore ? (
        <Button variant="default" mt="md" onClick={onMore}>
          Show more
        </Button>
      ) : null}
    </div>
  );
}
