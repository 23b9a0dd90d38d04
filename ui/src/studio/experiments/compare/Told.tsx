import { Button, Group, Pill, Text } from '@mantine/core';
import { count } from '@/kernel/format';
import { without, writeBrushes } from '@/kit/charts/parallel';
import { Note } from '@/kit/Note';
import { MOST_RUNS } from './link';
import { brushesOf } from './search';
import type { useComparison, View } from './useComparison';
import classes from './compare.module.css';

/** What is not as one may think: runs left out, missing, deleted, hidden, brushed away. */
export function Told({ view, state }: { view: View; state: ReturnType<typeof useComparison> }) {
  const { runs, kept, shown, search, change, byId } = view;
  const { missing = [] } = state.query.data ?? {};
  const deleted = runs.filter((run) => run.lifecycle === 'deleted').length;
  const brushes = brushesOf(search);
  const drop = (id: string) => {
    change({ brush: writeBrushes(without(brushes, id)) });
  };
  const nothing =
    state.leftOut.length + missing.length + deleted + Object.keys(brushes).length === 0 &&
    runs.length !== 1 &&
    kept.length === runs.length;
  if (nothing) return null;
  return (
    <div className={classes.told}>
      {state.leftOut.length > 0 ? (
        <Note tone="warning" title={`The last ${count(state.leftOut.length)} runs are left out`}>
          The link names {count(MOST_RUNS + state.leftOut.length)}; {MOST_RUNS} are compared at once. Left
          out: {state.leftOut.slice(0, 3).join(', ')}
          {state.leftOut.length > 3 ? ', …' : ''}
        </Note>
      ) : null}
      {missing.length > 0 ? (
        <Note
          tone="warning"
          title={`${missing.length === 1 ? 'One run is' : `${count(missing.length)} runs are`} not in this workspace`}
        >
          Deleted for good, or of another workspace: {missing.slice(0, 3).join(', ')}
          {missing.length > 3 ? ', …' : ''}.{' '}
          <Button variant="subtle" onClick={() => view.setRuns(runs.map((run) => run.id))}>
            Compare the others
          </Button>
        </Note>
      ) : null}
      {runs.length === 1 ? (
        <Note title="One run alone">All of it is shown. Add others to see what differs.</Note>
      ) : null}
      <Group gap="xs">
        {deleted > 0 ? (
          <Text size="sm" c="dimmed">
            {count(deleted)} of them {deleted === 1 ? 'is' : 'are'} deleted.
          </Text>
        ) : null}
        {kept.length < runs.length ? (
          <Pill
            withRemoveButton
            removeButtonProps={{ 'aria-label': 'Show all runs', 'aria-hidden': false, tabIndex: 0 }}
            onRemove={() => change({ hide: undefined })}
          >
            {count(runs.length - kept.length)} hidden
          </Pill>
        ) : null}
        {Object.keys(brushes).map((id) => (
          <Pill
            key={id}
            withRemoveButton
            removeButtonProps={{
              'aria-label': `No limit on ${byId.get(id)?.key ?? id}`,
              'aria-hidden': false,
              tabIndex: 0,
            }}
            onRemove={() => drop(id)}
          >
            {byId.get(id)?.key ?? id} {wordsOf(brushes[id])}
          </Pill>
        ))}
        {shown.length < kept.length ? (
          <Text size="sm" c="dimmed">
            {count(shown.length)} of {count(kept.length)} runs pass.
          </Text>
        ) : null}
      </Group>
    </div>
  );
}

function wordsOf(brush: ReturnType<typeof brushesOf>[string] | undefined): string {
  if (!brush) return '';
  return 'only' in brush ? brush.only.join(', ') : `${brush.low} to ${brush.high}`;
}
