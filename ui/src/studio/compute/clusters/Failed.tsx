import { Code, Stack, Text } from '@mantine/core';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Time, useNow } from '@/kit/Time';
import type { Cluster } from './queries';

/** What is wrong with nodes that programs bring up and take down, with the last that a program said. */
export function Failed({ it }: { it: Cluster }) {
  const now = useNow(1000);
  return (
    <>
      {it.deleting_since ? (
        <Note tone="info" title="The cluster is being deleted">
          It goes when its nodes have been suspended.
        </Note>
      ) : null}
      {it.failed ? (
        <Note tone="warning" title={`Node ${it.failed.node} failed`}>
          <Stack gap="xs">
            <Text size="sm">
              {it.failed.said} (<Time at={it.failed.at} />)
            </Text>
            <Link href={at(['compute', it.name], { node: it.failed.node })}>Its log</Link>
            {it.failed.output ? <Code block>{it.failed.output}</Code> : null}
            {it.resume_after && Date.parse(it.resume_after) > now ? (
              <Text size="xs" c="dimmed">
                The next is asked for at the earliest: <Time at={it.resume_after} />
              </Text>
            ) : null}
          </Stack>
        </Note>
      ) : null}
    </>
  );
}
