import { Text } from '@mantine/core';

/** Below the words of a menu's line: why it cannot be chosen now. A tooltip would be met by the pointer alone; the line itself is faint. */
export function MenuWhy({ why }: { why: string | undefined }) {
  return why ? (
    <Text size="xs" c="var(--mantine-color-text)" maw={240}>
      {why}
    </Text>
  ) : null;
}
