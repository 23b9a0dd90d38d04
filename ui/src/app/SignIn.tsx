import { Alert, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { Problem } from '@/kernel/problem';
import { signIn } from '@/kernel/session';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { Page } from '@/kit/Page';
import classes from './signin.module.css';

/** Where a used-up login link and an ended session lead: how to get a new link, and the password form. */
export function SignIn() {
  const search = useSearch({ from: '/signin' });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem(null);
    try {
      await signIn(String(form.get('name')), String(form.get('password')));
      const then = search.then ?? '/';
      window.location.assign(then.startsWith('/') && !/^\/[/\\]/.test(then) ? then : '/');
    } catch (error) {
      setProblem(Problem.from(error));
      setBusy(false);
    }
  };

  return (
    <main className={classes.page}>
      <img src="/favicon.svg" alt="" width={40} height={40} />
      <Page title="Sign in" header={<h1>Sign in to Studiolo</h1>}>
        <Stack gap="lg">
          {search.problem ? (
            <Alert color="red" variant="outline" title="The link did not work">
              {search.problem}
            </Alert>
          ) : null}
          <div>
            <Text size="sm">On the machine of the studio, ask for a new link and open it here:</Text>
            <CodeSnippet code="studiolo login" label="Command" />
          </div>
          <form onSubmit={(event) => void submit(event)}>
            <Stack gap="md">
              <Text size="sm" c="dimmed">
                Or, if you have an account with a password:
              </Text>
              <TextInput name="name" label="Name" autoComplete="username" required />
              <PasswordInput
                name="password"
                label="Password"
                autoComplete="current-password"
                required
                error={problem ? `${problem.detail} ${problem.hint ?? ''}` : null}
              />
              <Button type="submit" loading={busy}>
                Sign in
              </Button>
            </Stack>
          </form>
        </Stack>
      </Page>
    </main>
  );
}
