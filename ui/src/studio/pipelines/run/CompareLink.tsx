import { Button } from '@mantine/core';
import { at } from '@/kernel/workspace';
import { useFollow } from '@/kit/Link';
import type { Run } from '../queries';

/** To the page that shows two runs side by side: with the one that this goes on from, where there is one. */
export function CompareLink({ run, rerunOf }: { run: Run; rerunOf: string | null }) {
  const follow = useFollow();
  const href = at(['pipelines', 'compare'], { first: rerunOf ?? undefined, second: run.id });
  return (
    <Button component="a" variant="default" href={href} onClick={(event) => follow(href, event)}>
      Compare
    </Button>
  );
}
