import { list, oneOf, text } from '@/kernel/search';

type Raw = Record<string, unknown>;

export const STEPS = ['source', 'format', 'schema', 'about'] as const;
export type Step = (typeof STEPS)[number];
export const SOURCES = ['upload', 'datastore', 'sql', 'url', 'run'] as const;
export type SourceKind = (typeof SOURCES)[number];

/** All that the wizard knows is in its address: Back loses nothing, and a link shows the same. */
export interface Choice {
  step?: Step | undefined;
  from?: SourceKind | undefined;
  /** `file`: kept as they are, not read as a table. */
  kind?: 'tabular' | 'file' | undefined;
  session?: string | undefined;
  datastore?: string | undefined;
  path?: string | undefined;
  glob?: string | undefined;
  query?: string | undefined;
  url?: string | undefined;
  run?: string | undefined;
  unpack?: string | undefined;
  read?: string | undefined;
  name?: string | undefined;
  description?: string | undefined;
  tags?: string[] | undefined;
  mode?: 'managed' | 'referenced' | undefined;
  unreadable?: 'refuse' | 'skip' | undefined;
  /** The registration that is at work. */
  job?: string | undefined;
}

export function readChoice(raw: Raw): Choice {
  return {
    step: oneOf(raw, 'step', STEPS),
    from: oneOf(raw, 'from', SOURCES),
    kind: oneOf(raw, 'kind', ['tabular', 'file']),
    session: text(raw, 'session'),
    datastore: text(raw, 'datastore'),
    path: text(raw, 'path'),
    glob: text(raw, 'glob'),
    query: text(raw, 'query'),
    url: text(raw, 'url'),
    run: text(raw, 'run'),
    unpack: text(raw, 'unpack'),
    read: text(raw, 'read'),
    name: text(raw, 'name'),
    description: text(raw, 'description'),
    tags: list(raw, 'tags'),
    mode: oneOf(raw, 'mode', ['managed', 'referenced']),
    unreadable: oneOf(raw, 'unreadable', ['refuse', 'skip']),
    job: text(raw, 'job'),
  };
}
