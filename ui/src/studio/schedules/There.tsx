import { Code, List, Text } from '@mantine/core';
import { count } from '@/kernel/format';
import type { Times } from './queries';

/** What is there already of what a schedule waits for, the newest first. taken: it counts as arrived. */
export function There({ found, taken }: { found: Times; taken: boolean }) {
  const names = found.there ?? [];
  const all = found.count ?? 0;
  if (all === 0)
    return (
      <Text size="sm" c="dimmed" role="status">
        Nothing that fits is there yet.
      </Text>
    );
  return (
    <>
      <Text size="sm" role="status">
        {count(all)} {taken ? 'would run at once:' : 'are there and left alone:'}
      </Text>
      <List size="sm" listStyleType="none">
        {names.slice(0, 5).map((name) => (
          <List.Item key={name}>
            <Code>{name}</Code>
          </List.Item>
        ))}
      </List>
    </>
  );
}
