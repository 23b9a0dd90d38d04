import { bytes, count } from '@/kernel/format';
import type { FileProfile } from './queries';

/** A bin of sizes in words. */
export function bin(low: number, high: number | null): string {
  if (high === 1) return 'Empty';
  return high === null ? `${bytes(low)} and more` : `${bytes(low)} – ${bytes(high)}`;
}

export function range(found: { low: number; median: number; high: number } | null | undefined): string {
  if (!found) return '';
  if (found.low === found.high) return count(found.low);
  return `${count(found.low)} – ${count(found.high)}, half below ${count(found.median)}`;
}

/** Names with how often each is there, most first. */
export function shares(found: Readonly<Record<string, number>>): string {
  return Object.entries(found)
    .sort((one, other) => other[1] - one[1])
    .slice(0, 8)
    .map(([name, many]) => `${name} ${count(many)}`)
    .join(', ');
}

/** What somebody should know before these files are used. */
export function things(profile: FileProfile): string[] {
  const found: string[] = [];
  const named = (paths: readonly string[], all: number) =>
    `${paths.slice(0, 3).join(', ')}${all > 3 ? ', …' : ''}`;
  if (profile.empty)
    found.push(`${count(profile.empty)} empty: ${named(profile.first_empty, profile.empty)}`);
  if (profile.images?.damaged)
    found.push(
      `${count(profile.images.damaged)} ${profile.images.damaged > 1 ? 'images' : 'image'} cannot be shown: ${named(
        profile.images.first_damaged.map((one) => one.path),
        profile.images.damaged,
      )}`,
    );
  if (profile.misnamed)
    found.push(
      `${count(profile.misnamed)} ${profile.misnamed > 1 ? 'are not what their names say' : 'is not what its name says'}: ${named(
        profile.first_misnamed.map((one) => `${one.path} (${one.note})`),
        profile.misnamed,
      )}`,
    );
  if (profile.repeated)
    found.push(
      `${count(profile.repeated)} ${profile.repeated > 1 ? 'repeat' : 'repeats'} the bytes of another (${bytes(profile.repeated_bytes)}): ${named(
        profile.first_repeated.map((one) => one.paths.slice(0, 2).join(' = ')),
        profile.first_repeated.length,
      )}`,
    );
  return found;
}
