import { between, duration } from '@/kernel/format';
import { statusOf } from '@/kit/status';
import type { Step } from '../queries';
import { partText, titleOf } from '../words';

/** The parts of each step's key, by path. */
export type Parts = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Difference {
  what: string;
  first: string;
  second: string;
}

/** A step in one run or in both. */
export interface Pair {
  path: string;
  title: string;
  first: Step | undefined;
  second: Step | undefined;
  /** Empty: the same in both. */
  differences: Difference[];
}

const NONE = '–';
const NOTICED = 1.25; // times longer, and
const NOTICED_S = 1; // so many seconds longer, to be worth a word

/** Both runs' steps side by side, in the order of the first; those that only the second has stand after what they follow. */
export function pairsOf(first: readonly Step[], second: readonly Step[], parts: [Parts, Parts]): Pair[] {
  const others = new Map(second.map((step) => [step.path, step]));
  const known = new Set(first.map((step) => step.path));
  const after = new Map<string, Step[]>();
  let last = '';
  for (const step of second) {
    if (known.has(step.path)) last = step.path;
    else after.set(last, [...(after.get(last) ?? []), step]);
  }
  const pair = (one: Step | undefined, other: Step | undefined): Pair => {
    const some = one ?? other;
    return {
      path: some?.path ?? '',
      title: some ? titleOf(some) : '',
      first: one,
      second: other,
      differences: differencesOf(one, other, parts),
    };
  };
  const added = (path: string) => (after.get(path) ?? []).map((step) => pair(undefined, step));
  return [...added(''), ...first.flatMap((step) => [pair(step, others.get(step.path)), ...added(step.path)])];
}

function differencesOf(
  first: Step | undefined,
  second: Step | undefined,
  [before, now]: [Parts, Parts],
): Difference[] {
  if (!first || !second)
    return [
      {
        what: first ? 'only in the first' : 'only in the second',
        first: first ? 'there' : NONE,
        second: second ? 'there' : NONE,
      },
    ];
  const found: Difference[] = [];
  const say = (what: string, one: string, other: string) => {
    if (one !== other) found.push({ what, first: one, second: other });
  };
  say('state', stateOf(first), stateOf(second));
  const others = textsOf(before[first.path] ?? {}, now[second.path] ?? {});
  found.push(
    ...others.map((one) => ({
      what: one.what,
      first: partText(one.what, one.first),
      second: partText(one.what, one.second),
    })),
  );
  say('component', first.component || NONE, second.component || NONE);
  say('compute', first.compute || NONE, second.compute || NONE);
  const [took, takes] = [ran(first), ran(second)];
  if (took !== null && takes !== null && noticed(took, takes))
    say('duration', duration(took), duration(takes));
  return found;
}

/** Texts by name that are not the same on both sides. */
export function textsOf(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Difference[] {
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].flatMap((name) => {
    const [first, second] = [before[name] ?? NONE, now[name] ?? NONE];
    return first === second ? [] : [{ what: name, first, second }];
  });
}

const stateOf = (step: Step) => statusOf(step.state).word;

/** Seconds of work; null for a step that took its result from elsewhere or has not ended. */
function ran(step: Step): number | null {
  return step.state === 'Reused' || !step.ended_at ? null : between(step.started_at, step.ended_at);
}

function noticed(one: number, other: number): boolean {
  const [less, more] = one < other ? [one, other] : [other, one];
  return more - less > NOTICED_S && more > less * NOTICED;
}
