import { Button, Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { count } from '@/kernel/format';
import { useFollow } from '@/kit/Link';
import { runChildren, type Run } from '../queries';
import { compareHref } from './link';

/** From the page of a run: beside its parent, its siblings or its children. Nothing, for a run without family. */
export function CompareWith({ run }: { run: Run }) {
  const [asked, setAsked] = useState(false);
  const follow = useFollow();
  const siblings = useQuery({
    ...runChildren(run.parent_id ?? '', false),
    enabled: asked && Boolean(run.parent_id),
  });
  const children = useQuery({ ...runChildren(run.id, false), enabled: asked });
  const to = (others: readonly string[], base?: string) => () =>
    follow(compareHref([run.id, ...others], base ? { base: base.slice(-10) } : {}));
  const other = siblings.data?.filter((one) => one.id !== run.id).map((one) => one.id) ?? [];
  const own = children.data?.map((one) => one.id) ?? [];
  return (
    <Menu position="bottom-end" onOpen={() => setAsked(true)}>
      <Menu.Target>
        <Button variant="default">Compare</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {run.parent_id ? (
          <>
            <Menu.Item onClick={to([run.parent_id], run.parent_id)}>With its parent</Menu.Item>
            <Menu.Item disabled={other.length === 0} onClick={to(other, run.id)}>
              With its siblings{siblings.data ? ` (${count(other.length)})` : ''}
            </Menu.Item>
          </>
        ) : null}
        <Menu.Item disabled={own.length === 0} onClick={to(own)}>
          With its children{children.data ? ` (${count(own.length)})` : ''}
        </Menu.Item>
        <Menu.Item onClick={to([])}>With others…</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
