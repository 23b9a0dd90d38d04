import { useMemo, useSyncExternalStore } from 'react';
import { bytes, count, duration } from '@/kernel/format';
import { uploadOf } from '../upload/store';
import type { Choice } from './search';

const NOTHING = { watch: () => () => undefined, look: () => null };

/** How far the files of an upload are; of other sources nothing has to be waited for. */
export function useSent(choice: Choice): {
  files: number;
  first: string | undefined;
  whole: boolean;
  words: string;
} {
  const session = choice.from === undefined ? choice.session : undefined;
  const upload = useMemo(() => (session ? uploadOf(session) : NOTHING), [session]);
  const it = useSyncExternalStore(upload.watch, upload.look);
  if (!it) return { files: 0, first: undefined, whole: choice.from !== undefined, words: '' };
  const whole = it.files > 0 && it.done === it.files;
  const words =
    it.failed > 0
      ? `${count(it.failed)} files failed: try them again, or leave them out`
      : it.lost > 0
        ? `${count(it.lost)} files have to be chosen again`
        : `Still sending: ${bytes(it.received)} of ${bytes(it.bytes)}${it.left === null ? '' : `, about ${duration(it.left)} left`}`;
  return { files: it.files, first: it.items[0]?.path, whole, words };
}
