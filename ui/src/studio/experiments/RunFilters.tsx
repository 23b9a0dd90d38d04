import { Button, Group, MultiSelect, Select, Switch } from '@mantine/core';
import { STATE_GROUPS, type ListSearch } from './search';

interface Props {
  filter: ListSearch;
  kinds: readonly string[];
  experiments: readonly string[];
  onChange: (change: Partial<ListSearch>) => void;
}

const STATES = Object.keys(STATE_GROUPS).map((group) => ({
  value: group,
  label: group.charAt(0).toUpperCase() + group.slice(1),
}));

/** Filters of the run list; each of them is in the address. */
export function RunFilters({ filter, kinds, experiments, onChange }: Props) {
  const some = filter.experiment || filter.kind || filter.state;
  return (
    <Group gap="sm">
      <Select
        aria-label="Experiment"
        placeholder="Any experiment"
        data={[...new Set([...experiments, ...(filter.experiment ? [filter.experiment] : [])])]}
        value={filter.experiment ?? null}
        onChange={(experiment) => onChange({ experiment: experiment ?? undefined })}
        searchable
        clearable
        size="xs"
        clearButtonProps={{ 'aria-label': 'Any experiment' }}
        nothingFoundMessage="No experiment has this name"
        w={200}
      />
      <MultiSelect
        aria-label="State"
        placeholder={filter.state ? '' : 'Any state'}
        data={STATES}
        value={filter.state ?? []}
        onChange={(state) => onChange({ state: state.length > 0 ? state : undefined })}
        w={filter.state && filter.state.length > 1 ? 260 : 170}
        clearable
        size="xs"
        clearButtonProps={{ 'aria-label': 'Any state' }}
      />
      <MultiSelect
        aria-label="Kind"
        placeholder={filter.kind ? '' : 'Any kind'}
        data={[...new Set([...kinds, ...(filter.kind ?? [])])].sort()}
        value={filter.kind ?? []}
        onChange={(kind) => onChange({ kind: kind.length > 0 ? kind : undefined })}
        w={filter.kind && filter.kind.length > 1 ? 240 : 160}
        clearable
        size="xs"
        clearButtonProps={{ 'aria-label': 'Any kind' }}
      />
      <Switch
        label="Child runs"
        checked={filter.all ?? false}
        onChange={(event) => onChange({ all: event.currentTarget.checked || undefined })}
      />
      {some ? (
        <Button
          variant="subtle"
          onClick={() => onChange({ experiment: undefined, kind: undefined, state: undefined })}
        >
          Clear filters
        </Button>
      ) : null}
    </Group>
  );
}
