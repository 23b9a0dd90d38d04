import { Text, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { AskDialog } from '@/kit/AskDialog';
import { TagChips } from '@/kit/TagChips';
import type { VersionSummary } from '../types';
import { changeVersion } from './queries';
import { withChange } from './words';

/** Words about a version: its bytes never change. */
export function VersionDialog({ version: it, onClose }: { version: VersionSummary; onClose: () => void }) {
  const cache = useQueryClient();
  const [text, setText] = useState(it.description ?? '');
  const [tags, setTags] = useState<Record<string, string>>(it.tags ?? {});
  const again = () => cache.invalidateQueries({ queryKey: ['datasets'] });
  return (
    <AskDialog
      title={`Version ${it.version} of ${it.name}`}
      verb="Save"
      ready
      onClose={onClose}
      onSend={async () => {
        await changeVersion(it.name, it.version, { description: text, tags });
        await again();
      }}
    >
      {(problem) => (
        <>
          <Textarea
            label="Description"
            autosize
            minRows={3}
            maxLength={10_000}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            error={problem}
            data-autofocus
          />
          <Text size="sm" fw={500}>
            Tags
          </Text>
          <Tagged tags={tags} onTags={setTags} />
        </>
      )}
    </AskDialog>
  );
}

function Tagged(props: { tags: Record<string, string>; onTags: (tags: Record<string, string>) => void }) {
  return (
    <TagChips
      nested
      undo={false}
      tags={props.tags}
      may
      save={(change) => {
        props.onTags(withChange(props.tags, change));
        return Promise.resolve();
      }}
    />
  );
}
