import { ActionIcon, Button, Group, Popover, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { IconBell } from '@/kit/icons';
import { Link } from '@/kit/Link';
import { Answer } from '@/kit/Page';
import { NoticeRow } from '@/studio/workspace/notices/NoticeRow';
import { newest, unread } from '@/studio/workspace/notices/queries';
import { useMark } from '@/studio/workspace/notices/useMark';
import classes from '@/studio/workspace/notices/notices.module.css';

/** The bell of the header: how much is unread, and the newest of it. */
export function NoticeBell() {
  const may = useMay('workspace.read');
  const count = useQuery({ ...unread, enabled: may }).data ?? 0;
  const [open, setOpen] = useState(false);
  if (!may) return null;
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={400} trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon
          className={classes.bell ?? ''}
          aria-label={count === 0 ? 'Notices' : `Notices, ${count} unread`}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <IconBell size={18} />
          {count > 0 ? (
            <span className={classes.count} aria-hidden>
              {count > 99 ? '99+' : count}
            </span>
          ) : null}
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        {open ? <Newest onClose={() => setOpen(false)} unread={count} /> : null}
      </Popover.Dropdown>
    </Popover>
  );
}

function Newest({ onClose, unread: count }: { onClose: () => void; unread: number }) {
  const found = useQuery(newest);
  const mark = useMark();
  return (
    <>
      <Group justify="space-between" mb={4}>
        <Text fw={600} size="sm">
          Notices
        </Text>
        <Button
          variant="subtle"
          size="compact-sm"
          disabled={count === 0}
          onClick={() => mark.mutate({ ids: null, read: true })}
        >
          Mark all as read
        </Button>
      </Group>
      <div className={classes.panel}>
        <Answer query={found} rows={3} inline>
          {(it) =>
            it.items.length === 0 ? (
              <Text size="sm" c="dimmed">
                Nothing to tell. When a dataset drifts or breaks its rules, it stands here.
              </Text>
            ) : (
              it.items.map((one) => (
                <NoticeRow
                  key={one.id}
                  notice={one}
                  onRead={(id, read) => mark.mutate({ ids: [id], read })}
                  onFollowed={onClose}
                />
              ))
            )
          }
        </Answer>
      </div>
      <Link href={at(['workspace', 'notices'])}>All notices</Link>
    </>
  );
}
