import { Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay } from '@/kernel/session';
import { EmptyState } from '@/kit/EmptyState';
import { Answer } from '@/kit/Page';
import { DeletedSecrets } from './DeletedSecrets';
import { MasterKey } from './MasterKey';
import { secrets } from './queries';
import { SecretForm } from './SecretForm';
import { SecretList } from './SecretList';
import { SecretView } from './SecretView';
import { EXAMPLE, snippets } from './words';
import classes from '../workspace.module.css';

/** What jobs need and nobody reads: named secrets, their versions, who may use them and which jobs did. */
export function SecretsTab() {
  const may = useMay('secrets.write');
  const owner = useMay('workspace.write');
  const search: { secret?: string; bin?: boolean } = useSearch({ from: '/w/$ws/workspace' });
  const navigate = useNavigate({ from: '/w/$ws/workspace' });
  const query = useQuery(secrets(false));
  const [adding, setAdding] = useState(false);
  const open = (secret: string | undefined) => void navigate({ search: (old) => ({ ...old, secret }) });
  const toBin = (bin: boolean | undefined) =>
    void navigate({ search: (old) => ({ ...old, bin, secret: undefined }) });
  if (search.bin) return <DeletedSecrets onBack={() => toBin(undefined)} />;
  return (
    <div className={classes.stack}>
      <Answer query={query} rows={3}>
        {(all) => {
          const shown = all.find((secret) => secret.name === search.secret);
          return (
            <>
              {all.length > 0 && !adding ? (
                <Group>
                  {may ? <Button onClick={() => setAdding(true)}>New secret</Button> : null}
                  <Button variant="default" onClick={() => toBin(true)}>
                    Bin
                  </Button>
                </Group>
              ) : null}
              {adding ? (
                <SecretForm
                  onDone={(name) => {
                    setAdding(false);
                    if (name) open(name);
                  }}
                />
              ) : null}
              {all.length === 0 && !adding ? (
                <EmptyState
                  title="No secrets"
                  code={snippets(EXAMPLE)}
                  action={
                    <>
                      {may ? <Button onClick={() => setAdding(true)}>New secret</Button> : null}
                      <Button variant="default" onClick={() => toBin(true)}>
                        Bin
                      </Button>
                    </>
                  }
                >
                  A secret is a password, a key or a token that jobs get by its name, in their environment.
                  Nobody reads it again: not here, not over the API, not in the database or a log.
                  {may ? '' : ' Owners and Contributors of the workspace write secrets.'}
                </EmptyState>
              ) : null}
              {all.length > 0 ? <SecretList all={all} may={may} open={search.secret} onOpen={open} /> : null}
              {shown ? <SecretView key={shown.name} secret={shown} may={may} /> : null}
            </>
          );
        }}
      </Answer>
      {owner ? <MasterKey /> : null}
    </div>
  );
}
