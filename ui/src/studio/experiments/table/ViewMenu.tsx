import { Button, Menu, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { toastProblem } from '@/kit/ConfirmUndo';
import { IconCheck, IconChevronDown, IconStar } from '@/kit/icons';
import { MenuWhy } from '@/kit/MenuWhy';
import { viewList, type RunView } from './ask';
import { NameDialog } from './NameDialog';
import { stateOf, type TableSearch } from './state';
import { toastDone } from './toast';

interface Props {
  search: TableSearch;
  onView: (view: RunView | null) => void;
}

type Change = Partial<Pick<RunView, 'name' | 'state' | 'shared' | 'default'>>;

/** Ways to look at the table that were given a name. */
export function ViewMenu({ search, onView }: Props) {
  const cache = useQueryClient();
  const views = useQuery(viewList);
  const mayShare = useMay('experiments.write');
  const [naming, setNaming] = useState<'new' | 'rename' | null>(null);
  const current = views.data?.find((view) => view.id === search.view);
  const state = stateOf(search);
  const changed = current && JSON.stringify(sorted(current.state)) !== JSON.stringify(sorted(state));
  const again = () => cache.invalidateQueries({ queryKey: viewList.queryKey });
  const change = async (view: RunView, body: Change) => {
    await data(api().PATCH('/experiments/views/{view_id}', { params: { path: { view_id: view.id } }, body }));
    await again();
  };
  const quietly = (work: Promise<unknown>) => void work.catch(toastProblem);
  const save = async (name: string) => {
    const made = await data(
      api().POST('/experiments/views', { body: { name, state, shared: false, default: false } }),
    );
    await again();
    onView(made);
  };
  const remove = async (view: RunView) => {
    await api().DELETE('/experiments/views/{view_id}', { params: { path: { view_id: view.id } } });
    await again();
    onView(null);
    toastDone(`The view ${view.name} is deleted`, async () => {
      const { name, shared, state: kept } = view;
      await data(
        api().POST('/experiments/views', { body: { name, shared, state: kept, default: view.default } }),
      );
      await again();
    });
  };
  const own = views.data?.filter((view) => view.mine) ?? [];
  const others = views.data?.filter((view) => !view.mine) ?? [];
  const item = (view: RunView) => (
    <Menu.Item
      key={view.id}
      leftSection={view.id === current?.id ? <IconCheck size={14} aria-label="Chosen" /> : <span />}
      rightSection={view.default && view.mine ? <IconStar size={12} aria-label="Default" /> : null}
      onClick={() => onView(view)}
    >
      {view.name}
      {view.mine ? (view.shared ? ' · shared' : '') : ` · ${view.owner}`}
    </Menu.Item>
  );

  return (
    <>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
            {current ? `${current.name}${changed ? ' · changed' : ''}` : 'Views'}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {own.length > 0 ? <Menu.Label>Yours</Menu.Label> : null}
          {own.map(item)}
          {others.length > 0 ? <Menu.Label>Shared</Menu.Label> : null}
          {others.map(item)}
          {views.error && !views.data ? (
            <>
              <Text size="xs" px="sm" pt="xs" role="alert">
                The views did not come: {Problem.from(views.error).detail}
              </Text>
              <Menu.Item closeMenuOnClick={false} onClick={() => void views.refetch()}>
                Try again
              </Menu.Item>
            </>
          ) : own.length + others.length === 0 ? (
            <Text size="xs" c="dimmed" px="sm" py="xs">
              Save columns, sort, search and groups under a name. Each is also a link: copy the address.
            </Text>
          ) : null}
          <Menu.Divider />
          {current ? <Menu.Item onClick={() => onView(null)}>Back to the usual table</Menu.Item> : null}
          <Menu.Item onClick={() => setNaming('new')}>Save as…</Menu.Item>
          {current?.mine ? (
            <>
              <Menu.Item
                disabled={!changed}
                onClick={() =>
                  quietly(change(current, { state }).then(() => toastDone(`${current.name} is saved`)))
                }
              >
                Save changes to {current.name}
              </Menu.Item>
              <Menu.Item onClick={() => setNaming('rename')}>Rename</Menu.Item>
              <Menu.Item
                disabled={!mayShare && !current.shared}
                onClick={() => quietly(change(current, { shared: !current.shared }))}
              >
                {current.shared ? 'Keep to yourself' : 'Share with the workspace'}
                <MenuWhy
                  why={
                    mayShare || current.shared
                      ? undefined
                      : 'Your role in this workspace may keep views, but not share them'
                  }
                />
              </Menu.Item>
              <Menu.Item onClick={() => quietly(change(current, { default: !current.default }))}>
                {current.default ? 'Open with the usual table' : 'Open with this view'}
              </Menu.Item>
              <Menu.Item onClick={() => quietly(remove(current))}>Delete</Menu.Item>
            </>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      {naming ? (
        <NameDialog
          title={naming === 'new' ? 'Save this view' : 'Rename the view'}
          verb={naming === 'new' ? 'Save' : 'Rename'}
          usual={naming === 'new' ? '' : (current?.name ?? '')}
          onClose={() => setNaming(null)}
          onName={(name) =>
            naming === 'new' ? save(name) : current ? change(current, { name }) : Promise.resolve()
          }
        />
      ) : null}
    </>
  );
}

function sorted(state: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(state).sort(([a], [b]) => a.localeCompare(b));
}
