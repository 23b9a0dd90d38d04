import { Button } from '@mantine/core';
import { useState } from 'react';
import { count } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { Link } from '@/kit/Link';
import { MOST_RUNS } from './link';
import { RunPicker } from './RunPicker';
import classes from './compare.module.css';

const CODE = {
  'Command line': 'studiolo experiments compare RUN RUN --baseline RUN',
  Python:
    'import pandas as pd\nfrom studiolo import Studio\n\nfound = Studio().experiments.compare([run_id, other_run_id])\npd.DataFrame(found.records(only_different=True)).set_index("run_id")',
};

/** No runs yet: what this page is, and a way to choose some. */
export function Choose({ onChosen }: { onChosen: (ids: readonly string[]) => void }) {
  const [marked, setMarked] = useState<readonly string[]>([]);
  return (
    <EmptyState
      title="Choose runs to compare"
      code={CODE}
      action={
        <div className={classes.choose}>
          <RunPicker chosen={marked} onChange={setMarked} />
          <Button onClick={() => onChosen(marked)} disabled={marked.length === 0}>
            {marked.length > 1 ? `Compare ${count(marked.length)} runs` : 'Compare'}
          </Button>
        </div>
      }
    >
      Two to {MOST_RUNS} runs beside each other: what differs, their curves, code and files. Mark them here,
      or select them in the <Link href={at(['experiments'])}>list of runs</Link> and choose Compare.
    </EmptyState>
  );
}
