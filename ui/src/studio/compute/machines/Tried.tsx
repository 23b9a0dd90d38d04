import { Button } from '@mantine/core';
import { bytes } from '@/kernel/format';
import { Note } from '@/kit/Note';
import type { MachineCheck } from './queries';

/** The pin that an answer shows, to be compared and taken over. */
export function shownKey(check: MachineCheck): string | null {
  return check.code === 'ssh.host_key' ? (/SHA256:\S+$/.exec(check.hint ?? '')?.[0] ?? null) : null;
}

interface Props {
  check: MachineCheck;
  /** Takes over the host key that the machine shows. */
  onKey?: (key: string) => void;
}

/** What came of trying to reach a machine, with the cause and what to do. */
export function Tried({ check, onKey }: Props) {
  if (check.ok)
    return (
      <Note tone="good" title={`It answers (${Math.round(check.milliseconds ?? 0)} ms).`}>
        <div>
          {[
            `${check.host}: ${check.system}`,
            check.python ? `Python ${check.python}` : '',
            `${check.cores} cores`,
            bytes(check.memory_bytes ?? 0),
            check.disk_free_bytes ? `${bytes(check.disk_free_bytes)} free on disk` : '',
          ]
            .filter(Boolean)
            .join(', ')}
          .
        </div>
      </Note>
    );
  const key = shownKey(check);
  return (
    <Note tone="warning" title={check.cause ?? 'It does not answer.'}>
      <div>{check.hint}</div>
      {key && onKey ? (
        <Button size="compact-sm" variant="default" mt="xs" onClick={() => onKey(key)}>
          I have compared it: pin this key
        </Button>
      ) : null}
    </Note>
  );
}
