import { Button, Group, Text } from '@mantine/core';
import { useRef } from 'react';
import { bytes, count } from '@/kernel/format';
import { apiUrl } from '@/kernel/workspace';
import { upload } from '@/kernel/upload';
import type { JobSpec } from './spec';

interface Props {
  files: File[] | null;
  kept: number;
  onFiles: (files: File[] | null) => void;
}

/** The code that the command starts in: files or a folder of this computer, else what the run it is made from had. */
export function CodeFiles({ files, kept, onFiles }: Props) {
  const some = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const chosen = (list: FileList | null) => onFiles(list && list.length > 0 ? [...list] : null);
  const size = (files ?? []).reduce((sum, file) => sum + file.size, 0);
  return (
    <Group gap="sm">
      <Button variant="default" onClick={() => folder.current?.click()}>
        Choose a folder
      </Button>
      <Button variant="default" onClick={() => some.current?.click()}>
        Choose files
      </Button>
      <Text size="sm" role="status">
        {files
          ? `${count(files.length)} files, ${bytes(size)}`
          : kept > 0
            ? `${count(kept)} files of the run it is made from`
            : 'No code: the command alone'}
      </Text>
      {files ? (
        <Button variant="subtle" onClick={() => onFiles(null)}>
          {kept > 0 ? 'Keep the old ones' : 'Remove'}
        </Button>
      ) : null}
      <input
        ref={some}
        type="file"
        multiple
        hidden
        aria-label="Files of the code"
        onChange={(event) => chosen(event.currentTarget.files)}
      />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder of the code"
        {...{ webkitdirectory: '' }}
        onChange={(event) => chosen(event.currentTarget.files)}
      />
    </Group>
  );
}

const LEFT_OUT = /(^|\/)(\.git|__pycache__|\.venv|venv|node_modules|\.ipynb_checkpoints)\//;

/** Send files; a folder's own name is not part of their paths. */
export async function sendCode(files: readonly File[], signal: AbortSignal): Promise<JobSpec['code']> {
  const sent: NonNullable<JobSpec['code']> = [];
  for (const file of files) {
    const path = file.webkitRelativePath ? file.webkitRelativePath.split('/').slice(1).join('/') : file.name;
    if (LEFT_OUT.test(`/${path}`)) continue;
    const stored = await upload<{ digest: string }>(
      apiUrl('/experiments/files'),
      file,
      () => undefined,
      signal,
    );
    sent.push({ path, digest: stored.digest, manifest: false });
  }
  return sent;
}
