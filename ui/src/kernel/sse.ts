import { problemOf } from './request';
import { Problem } from './problem';

export interface ServerEvent {
  id: string;
  type: string;
  data: string;
}

/** Cut complete events off the front of a buffer; the rest stays for the next chunk. */
export function takeEvents(buffer: string): {
  events: ServerEvent[];
  rest: string;
  retry: number | undefined;
} {
  const blocks = buffer.replaceAll('\r\n', '\n').split('\n\n');
  const rest = blocks.pop() ?? '';
  const events: ServerEvent[] = [];
  let retry: number | undefined;
  for (const block of blocks) {
    const event: ServerEvent = { id: '', type: 'message', data: '' };
    const lines: string[] = [];
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon === 0 || line === '') continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'data') lines.push(value);
      else if (field === 'event') event.type = value;
      else if (field === 'id') event.id = value;
      else if (field === 'retry') retry = Number(value);
    }
    event.data = lines.join('\n');
    if (lines.length > 0) events.push(event);
  }
  return { events, rest, retry };
}

interface Listener {
  onEvent: (event: ServerEvent) => void;
  onOpen?: () => void;
  onLost?: (problem: Problem) => void;
  /** The server ended the stream on purpose (a finished log): do not reconnect. */
  onEnd?: () => void;
}

/**
 * Follow a server-sent event stream until the signal aborts, reconnecting with Last-Event-ID.
 * Written on fetch, because EventSource hides the status (401, 404) and wants each event name in advance.
 */
export async function follow(url: string, listener: Listener, signal: AbortSignal): Promise<void> {
  let last = '';
  let wait = 500;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (last) headers['last-event-id'] = last;
      const response = await fetch(url, { headers, signal, credentials: 'same-origin', cache: 'no-store' });
      if (!response.ok) throw await problemOf(response);
      if (!response.body) throw Problem.unreachable(undefined);
      listener.onOpen?.();
      wait = 500;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let buffer = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const taken = takeEvents(buffer + value);
        buffer = taken.rest;
        if (taken.retry) wait = taken.retry;
        for (const event of taken.events) {
          if (event.id) last = event.id;
          listener.onEvent(event);
        }
      }
      if (listener.onEnd) {
        listener.onEnd();
        return;
      }
    } catch (cause) {
      if (signal.aborted) return;
      const problem = cause instanceof Problem ? cause : Problem.unreachable(cause);
      listener.onLost?.(problem);
      if (problem.status >= 400 && problem.status < 500) return;
    }
    await new Promise((resolve) => setTimeout(resolve, wait + Math.random() * 200));
    wait = Math.min(wait * 2, 15_000);
  }
}
