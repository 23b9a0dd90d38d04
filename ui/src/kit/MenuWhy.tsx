import { Text } from '@mantine/core';

/** Below the words of a menu's line: why it cannot be chosen now. A tooltip would be met by the pointer alone. */
export function MenuWhy({ why }: { why: string | undefined }) {
  return why ? (
    <Text size="xs" c="dimmed" maw={240}>
      {why}
    </Text>
  ) : null;
}
