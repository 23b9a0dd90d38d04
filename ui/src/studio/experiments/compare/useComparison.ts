import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo } from 'react';
import { passing, type ParallelAxis } from '@/kit/charts/parallel';
import { slotsOf } from '@/kit/RunSwatch';
import { axisOf } from './axes';
import { fieldsOf, type ComparedRun, type Field } from './fields';
import { MOST_RUNS } from './link';
import { comparedIn, comparison, keepSelection, renamed } from './queries';
import { brushesOf, readCompareSearch, tail, type Change, type CompareSearch } from './search';

const IN_ADDRESS = 24; // more ids than this are given a name
const NONE: string[] = [];

/** What every part of the page is drawn from. Runs are spoken of by their index in `runs`. */
export interface View {
  search: CompareSearch;
  change: Change;
  runs: readonly ComparedRun[];
  fields: readonly Field[];
  byId: ReadonlyMap<string, Field>;
  slots: ReadonlyMap<string, number>;
  /** Runs that are neither hidden nor brushed away, in the order of the sort. */
  shown: readonly number[];
  /** Runs that are not hidden. */
  kept: readonly number[];
  base: number | null;
  /** Put other runs beside each other. */
  setRuns: (ids: readonly string[]) => void;
}

export function useComparison() {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const key = JSON.stringify(raw);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `key` stands for the params, a new object at each look
  const search = useMemo(() => readCompareSearch(raw), [key]);
  const navigate = useNavigate();
  const change = useCallback<Change>(
    (next, replace = true) =>
      void navigate({ to: '.', search: (old: object) => ({ ...old, ...next }) as never, replace }),
    [navigate],
  );
  const named = search.runs ?? NONE;
  const leftOut = useMemo(() => [...new Set(named)].slice(MOST_RUNS), [named]);
  const wanted = useMemo(() => comparedIn(search.runs, search.set), [search.runs, search.set]);
  const statistic = search.stat ?? 'last';
  const query = useQuery(comparison(wanted, statistic));
  const found = wanted ? query.data : undefined;
  const ids = useMemo(
    () =>
      wanted && 'run_ids' in wanted
        ? wanted.run_ids
        : [...(found?.runs.map((run) => run.id) ?? []), ...(found?.missing ?? [])],
    [wanted, found],
  );

  const setRuns = useCallback(
    (next: readonly string[]) => {
      const chosen = [...new Set(next)].slice(0, MOST_RUNS);
      if (chosen.length <= IN_ADDRESS)
        change({ runs: chosen.length > 0 ? chosen : undefined, set: undefined }, false);
      else
        void keepSelection(chosen).then(
          ({ id }) => change({ set: id, runs: undefined }, false),
          () => change({ runs: chosen, set: undefined }, false), // a long address works too
        );
    },
    [change],
  );
  // a link with many ids becomes a short one, in place
  const long = (search.runs?.length ?? 0) > IN_ADDRESS && leftOut.length === 0;
  useEffect(() => {
    if (!long) return;
    let gone = false;
    keepSelection([...ids]).then(
      ({ id }) => {
        if (gone) return;
        renamed([...ids], id, statistic);
        change({ set: id, runs: undefined });
      },
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, [long, ids, statistic, change]);

  return { search, change, ids, wanted, leftOut, query, setRuns };
}

/** The runs and fields of an answer as this page shows them. */
export function useView(state: ReturnType<typeof useComparison>): View | null {
  const { search, change, query, wanted, setRuns } = state;
  const found = wanted ? query.data : undefined;
  const fields = useMemo(() => (found ? fieldsOf(found, found.statistic) : []), [found]);
  const byId = useMemo(() => new Map(fields.map((field) => [field.id, field])), [fields]);
  const slots = useMemo(() => slotsOf(found?.runs.map((run) => run.id) ?? []), [found]);
  const brushKey = search.brush;
  const axes = useMemo(() => {
    const brushes = brushesOf({ brush: brushKey });
    return Object.keys(brushes).flatMap((id): ParallelAxis[] => {
      const field = byId.get(id);
      return field ? [axisOf(field, false)] : [];
    });
  }, [brushKey, byId]);
  const hidden = search.hide?.join(',') ?? '';
  const kept = useMemo(() => {
    const gone = new Set(hidden.split(','));
    return (found?.runs ?? []).flatMap((run, index) => (gone.has(tail(run.id)) ? [] : [index]));
  }, [found, hidden]);
  const shown = useMemo(() => {
    const brushes = brushesOf({ brush: brushKey });
    return kept.filter((index) => passing(axes, brushes, index));
  }, [kept, axes, brushKey]);
  const base = found ? found.runs.findIndex((run) => search.base && run.id.endsWith(search.base)) : -1;
  if (!found) return null;
  return {
    search,
    change,
    runs: found.runs,
    fields,
    byId,
    slots,
    shown,
    kept,
    base: base < 0 ? null : base,
    setRuns,
  };
}
