import { useEffect, useSyncExternalStore } from 'react';
import { queries } from './query';
import { follow } from './sse';
import { apiUrl, workspace } from './workspace';

/** One row of the outbox, as the feed sends it. */
export interface StudioEvent {
  kind: string; // "dataset.created", "run.updated"
  subject: string; // id or name of the thing
  data: Record<string, unknown>;
}

// The first word of an event's kind names the noun; each noun belongs to one slice of query keys.
const SLICES: Record<string, readonly string[]> = {
  dataset: ['datasets'],
  monitor: ['monitors'],
  notice: ['notices'],
  mail: ['mail'],
  run: ['experiments', 'automl', 'compute'],
  schedule: ['schedules'],
  published: ['published'],
  experiment: ['experiments'],
  environment: ['environments'],
  trace: ['experiments'],
  webhook: ['webhooks'],
  secret: ['secrets'],
  automl: ['automl'],
  model: ['models'],
  endpoint: ['endpoints'],
  deployment: ['endpoints'],
  compute: ['compute'],
  datastore: ['datastores'],
};

export function slicesOf(kind: string): readonly string[] {
  const noun = kind.split(/[._]/, 1)[0] ?? '';
  return SLICES[noun] ?? SLICES[noun.replace(/s$/, '')] ?? [];
}

type Handler = (event: StudioEvent) => void;
const handlers = new Set<Handler>();

// Refetch at most every 400 ms per slice, however many events arrive.
const due = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;
function invalidateSoon(slices: readonly string[]): void {
  for (const slice of slices) due.add(slice);
  timer ??= setTimeout(() => {
    timer = undefined;
    for (const slice of due) void queries.invalidateQueries({ queryKey: [slice] });
    due.clear();
  }, 400);
}

export function deliver(event: StudioEvent): void {
  for (const handler of handlers) handler(event);
  invalidateSoon(slicesOf(event.kind));
}

/** Call `handler` on each event of the page's interest; queries refresh by themselves. */
export function useStudioEvent(handler: Handler): void {
  useEffect(() => {
    handlers.add(handler);
    return () => void handlers.delete(handler);
  }, [handler]);
}

export interface LiveState {
  connected: boolean;
  /** When the feed was lost; null while it stands. */
  since: number | null;
}

let state: LiveState = { connected: false, since: null };
const watchers = new Set<() => void>();
function setState(next: LiveState): void {
  if (next.connected === state.connected && next.since === state.since) return;
  const back = next.connected && state.since !== null;
  state = next;
  if (back) void queries.invalidateQueries(); // what happened meanwhile may be older than the feed keeps
  for (const watcher of watchers) watcher();
}
export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    () => state,
  );
}

type Shared = { kind: 'event'; event: StudioEvent } | { kind: 'state'; state: LiveState };

export function parseEvent(text: string): StudioEvent | null {
  try {
    const body = JSON.parse(text) as Partial<StudioEvent>;
    return typeof body.kind === 'string' ? { subject: '', data: {}, ...body, kind: body.kind } : null;
  } catch {
    return null;
  }
}

/**
 * Keep the page live: one event stream for all tabs of this browser. The tab that holds the lock reads the
 * stream and tells the others; when it closes, the next takes over (HTTP/1.1 allows six connections a host).
 * Without the lock API (plain http on another host) each tab reads for itself.
 */
export function goLive(signal: AbortSignal): void {
  const name = `studiolo-live-${workspace()}`;
  const channel = new BroadcastChannel(name);
  channel.onmessage = (message: MessageEvent<Shared>) => {
    if (message.data.kind === 'event') deliver(message.data.event);
    else setState(message.data.state);
  };
  signal.addEventListener('abort', () => channel.close());
  const share = (shared: Shared) => {
    if (!signal.aborted) channel.postMessage(shared);
  };
  const become = (next: LiveState) => {
    setState(next);
    share({ kind: 'state', state: next });
  };
  let lost = false;
  const lead = () =>
    follow(
      apiUrl('/events'),
      {
        onOpen: () => {
          become({ connected: true, since: null });
          lost = false;
        },
        onLost: () => {
          if (!lost) become({ connected: false, since: Date.now() });
          lost = true;
        },
        onEvent: ({ data }) => {
          const event = parseEvent(data);
          if (!event) return;
          deliver(event);
          share({ kind: 'event', event });
        },
      },
      signal,
    );
  if ('locks' in navigator) void navigator.locks.request(name, { signal }, lead).catch(() => undefined);
  else void lead();
}
