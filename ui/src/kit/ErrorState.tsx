import { Button, Group, Text } from '@mantine/core';
import { Problem } from '@/kernel/problem';
import { at } from '@/kernel/workspace';
import { IconLock, IconWarning } from './icons';
import { Link } from './Link';
import { Marked } from './Marked';
import classes from './kit.module.css';

interface Props {
  error: unknown;
  onRetry?: (() => void) | undefined;
  /** Small, beside a field or in a panel, instead of the whole page. */
  inline?: boolean;
}

/** Lists by the words of their addresses, longest first. */
const LISTS: readonly (readonly [readonly string[], string])[] = [
  [['experiments', 'environments'], 'environments'],
  [['experiments', 'traces'], 'traces'],
  [['experiments'], 'experiments and runs'],
  [['automl'], 'Automated ML jobs'],
  [['compute'], 'compute'],
  ...['datasets', 'datastores', 'endpoints', 'models', 'pipelines', 'schedules'].map(
    (word) => [[word], word] as const,
  ),
];

/** The list that holds what the address names, null for what is in none. */
function listHere() {
  const [, , ...words] = window.location.pathname.split('/').slice(1);
  const found = LISTS.find(
    ([path]) => words.length > path.length && path.every((word, n) => words[n] === word),
  );
  return found ? { href: at(found[0]), label: `See all ${found[1]}` } : null;
}

/** What failed, why, what to do, and the id to look for in the log. What is not there is not there at a second look: then the list. */
export function ErrorState({ error, onRetry, inline }: Props) {
  const problem = Problem.from(error);
  const list = problem.status === 404 && !inline ? listHere() : null;
  const Icon = problem.denied ? IconLock : IconWarning;
  return (
    <div className={inline ? classes.problemInline : classes.problem} role="alert">
      <Icon size={20} aria-hidden />
      <div>
        <h2>{problem.denied ? 'You may not see this' : problem.title}</h2>
        {problem.detail ? (
          <Text size="sm">
            <Marked text={problem.detail} />
          </Text>
        ) : null}
        {problem.hint ? (
          <Text size="sm" c="dimmed">
            <Marked text={problem.hint} />
          </Text>
        ) : null}
        <Group gap="sm" mt="sm">
          {list ? (
            <Link href={list.href}>{list.label}</Link>
          ) : onRetry ? (
            <Button variant="default" onClick={onRetry}>
              Try again
            </Button>
          ) : null}
          <Text size="xs" c="dimmed" ff="monospace">
            {problem.code}
            {problem.id ? ` · ${problem.id}` : ''}
          </Text>
        </Group>
      </div>
    </div>
  );
}
