import { Text } from '@mantine/core';

/** Where the studio cannot look into a source beforehand. */
export function Blind() {
  return (
    <Text size="sm" c="dimmed">
      There is no preview of this source: format and types are found out while it is registered, and shown on
      its page. What is said here counts all the same.
    </Text>
  );
}
