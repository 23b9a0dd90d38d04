import { Button, SegmentedControl, Stack } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { usePages } from '@/kernel/pages';
import { EmptyState } from '@/kit/EmptyState';
import { Answer, Page, PageHeader } from '@/kit/Page';
import { NoticeRow } from './NoticeRow';
import { notices } from './queries';
import { useMark } from './useMark';
import classes from './notices.module.css';

/** What the studio has told the signed-in account. */
export function NoticesPage() {
  const search = useSearch({ from: '/w/$ws/workspace/notices' });
  const navigate = useNavigate({ from: '/w/$ws/workspace/notices' });
  const only = search.unread ?? false;
  const found = usePages(notices(only));
  const mark = useMark();
  const some = (found.data ?? []).some((one) => !one.read_at);
  return (
    <Page
      title="Notices"
      header={
        <PageHeader
          title="Notices"
          actions={
            <Button
              variant="default"
              disabled={!some}
              loading={mark.isPending}
              onClick={() => mark.mutate({ ids: null, read: true })}
            >
              Mark all as read
            </Button>
          }
        />
      }
    >
      <Stack className={classes.list ?? ''}>
        <SegmentedControl
          aria-label="Which notices"
          value={only ? 'unread' : 'all'}
          onChange={(value) =>
            void navigate({ search: { unread: value === 'unread' ? true : undefined }, replace: true })
          }
          data={[
            { value: 'all', label: 'All' },
            { value: 'unread', label: 'Unread' },
          ]}
        />
        <Answer query={found}>
          {(rows) =>
            rows.length === 0 ? (
              <EmptyState title={only ? 'Nothing is unread' : 'Nothing to tell'}>
                You are told here when a dataset drifts or is back, and when a version breaks its quality
                rules.
              </EmptyState>
            ) : (
              <div>
                {rows.map((one) => (
                  <NoticeRow
                    key={one.id}
                    notice={one}
                    onRead={(id, read) => mark.mutate({ ids: [id], read })}
                  />
                ))}
                {found.hasMore ? (
                  <Button variant="default" mt="md" onClick={found.more}>
                    Older ones
                  </Button>
                ) : null}
              </div>
            )
          }
        </Answer>
      </Stack>
    </Page>
  );
}
