import { Button, Group, Text } from '@mantine/core';
import { Problem } from '@/kernel/problem';
import { IconLock, IconWarning } from './icons';
import classes from './kit.module.css';

interface Props {
  error: unknown;
  onRetry?: (() => void) | undefined;
  /** Small, beside a field or in a panel, instead of the whole page. */
  inline?: boolean;
}

/** What failed, why, what to do, and the id to look for in the log. */
export function ErrorState({ error, onRetry, inline }: Props) {
  const problem = Problem.from(error);
  const Icon = problem.denied ? IconLock : IconWarning;
  return (
    <div className={inline ? classes.problemInline : classes.problem} role="alert">
      <Icon size={20} aria-hidden />
      <div>
        <h2>{problem.denied ? 'You may not see this' : problem.title}</h2>
        {problem.detail ? <Text size="sm">{problem.detail}</Text> : null}
        {problem.hint ? (
          <Text size="sm" c="dimmed">
            {problem.hint}
          </Text>
        ) : null}
        <Group gap="sm" mt="sm">
          {onRetry ? (
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
