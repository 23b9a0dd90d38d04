import {
  Spotlight,
  createSpotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from '@mantine/spotlight';
import '@mantine/spotlight/styles.css';
import { useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { at, workspace } from '@/kernel/workspace';
import { finders, useCurrentActions } from '@/kit/actions';
import { IconSearch } from '@/kit/icons';
import { NAV_ITEMS } from './nav';

const [store, spotlight] = createSpotlight();

interface Props {
  onClose: () => void;
  onSheet: () => void;
}

/** One box for everything: pages, assets by name, what this page can do. */
export default function Palette({ onClose, onSheet }: Props) {
  const router = useRouter();
  const { setColorScheme } = useMantineColorScheme();
  const actions = useCurrentActions();
  const [text, setText] = useState('');
  const [wanted] = useDebouncedValue(text.trim(), 120);

  useEffect(() => {
    spotlight.open();
    return () => spotlight.close();
  }, []);

  const { data: assets } = useQuery({
    queryKey: ['palette', workspace(), wanted],
    enabled: wanted.length > 0,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const found = await Promise.allSettled(finders.map((finder) => finder.find(wanted, signal)));
      return finders.map((finder, index) => {
        const result = found[index];
        return { title: finder.title, items: result?.status === 'fulfilled' ? result.value : [] };
      });
    },
  });

  const groups = useMemo(() => {
    const go = (href: string) => () => router.history.push(href);
    const list: SpotlightActionGroupData[] = [
      {
        group: 'This page',
        actions: actions.map((action) => ({ id: action.id, label: action.label, onClick: action.run })),
      },
      {
        group: 'Go to',
        actions: NAV_ITEMS.map((item) => ({
          id: `go-${item.path}`,
          label: item.label,
          leftSection: <item.icon size={18} stroke={1.7} />,
          onClick: go(at(item.path ? [item.path] : [])),
        })),
      },
      {
        group: 'Studio',
        actions: [
          { id: 'light', label: 'Light colours', onClick: () => setColorScheme('light') },
          { id: 'dark', label: 'Dark colours', onClick: () => setColorScheme('dark') },
          { id: 'keys', label: 'Keyboard shortcuts', onClick: onSheet },
        ],
      },
    ];
    const matching = list.map((group) => ({
      ...group,
      actions: group.actions.filter((action: SpotlightActionData) =>
        action.label?.toLowerCase().includes(text.trim().toLowerCase()),
      ),
    }));
    const found = (assets ?? []).map((kind) => ({
      group: kind.title,
      actions: kind.items.map((item) => ({
        id: `${kind.title}-${item.id}`,
        label: item.label,
        ...(item.detail ? { description: item.detail } : {}),
        onClick: go(item.href),
      })),
    }));
    // what is known at once stays first: nothing moves under the cursor when assets arrive
    return [...matching, ...found].filter((group) => group.actions.length > 0);
  }, [actions, assets, onSheet, router, setColorScheme, text]);

  useEffect(() => {
    const list = document.getElementById(store.getState().listId);
    if (!list || list.querySelector('[data-selected]')) return;
    list.querySelector('[data-action]')?.setAttribute('data-selected', 'true');
    store.updateState((state) => ({ ...state, selected: 0 }));
  }, [groups]);

  return (
    <Spotlight
      store={store}
      actions={groups}
      filter={(_query, all) => all}
      query={text}
      onQueryChange={setText}
      onSpotlightClose={onClose}
      nothingFound="Nothing has this name"
      highlightQuery
      scrollable
      maxHeight={420}
      shortcut={null}
      transitionProps={{ duration: 80 }}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: 'Find a dataset, run, model, endpoint or command',
        'aria-label': 'Search and commands',
      }}
    />
  );
}
