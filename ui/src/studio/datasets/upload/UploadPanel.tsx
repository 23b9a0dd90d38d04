import { Button, Group, Text } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import { counted } from '@/kernel/format';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconUpload } from '@/kit/icons';
import { ofDrop, ofInput, withoutCommonFolder, type Gathered } from './gather';
import { SentFiles } from './SentFiles';
import { startUpload, uploadOf } from './store';
import classes from './upload.module.css';

interface Props {
  session: string | undefined;
  kind: 'tabular' | 'file';
  onSession: (id: string) => void;
  disabled?: boolean;
}

/** Files and folders on their way in: dropped or chosen, paused, gone on with, also after the page was loaded anew. */
export function UploadPanel({ session, kind, onSession, disabled = false }: Props) {
  const upload = useMemo(() => (session ? uploadOf(session) : null), [session]);
  const [busy, setBusy] = useState('');
  const add = async (gather: () => Promise<Gathered[]> | Gathered[]) => {
    setBusy('Looking for files');
    try {
      const found = withoutCommonFolder(await gather());
      if (found.length === 0) return;
      const target = upload ?? (await startUpload(kind));
      if (!upload) onSession(target.id);
      setBusy(`Announcing ${counted(found.length, 'file')}`);
      await target.add(found);
    } catch (error) {
      toastProblem(error);
    } finally {
      setBusy('');
    }
  };
  return (
    <div className={classes.panel}>
      <Drop
        busy={busy}
        disabled={disabled}
        onGather={(gather) => void add(gather)}
        onCount={(files) => setBusy(`${counted(files, 'file')} found`)}
      />
      {upload ? <SentFiles upload={upload} /> : null}
    </div>
  );
}

interface DropProps {
  busy: string;
  disabled: boolean;
  onGather: (gather: () => Promise<Gathered[]> | Gathered[]) => void;
  onCount: (files: number) => void;
}

function Drop({ busy, disabled, onGather, onCount }: DropProps) {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  useEffect(() => {
    folder.current?.setAttribute('webkitdirectory', ''); // React does not know it
  }, []);
  const take = (input: HTMLInputElement) => {
    const found = ofInput(input.files);
    input.value = '';
    onGather(() => found);
  };
  return (
    <div
      className={classes.drop}
      data-over={over || undefined}
      role="group"
      aria-label="Files of the dataset"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const { dataTransfer } = event;
        // what was dropped is asked for at once: the browser forgets it when this handler has ended
        const gathered = ofDrop(dataTransfer, onCount);
        if (!disabled) onGather(() => gathered);
      }}
    >
      <IconUpload size={24} aria-hidden />
      <Text size="sm" role="status">
        {busy || 'Drop files or folders here'}
      </Text>
      <Group gap="sm" justify="center">
        <Button variant="default" disabled={disabled} onClick={() => files.current?.click()}>
          Choose files
        </Button>
        <Button variant="default" disabled={disabled} onClick={() => folder.current?.click()}>
          Choose a folder
        </Button>
      </Group>
      <Text size="xs" c="dimmed">
        Any size, any number. Sending goes on while you look at other pages, and where it stopped after a
        break.
      </Text>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files"
        onChange={(event) => take(event.currentTarget)}
      />
      <input
        ref={folder}
        type="file"
        hidden
        aria-label="Folder"
        onChange={(event) => take(event.currentTarget)}
      />
    </div>
  );
}
