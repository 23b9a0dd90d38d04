import { Button, Tabs } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { useMay } from '@/kernel/session';
import { at } from '@/kernel/workspace';
import { usePageActions } from '@/kit/actions';
import { useFollow } from '@/kit/Link';
import { MayLink } from '@/kit/MayLink';
import { Page, PageHeader } from '@/kit/Page';
import { ComponentList } from './components/ComponentList';
import { DraftList } from './drafts/DraftList';
import { PublishedList } from './published/PublishedList';
import { RunList } from './RunList';
import { LIST_TABS, readListSearch, type ListSearch } from './search';

/** Pipelines that were run, and the components that they are made of. */
export function PipelinesPage() {
  const raw = useSearch({ strict: false }) as Record<string, unknown>;
  const search = useMemo(() => readListSearch(raw), [raw]);
  const navigate = useNavigate();
  const follow = useFollow();
  const change = useCallback(
    (next: ListSearch) =>
      void navigate({ to: '.', search: (old: object) => ({ ...old, ...next }) as never, replace: true }),
    [navigate],
  );
  const may = useMay('pipelines.write');
  const submit = at(['pipelines', 'submit']);
  usePageActions(
    useMemo(
      () =>
        may
          ? [{ id: 'submit-pipeline', label: 'Submit a pipeline', key: 'c', run: () => follow(submit) }]
          : [],
      [follow, may, submit],
    ),
  );
  const picked = search.sel ?? [];
  const compare = at(['pipelines', 'compare'], { first: picked[0], second: picked[1] });
  return (
    <Page
      title="Pipelines"
      header={
        <PageHeader
          title="Pipelines"
          lead="Steps that read what others made. A step of which nothing changed takes its earlier result."
          actions={
            <>
              {search.tab === undefined && picked.length === 2 ? (
                <Button
                  component="a"
                  variant="default"
                  href={compare}
                  onClick={(event) => follow(compare, event)}
                >
                  Compare the two
                </Button>
              ) : null}
              <MayLink permission="pipelines.write" to="submit pipelines" href={submit}>
                Submit a pipeline
              </MayLink>
            </>
          }
        />
      }
    >
      <Tabs
        value={search.tab ?? 'runs'}
        onChange={(tab) =>
          change({
            tab: tab === 'runs' ? undefined : LIST_TABS.find((one) => one === tab),
            q: undefined,
            sort: undefined,
          })
        }
      >
        <Tabs.List aria-label="Parts of pipelines" mb="md">
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          <Tabs.Tab value="drafts">Drafts</Tabs.Tab>
          <Tabs.Tab value="components">Components</Tabs.Tab>
          <Tabs.Tab value="published">Published</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="runs">
          <RunList search={search} change={change} />
        </Tabs.Panel>
        <Tabs.Panel value="drafts">
          <DraftList search={search} change={change} />
        </Tabs.Panel>
        <Tabs.Panel value="components">
          <ComponentList search={search} change={change} />
        </Tabs.Panel>
        <Tabs.Panel value="published">
          <PublishedList search={search} change={change} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
