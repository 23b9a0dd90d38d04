import { Badge, CloseButton, Group } from '@mantine/core';
import { words } from './look';
import type { Condition } from './types';

interface Props {
  filter: readonly Condition[];
  onRemove: (column: string) => void;
}

/** The filters in words, each to be taken away. */
export function FilterChips({ filter, onRemove }: Props) {
  if (filter.length === 0) return null;
  return (
    <Group gap={6} mt="xs" role="list" aria-label="Filters">
      {filter.map((one) => (
        <Badge
          key={one.column}
          role="listitem"
          variant="light"
          tt="none"
          size="lg"
          fw={400}
          rightSection={
            <CloseButton
              size={24}
              aria-label={`Remove: ${words(one)}`}
              onClick={() => onRemove(one.column)}
            />
          }
        >
          {words(one)}
        </Badge>
      ))}
    </Group>
  );
}
