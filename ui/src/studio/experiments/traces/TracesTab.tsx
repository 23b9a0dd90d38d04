import type { RunSearch } from '../run/search';
import { TraceTable } from './TraceTable';

interface Props {
  runId: string;
  search: RunSearch;
  change: (next: RunSearch) => void;
}

/** The traces of a run: made in it, or linked to it. */
export function TracesTab({ runId, search, change }: Props) {
  const { q, filter, sort } = search;
  return (
    <TraceTable
      wanted={{ run: runId, q, filter, sort }}
      onChange={(next) =>
        change({
          ...('q' in next ? { q: next.q } : {}),
          ...('filter' in next ? { filter: next.filter } : {}),
          ...('sort' in next ? { sort: next.sort } : {}),
        })
      }
    />
  );
}
