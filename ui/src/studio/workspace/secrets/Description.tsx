import { Button, Group, Text, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { moment } from '@/kernel/format';
import { AskDialog } from '@/kit/AskDialog';
import { describe, type Secret } from './queries';

/** What a secret is for, and who made it. */
export function Description({ secret, may }: { secret: Secret; may: boolean }) {
  const cache = useQueryClient();
  const [text, setText] = useState<string | null>(null);
  return (
    <Group gap="sm" align="baseline">
      <Text size="sm" c={secret.description ? undefined : 'dimmed'}>
        {secret.description || 'No description.'}
      </Text>
      <Text size="sm" c="dimmed" title={moment(secret.created_at)}>
        Made by {secret.created_by}.
      </Text>
      {may ? (
        <Button variant="subtle" size="compact-sm" onClick={() => setText(secret.description)}>
          Describe it
        </Button>
      ) : null}
      {text === null ? null : (
        <AskDialog
          title={`What ${secret.name} is for`}
          verb="Save"
          ready
          onClose={() => setText(null)}
          onSend={async () => {
            await describe(secret.name, text.trim());
            await cache.invalidateQueries({ queryKey: ['secrets'] });
          }}
        >
          {(problem) => (
            <TextInput
              label="Description"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              error={problem}
              data-autofocus
            />
          )}
        </AskDialog>
      )}
    </Group>
  );
}
