import { afterEach, expect, test, vi } from 'vitest';
import { goLive, parseEvent, slicesOf } from './events';
import { queries } from './query';
import { follow, takeEvents } from './sse';

afterEach(() => vi.unstubAllGlobals());

test('an event cut in two chunks is delivered once, whole', () => {
  const first = takeEvents('id: 1\ndata: {"a"');
  expect(first.events).toEqual([]);
  const second = takeEvents(`${first.rest}:1}\n\n: still here\n\n`);
  expect(second.events).toEqual([{ id: '1', type: 'message', data: '{"a":1}' }]);
});

test('several data lines are one text, and retry is read', () => {
  const taken = takeEvents('retry: 1000\n: connected\n\nevent: end\ndata: a\ndata: b\n\n');
  expect(taken.retry).toBe(1000);
  expect(taken.events).toEqual([{ id: '', type: 'end', data: 'a\nb' }]);
});

function stream(...chunks: string[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

test('a lost stream is taken up after the last event', async () => {
  const asked: (string | undefined)[] = [];
  const stop = new AbortController();
  vi.stubGlobal('fetch', (_url: string, init: { headers: Record<string, string> }) => {
    asked.push(init.headers['last-event-id']);
    return Promise.resolve(stream(`retry: 1\nid: ${asked.length}\ndata: {}\n\n`));
  });
  const seen: string[] = [];
  await follow(
    '/x',
    { onEvent: (event) => (seen.push(event.id), seen.length === 3 && stop.abort()) },
    stop.signal,
  );
  expect(asked).toEqual([undefined, '1', '2']);
});

test('a refusal ends the stream and says why', async () => {
  vi.stubGlobal('fetch', () =>
    Promise.resolve(
      new Response(JSON.stringify({ title: 'Please sign in', status: 401, code: 'auth.unauthenticated' }), {
        status: 401,
        headers: { 'content-type': 'application/problem+json' },
      }),
    ),
  );
  const lost = vi.fn();
  await follow('/x', { onEvent: () => undefined, onLost: lost }, new AbortController().signal);
  expect(lost.mock.calls[0]?.[0]).toMatchObject({ status: 401, title: 'Please sign in' });
});

test('an event refreshes the slices of its noun', () => {
  expect(slicesOf('dataset.created')).toEqual(['datasets']);
  expect(slicesOf('run.state_changed')).toContain('experiments');
  expect(slicesOf('unknown.thing')).toEqual([]);
});

test('a feed line that is no event is ignored', () => {
  expect(parseEvent('not json')).toBeNull();
  expect(parseEvent('{"kind":"run.updated","subject":"r1"}')).toEqual({
    kind: 'run.updated',
    subject: 'r1',
    data: {},
  });
});

test('a tab that is told of the feed by another one also asks again for what it missed', async () => {
  vi.stubGlobal('fetch', () => new Promise(() => undefined)); // this tab does not get to read it
  const asked = vi.spyOn(queries, 'invalidateQueries').mockResolvedValue();
  const stop = new AbortController();
  goLive(stop.signal);
  const other = new BroadcastChannel('studiolo-live-default');
  const tell = (connected: boolean, since: number | null) =>
    other.postMessage({ kind: 'state', state: { connected, since } });
  tell(true, null);
  tell(false, 1000);
  tell(true, null);
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
  stop.abort();
  other.close();
});
