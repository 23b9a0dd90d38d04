import { ActionIcon, Button, Group, Progress, Text } from '@mantine/core';
import { bytes, count, duration } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { toastProblem } from '@/kit/ConfirmUndo';
import { DataGrid } from '@/kit/grid/DataGrid';
import type { GridColumn } from '@/kit/grid/types';
import { IconPlay, IconRefresh, IconStop, IconX } from '@/kit/icons';
import { Note } from '@/kit/Note';
import { removeFile } from '../wizard/wire';
import type { Item } from './queue';
import { useUploadState, type Upload } from './store';

const WORDS: Record<Item['state'], string> = {
  waiting: 'waiting',
  sending: 'sending',
  done: 'here',
  failed: 'failed',
  lost: 'choose it again',
};

/** What is sent, how far each file is, and what can be done about it. */
export function SentFiles({ upload }: { upload: Upload }) {
  const it = useUploadState(upload);
  if (it.files === 0) return null;
  const over = it.done === it.files;
  const share = it.bytes > 0 ? (100 * it.received) / it.bytes : over ? 100 : 0;
  const columns: GridColumn<Item>[] = [
    { id: 'path', header: 'File', width: 260, grow: true, value: (row) => row.path },
    {
      id: 'size',
      header: 'Size',
      align: 'right',
      width: 90,
      value: (row) => row.size,
      cell: (row) => bytes(row.size),
    },
    {
      id: 'state',
      header: 'State',
      width: 200,
      value: (row) => WORDS[row.state],
      cell: (row) =>
        row.error ??
        (row.state === 'sending' && row.received > 0
          ? `sending, ${Math.floor((100 * row.received) / row.size)}%`
          : WORDS[row.state]),
    },
    {
      id: 'do',
      header: 'Do',
      width: 56,
      sortable: false,
      value: () => null,
      cell: (row) => (
        <ActionIcon
          size={24}
          aria-label={`Leave out ${row.path}`}
          disabled={row.state === 'sending'}
          onClick={() =>
            void removeFile(upload.id, row.path)
              .catch((error: unknown) => {
                if (Problem.from(error).status !== 404) throw error;
              })
              .then(() => upload.remove(row.path))
              .catch(toastProblem)
          }
        >
          <IconX size={14} />
        </ActionIcon>
      ),
    },
  ];
  return (
    <>
      <div>
        <Progress value={share} aria-label="Upload" size={6} />
        <Group justify="space-between" mt="xs">
          <Text size="sm" role="status">
            {over
              ? `${count(it.files)} ${it.files === 1 ? 'file is' : 'files are'} here, ${bytes(it.bytes)}`
              : `${count(it.done)} of ${count(it.files)} files, ${bytes(it.received)} of ${bytes(it.bytes)}`}
            {it.rate ? ` · ${bytes(it.rate)}/s` : ''}
            {it.left !== null && !over ? ` · about ${duration(it.left)} left` : ''}
            {it.paused && !over ? ' · paused' : ''}
            {it.waiting && !it.paused ? ` · ${it.waiting}` : ''}
          </Text>
          <Group gap="xs">
            {it.failed > 0 ? (
              <Button
                variant="default"
                size="compact-sm"
                leftSection={<IconRefresh size={14} aria-hidden />}
                onClick={() => upload.retry()}
              >
                Try {count(it.failed)} again
              </Button>
            ) : null}
            {over ? null : it.paused ? (
              <Button
                variant="default"
                size="compact-sm"
                leftSection={<IconPlay size={14} aria-hidden />}
                onClick={() => upload.resume()}
              >
                Go on
              </Button>
            ) : (
              <Button
                variant="default"
                size="compact-sm"
                leftSection={<IconStop size={14} aria-hidden />}
                onClick={() => upload.pause()}
              >
                Pause
              </Button>
            )}
          </Group>
        </Group>
      </div>
      {it.lost > 0 ? (
        <Note
          title={`${count(it.lost)} ${it.lost === 1 ? 'file was' : 'files were'} not whole when the page was left`}
        >
          <div>Choose or drop the same files again: what is here already is not sent twice.</div>
        </Note>
      ) : null}
      <DataGrid
        label="Files to send"
        rows={it.items}
        columns={columns}
        rowKey={(row) => row.path}
        dense
        maxHeight="320px"
      />
    </>
  );
}
