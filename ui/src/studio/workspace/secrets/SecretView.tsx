import { Button, Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { toastProblem } from '@/kit/ConfirmUndo';
import { Note } from '@/kit/Note';
import { Section } from '@/kit/Page';
import { Description } from './Description';
import { Grants } from './Grants';
import type { Secret } from './queries';
import { SecretForm } from './SecretForm';
import { Uses } from './Uses';
import { Versions } from './Versions';
import { snippets } from './words';
import classes from '../workspace.module.css';

/** One secret: how a job uses it, its versions, who may, and which jobs did. */
export function SecretView({ secret, may }: { secret: Secret; may: boolean }) {
  const cache = useQueryClient();
  const [writing, setWriting] = useState(false);
  const act = (verb: Promise<unknown>) =>
    void verb.catch(toastProblem).finally(() => cache.invalidateQueries({ queryKey: ['secrets'] }));
  return (
    <Section
      title={secret.name}
      actions={
        may && !writing ? (
          <Group gap="xs">
            <Button variant="default" onClick={() => setWriting(true)}>
              New version
            </Button>
          </Group>
        ) : null
      }
    >
      <div className={classes.stack}>
        <Description secret={secret} may={may} />
        {writing ? <SecretForm secret={secret} onDone={() => setWriting(false)} /> : null}
        {secret.usable ? (
          <Text size="sm">Jobs that you submit get the newest version that is enabled and not over.</Text>
        ) : (
          <Note tone="warning" title={`Jobs that you submit do not get it: ${secret.why}.`} />
        )}
        <CodeSnippet code={snippets(secret.name)} label="Use it" />
        <Versions secret={secret} may={may} act={act} />
        <Grants secret={secret} may={may} act={act} />
        {may ? <Uses name={secret.name} /> : null}
      </div>
    </Section>
  );
}
