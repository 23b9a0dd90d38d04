import { Skeleton } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Axis } from '@/kit/charts/axis';
import { Curves } from '@/kit/charts/Curves';
import type { Curve } from '@/kit/charts/curves';
import { ErrorState } from '@/kit/ErrorState';
import { loadCurves, type ServedCurve } from './curveLoader';

export interface CurveRun {
  id: string;
  name: string;
  /** Colour: the same as in the tables of the page. */
  slot: number;
}

interface Props {
  metric: string;
  /** At most 200. */
  runs: readonly CurveRun[];
  axis: Axis;
  range?: readonly [number, number] | null;
  onRange?: ((range: [number, number] | null) => void) | undefined;
  smoothing?: number;
  log?: boolean;
  /** Charts with the same key share the cursor. */
  sync?: string;
  /** Milliseconds between two looks while a run goes on; 0: none. */
  refresh?: number;
  height?: number;
  title?: string;
  tools?: ReactNode;
  /** What a single run's series ends with, where that is no finite number. */
  last?: string | undefined;
}

const POINTS = 500;

/** One metric of some runs as a chart, asked for when it comes into view; a zoom asks again, for that part in full. */
export function MetricCurves(props: Props) {
  const { metric, runs, axis, range = null, smoothing = 0, log = false, refresh = 0, height = 220 } = props;
  const place = useRef<HTMLDivElement>(null);
  const seen = useSeen(place);
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const query = useQuery({
    queryKey: ['run-curves', ids, metric, axis, range],
    queryFn: () => {
      void import('@/kit/charts/plot').catch(() => undefined); // what draws them comes beside them
      return loadCurves({ runIds: ids, metric, axis, range, points: POINTS });
    },
    enabled: seen,
    refetchInterval: refresh > 0 && seen ? refresh : false,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });
  const last = range ? undefined : props.last;
  const curves = useMemo(
    () => curvesOf(query.data ?? [], runs, axis).map((curve) => (last ? { ...curve, last } : curve)),
    [query.data, runs, axis, last],
  );
  const total = (query.data ?? []).reduce((sum, curve) => sum + curve.total, 0);
  const title = props.title ?? metric;
  return (
    <div ref={place} style={{ minHeight: height + 80 }}>
      {query.error && !query.data ? (
        <ErrorState error={query.error} inline onRetry={() => void query.refetch()} />
      ) : query.data ? (
        <Curves
          title={title}
          curves={curves}
          xName={axis}
          totalPoints={total}
          logScale={log}
          height={height}
          smoothing={smoothing}
          range={range}
          onRange={props.onRange}
          tools={props.tools}
          {...(props.sync ? { sync: props.sync } : {})}
        />
      ) : (
        <Skeleton height={height + 76} radius="md" />
      )}
    </div>
  );
}

/** The server's curves as the charts want them: times in seconds, colours by run. */
export function curvesOf(served: readonly ServedCurve[], runs: readonly CurveRun[], axis: Axis): Curve[] {
  const known = new Map(runs.map((run) => [run.id, run]));
  return served.flatMap((curve) => {
    const run = known.get(curve.run_id);
    if (!run) return [];
    return {
      id: run.id,
      name: run.name,
      slot: run.slot,
      x: axis === 'time' ? curve.x.map((at) => at / 1000) : curve.x,
      y: curve.y,
      ...(curve.sampled ? { low: curve.low, high: curve.high } : {}),
    };
  });
}

/** Whether a part of the page was ever near the window: five hundred charts cost what a dozen do. */
function useSeen(place: React.RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (seen || !element) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: '400px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [seen, place]);
  return seen;
}
