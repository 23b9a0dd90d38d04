import { bytes } from '@/kernel/format';

interface Room {
  cores: number;
  cores_free: number;
  memory_bytes: number;
  memory_reserved_bytes: number;
}
interface Wish {
  cores?: number;
  memory_bytes?: number;
}

/** Why a job does not start yet, in one sentence. */
export function whyQueued(wish: Wish, room: Room, ahead: number): string {
  const cores = wish.cores ?? 1;
  const memory = wish.memory_bytes ?? 0;
  const free = room.memory_bytes - room.memory_reserved_bytes;
  const noun = (count: number) => (count === 1 ? 'core' : 'cores');
  if (cores > room.cores)
    return `Wants ${cores} ${noun(cores)}; this machine gives jobs ${room.cores}. It cannot start here.`;
  if (memory > room.memory_bytes)
    return `Wants ${bytes(memory)}; this machine gives jobs ${bytes(room.memory_bytes)}. It cannot start here.`;
  if (cores > room.cores_free)
    return `Wants ${cores} ${noun(cores)}; ${room.cores_free} of ${room.cores} are free.`;
  if (memory > free) return `Wants ${bytes(memory)} of memory; ${bytes(free)} are not reserved.`;
  return ahead > 0
    ? `Waits for the ${ahead === 1 ? 'job' : `${ahead} jobs`} before it.`
    : 'Starts in a moment.';
}
