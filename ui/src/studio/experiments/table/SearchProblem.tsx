import { Text } from '@mantine/core';
import type { Problem } from '@/kernel/problem';
import classes from './table.module.css';

/** What is wrong with a search: the sentence, and the search with the place underlined. */
export function SearchProblem({ problem, filter }: { problem: Problem; filter: string }) {
  const start = typeof problem.extra.position === 'number' ? problem.extra.position : -1;
  const length = typeof problem.extra.length === 'number' ? problem.extra.length : 0;
  const ofTexts =
    /^(params?|parameters?|tags?)\./.test(filter.slice(start)) && /comparator/.test(problem.detail);
  return (
    <div role="alert" className={classes.searchProblem}>
      <Text size="xs">
        {problem.detail}
        {ofTexts ? ". Params and tags are texts: params.depth = '2', or LIKE 'a%'." : ''}
      </Text>
      {start >= 0 ? (
        <code>
          {filter.slice(0, start)}
          <mark title="Here">{filter.slice(start, start + length) || ' '}</mark>
          {filter.slice(start + length)}
        </code>
      ) : null}
    </div>
  );
}
