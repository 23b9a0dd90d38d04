import { api, data } from '@/kernel/request';
import type { components } from '@/kernel/schema';
import type { Axis } from '@/kit/charts/axis';

export type ServedCurve = components['schemas']['Curve'];

export interface CurveQuestion {
  runIds: readonly string[];
  metric: string;
  axis: Axis;
  /** Part of the axis, in its unit as the charts have it (time in seconds). */
  range: readonly [number, number] | null;
  points: number;
}

interface Waiting {
  question: CurveQuestion;
  resolve: (curves: ServedCurve[]) => void;
  reject: (error: unknown) => void;
}

const MOST_METRICS = 50; // of one request
const GATHER_MS = 15;
const waiting = new Map<string, Waiting[]>();

/** Ask for a metric's curves; what is asked within a moment about the same runs and range goes in one request. */
export function loadCurves(question: CurveQuestion): Promise<ServedCurve[]> {
  const key = JSON.stringify([question.runIds, question.axis, question.range, question.points]);
  return new Promise((resolve, reject) => {
    const group = waiting.get(key);
    if (group) group.push({ question, resolve, reject });
    else {
      waiting.set(key, [{ question, resolve, reject }]);
      setTimeout(() => {
        const asked = waiting.get(key) ?? [];
        waiting.delete(key);
        for (let at = 0; at < asked.length; at += MOST_METRICS) void send(asked.slice(at, at + MOST_METRICS));
      }, GATHER_MS);
    }
  });
}

async function send(asked: readonly Waiting[]): Promise<void> {
  const first = asked[0]?.question;
  if (!first) return;
  const unit = first.axis === 'time' ? 1000 : 1; // the server has milliseconds
  try {
    const { curves } = await data(
      api().POST('/experiments/curves', {
        body: {
          run_ids: [...first.runIds],
          metrics: [...new Set(asked.map((one) => one.question.metric))],
          x: first.axis,
          low: first.range ? first.range[0] * unit : null,
          high: first.range ? first.range[1] * unit : null,
          points: first.points,
          brief: false,
        },
      }),
    );
    for (const one of asked) one.resolve(curves.filter((curve) => curve.metric === one.question.metric));
  } catch (error) {
    for (const one of asked) one.reject(error);
  }
}
