import { Button, Group, Menu, MultiSelect, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { columnsOf } from './ask';
import { conditionOf, withCondition } from './conditions';
import { STATE_GROUPS, type TableSearch } from './state';
import { IconChevronDown } from '@/kit/icons';

const MOST_KEYS = 3; // the server's limit
const SLIM = { inputField: { minWidth: 0 } }; // what is typed has its place beside what is chosen, not in a line below

/** Room for the names of what is chosen, which the library cuts to nothing. */
const widthOf = (chosen: number) => (chosen === 0 ? 112 : chosen === 1 ? 196 : 248);

interface Props {
  search: TableSearch;
  experiments: readonly string[];
  onChange: (change: Partial<TableSearch>) => void;
}

/** Menus that write into the search, and what the runs are grouped by. */
export function QuickFilters({ search, experiments, onChange }: Props) {
  const known = useQuery(columnsOf(experiments));
  const q = search.q ?? '';
  const states = conditionOf(q, 'state');
  const groups = Object.keys(STATE_GROUPS).filter((group) =>
    STATE_GROUPS[group]?.every((state) => states.includes(state)),
  );
  const set = (key: string, values: readonly string[]) =>
    onChange({ q: withCondition(q, key, values) || undefined, sel: undefined });
  const by = search.group ?? [];
  const groupable = [
    {
      group: 'Attributes',
      items: ['experiment', 'user', 'kind', 'state'].map((key) => ({ value: key, label: key })),
    },
    {
      group: 'Params',
      items: (known.data?.params ?? []).map((one) => ({ value: `p.${one.name}`, label: one.name })),
    },
    {
      group: 'Tags',
      items: (known.data?.tags ?? []).map((one) => ({ value: `t.${one.name}`, label: one.name })),
    },
  ];
  const listed = groupable.flatMap((part) => part.items.map((item) => item.value));
  const extra = by
    .filter((id) => !listed.includes(id))
    .map((id) => ({ value: id, label: id.replace(/^[pt]\./, '') }));
  const some = states.length > 0 || conditionOf(q, 'kind').length > 0 || conditionOf(q, 'user').length > 0;

  const attribute = (key: string, title: string, names: readonly { name: string; runs: number }[]) => {
    const chosen = conditionOf(q, key);
    return (
      <MultiSelect
        aria-label={title}
        placeholder={chosen.length > 0 ? '' : `Any ${key}`}
        size="xs"
        styles={SLIM}
        w={widthOf(chosen.length)}
        data={[...new Set([...names.map((one) => one.name), ...chosen])]}
        value={chosen}
        onChange={(values) => set(key, values)}
        clearable
        searchable
        clearButtonProps={{ 'aria-label': `Any ${key}` }}
      />
    );
  };

  return (
    <Group gap="sm">
      <MultiSelect
        aria-label="State"
        placeholder={groups.length > 0 ? '' : 'Any state'}
        size="xs"
        styles={SLIM}
        w={widthOf(groups.length)}
        data={Object.keys(STATE_GROUPS).map((group) => ({
          value: group,
          label: group.charAt(0).toUpperCase() + group.slice(1),
        }))}
        value={groups}
        onChange={(next) =>
          set(
            'state',
            next.flatMap((group) => [...(STATE_GROUPS[group] ?? [])]),
          )
        }
        clearable
        clearButtonProps={{ 'aria-label': 'Any state' }}
      />
      {attribute('kind', 'Kind', known.data?.kinds ?? [])}
      {attribute('user', 'User', known.data?.users ?? [])}
      <MultiSelect
        aria-label="Group by"
        placeholder={by.length > 0 ? '' : 'Group by'}
        size="xs"
        styles={SLIM}
        w={by.length > 0 ? 60 + 130 * by.length : 120}
        maxValues={MOST_KEYS}
        data={[...groupable, ...(extra.length > 0 ? [{ group: 'Chosen', items: extra }] : [])]}
        value={by}
        searchable
        clearable
        clearButtonProps={{ 'aria-label': 'No groups' }}
        nothingFoundMessage="No such param or tag"
        onChange={(next) => onChange({ group: next.length > 0 ? next : undefined, sort: undefined })}
      />
      <Switch
        label="Child runs"
        checked={search.all ?? false}
        onChange={(event) => onChange({ all: event.currentTarget.checked || undefined })}
      />
      {some ? (
        <Menu>
          <Menu.Target>
            <Button
              variant="subtle"
              size="compact-sm"
              rightSection={<IconChevronDown size={12} aria-hidden />}
            >
              Clear
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={() => onChange({ q: undefined })}>Whole search</Menu.Item>
            <Menu.Item
              onClick={() =>
                onChange({
                  q:
                    ['state', 'kind', 'user'].reduce((text, key) => withCondition(text, key, []), q) ||
                    undefined,
                })
              }
            >
              State, kind and user
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
    </Group>
  );
}
