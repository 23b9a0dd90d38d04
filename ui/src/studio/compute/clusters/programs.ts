import type { components } from '@/kernel/schema';

type Kept = components['schemas']['Scripts-Output'];

/** What the form of programs holds: their words as one writes them into a shell. */
export type Programs = Omit<Kept, 'resume' | 'suspend'> & { resume: string; suspend: string };

export const NO_PROGRAMS: Programs = {
  resume: '',
  suspend: '',
  key: '',
  user: '',
  port: 22,
  host_key: '',
  folder: '~/.studiolo-runner',
  python: 'python3',
  resume_seconds: 600,
  suspend_seconds: 300,
  silent_seconds: 300,
};

/** The words of a program as one text that a shell would split again. */
export function asText(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`))
    .join(' ');
}

export function programsOf(kept: Kept | null | undefined): Programs {
  if (!kept) return NO_PROGRAMS;
  return { ...NO_PROGRAMS, ...kept, resume: asText(kept.resume), suspend: asText(kept.suspend) };
}
