import { ActionIcon } from '@mantine/core';
import { workspace } from '@/kernel/workspace';
import { IconCheck, IconInfo, IconWarning, IconX } from '@/kit/icons';
import { useFollow } from '@/kit/Link';
import { Time } from '@/kit/Time';
import type { NoticeItem } from './queries';
import classes from './notices.module.css';

const ICONS = { good: IconCheck, info: IconInfo, warning: IconWarning, problem: IconX };
const WORDS = { good: 'Good news', info: 'To know', warning: 'Warning', problem: 'Problem' };

interface Props {
  notice: NoticeItem;
  onRead: (id: string, read: boolean) => void;
  onFollowed?: () => void;
}

/** A notice: what happened, when, and a way to it. Following it marks it as read. */
export function NoticeRow({ notice, onRead, onFollowed }: Props) {
  const follow = useFollow();
  const Icon = ICONS[notice.severity];
  const href = `/w/${encodeURIComponent(workspace())}/${notice.href}`;
  const unread = !notice.read_at;
  return (
    <div className={classes.row} data-unread={unread || undefined} data-tone={notice.severity}>
      <Icon size={18} stroke={1.8} role="img" aria-label={WORDS[notice.severity]} />
      <div className={classes.text}>
        <a
          href={href}
          onClick={(event) => {
            if (unread) onRead(notice.id, true);
            follow(href, event);
            onFollowed?.();
          }}
        >
          {notice.title}
        </a>
        {notice.text ? <p>{notice.text}</p> : null}
        <small>
          <Time at={notice.created_at} />
        </small>
      </div>
      <ActionIcon
        size={24}
        aria-label={unread ? `Mark as read: ${notice.title}` : `Mark as unread: ${notice.title}`}
        title={unread ? 'Mark as read' : 'Mark as unread'}
        onClick={() => onRead(notice.id, unread)}
      >
        <span className={classes.dot} data-unread={unread || undefined} aria-hidden />
      </ActionIcon>
    </div>
  );
}
