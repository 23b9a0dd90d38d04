import { Button, Group, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { bytes, count } from '@/kernel/format';
import { toastProblem } from '@/kit/ConfirmUndo';
import { Note } from '@/kit/Note';
import { Time } from '@/kit/Time';
import { endUpload } from '../upload/store';
import { cancelSession, sessions } from './wire';

/** Uploads that were begun and not ended: they can be gone on with. */
export function Unfinished({ onSession }: { onSession: (session: string) => void }) {
  const found = useQuery(sessions);
  const cache = useQueryClient();
  const open = (found.data ?? []).filter((one) => one.state === 'open' && one.files > 0);
  if (open.length === 0) return null;
  const drop = (id: string) => {
    endUpload(id);
    void cancelSession(id)
      .then(() => cache.invalidateQueries({ queryKey: sessions.queryKey }))
      .catch(toastProblem);
  };
  return (
    <Note title={open.length === 1 ? 'An upload is not finished' : `${open.length} uploads are not finished`}>
      {open.slice(0, 5).map((one) => (
        <Group key={one.id} gap="sm">
          <Text size="sm">
            {count(one.files_complete)} of {count(one.files)} files, {bytes(one.bytes_received)} of{' '}
            {bytes(one.bytes)}, begun <Time at={one.created_at} />
          </Text>
          <Button variant="default" size="compact-sm" onClick={() => onSession(one.id)}>
            Go on with it
          </Button>
          <Button variant="subtle" size="compact-sm" onClick={() => drop(one.id)}>
            Give it up
          </Button>
        </Group>
      ))}
    </Note>
  );
}
