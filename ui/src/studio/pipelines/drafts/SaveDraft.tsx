import { Button, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { useMay } from '@/kernel/session';
import { AskDialog } from '@/kit/AskDialog';
import { ErrorState } from '@/kit/ErrorState';
import { DRAFT_NAME, draftName } from './naming';
import { draft, saveDraft, type DraftDetail, type DraftSave } from './queries';

interface Props {
  /** What is kept: the file as it is written, and what the form below it says. */
  holds: Pick<DraftSave, 'file' | 'spec'>;
  /** The draft that is being changed. */
  kept: DraftDetail | null;
  /** What the pipeline is called so far. */
  title: string;
}

/** Keeps what is written, complete or not; the first time it asks for a name. */
export function SaveDraft({ holds, kept, title }: Props) {
  const may = useMay('pipelines.write');
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const [name, setName] = useState('');
  const put = async (as: string, version: number | null) => {
    const made = await saveDraft(as, { ...holds, description: kept?.description ?? '', version });
    client.setQueryData(draft(as).queryKey, made);
    void client.invalidateQueries({ queryKey: ['draft'] });
    return made;
  };
  const again = useMutation({ mutationFn: () => put(kept?.name ?? '', kept?.version ?? null) });
  const nothing = !holds.spec && !holds.file?.text && !holds.file?.files?.length;
  return (
    <>
      <Button
        variant="default"
        disabled={!may || nothing}
        loading={again.isPending}
        onClick={() => {
          if (kept) again.mutate();
          else {
            setName(draftName(title));
            setAsking(true);
          }
        }}
      >
        Save draft
      </Button>
      {again.isSuccess ? (
        <Text size="sm" c="dimmed" role="status">
          Saved
        </Text>
      ) : null}
      {again.error ? <ErrorState error={Problem.from(again.error)} inline /> : null}
      {asking ? (
        <AskDialog
          title="Save as a draft"
          verb="Save"
          ready={DRAFT_NAME.test(name)}
          onClose={() => setAsking(false)}
          onSend={async () => {
            const made = await put(name, null);
            void navigate({ to: '.', search: { draft: made.name } as never, replace: true });
          }}
        >
          {(problem) => (
            <TextInput
              label="Name"
              description="Letters, digits, “_”, “.” and “-”"
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              error={
                problem ??
                (name !== '' && !DRAFT_NAME.test(name) ? 'This cannot be the name of a draft.' : null)
              }
              data-autofocus
            />
          )}
        </AskDialog>
      ) : null}
    </>
  );
}
