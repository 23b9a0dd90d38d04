import type { Span } from './queries';

export interface Placed {
  span: Span;
  depth: number;
  children: number;
}

/**
 * Spans as rows of a tree: children under their parent, by start. A span whose parent is not here (it may still
 * come, or was never sent) stands at the top; a circle is broken at its first span. `closed` hides what is below.
 */
export function placed(spans: readonly Span[], closed: ReadonlySet<string>): Placed[] {
  const known = new Set(spans.map((span) => span.id));
  const below = new Map<string | null, Span[]>();
  for (const span of spans) {
    const parent = span.parent && known.has(span.parent) && span.parent !== span.id ? span.parent : null;
    below.set(parent, [...(below.get(parent) ?? []), span]);
  }
  const rows: Placed[] = [];
  const seen = new Set<string>();
  const visit = (span: Span, depth: number, shown: boolean) => {
    if (seen.has(span.id)) return;
    seen.add(span.id);
    const children = below.get(span.id) ?? [];
    if (shown) rows.push({ span, depth, children: children.length });
    for (const child of children) visit(child, depth + 1, shown && !closed.has(span.id));
  };
  for (const span of below.get(null) ?? []) visit(span, 0, true);
  for (const span of spans) visit(span, 0, true);
  return rows;
}

/** From where to where a trace goes on, in milliseconds since its start; a span that goes on has no end yet. */
export function extent(spans: readonly Span[], duration: number | null | undefined): [number, number] {
  let low = 0;
  let high = duration ?? 0;
  for (const span of spans) {
    low = Math.min(low, span.offset_ms);
    high = Math.max(high, span.offset_ms + (span.duration_ms ?? 0));
  }
  return [low, high > low ? high : low + 1];
}

/** A value as text to read: text stays, the rest is JSON. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
