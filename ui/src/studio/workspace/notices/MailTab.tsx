import { Button, Group, NumberInput, PasswordInput, Select, Table, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { usePages } from '@/kernel/pages';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { Denied } from '@/kit/Denied';
import { ErrorState } from '@/kit/ErrorState';
import { Note } from '@/kit/Note';
import { Answer, Loading, Section } from '@/kit/Page';
import { StatusBadge } from '@/kit/StatusBadge';
import { Time } from '@/kit/Time';
import { mailSettings, outbox, type MailSettings } from './queries';
import classes from '../workspace.module.css';

const SECURITY = [
  { value: 'starttls', label: 'STARTTLS (587)', port: 587 },
  { value: 'tls', label: 'TLS (465)', port: 465 },
  { value: 'none', label: 'None (25)', port: 25 },
] as const;
type Security = MailSettings['security'];

/** How this workspace sends mail, a try, and what was sent. */
export function MailTab() {
  const may = useMay('workspace.write');
  const found = useQuery({ ...mailSettings, enabled: may });
  if (!may) return <Denied permission="workspace.write" to="see how mail is sent" />;
  if (found.error && found.data === undefined) {
    return <ErrorState error={Problem.from(found.error)} onRetry={() => void found.refetch()} inline />;
  }
  if (found.data === undefined) return <Loading rows={4} />;
  return (
    <div className={classes.stack}>
      <Form key={found.data?.updated_at ?? ''} known={found.data ?? undefined} />
      {found.data ? <Try /> : null}
      <Sent />
    </div>
  );
}

function Form({ known }: { known: MailSettings | undefined }) {
  const cache = useQueryClient();
  const [host, setHost] = useState(known?.host ?? '');
  const [port, setPort] = useState(known?.port ?? 587);
  const [security, setSecurity] = useState<Security>(known?.security ?? 'starttls');
  const [username, setUsername] = useState(known?.username ?? '');
  const [password, setPassword] = useState('');
  const [sender, setSender] = useState(known?.sender ?? '');
  const refresh = () => cache.invalidateQueries({ queryKey: ['mail'] });
  const save = useMutation({
    mutationFn: () =>
      data(
        api().PUT('/workspace/mail', {
          body: { host, port, security, username, sender, password: password || null },
        }),
      ),
    onSuccess: refresh,
  });
  const remove = useMutation({ mutationFn: () => api().DELETE('/workspace/mail'), onSuccess: refresh });
  const problem = save.error ? Problem.from(save.error) : null;
  const fields = problem?.fields ?? {};
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Text size="sm">
        Alarms of drift monitors and quality rules go by mail to the addresses that each names. The server is
        that of your provider or company.
      </Text>
      <Group grow align="flex-start">
        <TextInput
          label="Mail server"
          placeholder="smtp.example.org"
          value={host}
          onChange={(event) => setHost(event.currentTarget.value)}
          error={fields.host}
          required
        />
        <Select
          label="Security"
          data={SECURITY.map(({ value, label }) => ({ value, label }))}
          value={security}
          onChange={(value) => {
            const chosen = SECURITY.find((one) => one.value === value) ?? SECURITY[0];
            setSecurity(chosen.value);
            setPort(chosen.port);
          }}
          allowDeselect={false}
        />
        <NumberInput
          label="Port"
          value={port}
          onChange={(value) => setPort(Number(value) || 587)}
          min={1}
          max={65535}
        />
      </Group>
      <Group grow align="flex-start">
        <TextInput
          label="User name"
          autoComplete="off"
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          description={
            known?.has_password
              ? 'One is kept; leave this empty to keep it.'
              : 'Kept sealed, never shown again.'
          }
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        />
      </Group>
      <TextInput
        label="From"
        placeholder="studio@example.org"
        value={sender}
        onChange={(event) => setSender(event.currentTarget.value)}
        error={fields.sender}
        required
      />
      {problem && !('host' in fields) && !('sender' in fields) ? (
        <Note tone="warning" title={problem.detail}>
          {problem.hint}
        </Note>
      ) : null}
      {problem?.fields.host && problem.hint ? <Text size="sm">{problem.hint}</Text> : null}
      <Group>
        <Button type="submit" loading={save.isPending} disabled={!host.trim() || !sender.trim()}>
          Save
        </Button>
        {known ? (
          <Button variant="default" loading={remove.isPending} onClick={() => remove.mutate()}>
            Send no more mail
          </Button>
        ) : null}
      </Group>
    </form>
  );
}

function Try() {
  const [to, setTo] = useState('');
  const attempt = useMutation({
    mutationFn: () => data(api().POST('/workspace/mail/test', { body: { to } })),
  });
  const problem = attempt.error ? Problem.from(attempt.error) : null;
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        attempt.mutate();
      }}
    >
      <Group align="flex-end">
        <TextInput
          label="Send a mail to try it out"
          placeholder="you@example.org"
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          w={320}
          error={problem?.detail}
        />
        <Button type="submit" variant="default" loading={attempt.isPending} disabled={!to.includes('@')}>
          Send
        </Button>
      </Group>
      {attempt.data ? (
        <Note
          tone={attempt.data.ok ? 'good' : 'warning'}
          title={
            attempt.data.ok
              ? `The mail server took it in ${attempt.data.milliseconds} ms`
              : (attempt.data.detail ?? '')
          }
        >
          {attempt.data.hint}
        </Note>
      ) : null}
    </form>
  );
}

function Sent() {
  const found = usePages(outbox);
  return (
    <Section title="Mails">
      <Answer query={found} rows={3} inline>
        {(rows) =>
          rows.length === 0 ? (
            <Text size="sm" c="dimmed">
              No mail was due yet.
            </Text>
          ) : (
            <Table aria-label="Mails" className={classes.table ?? ''}>
              <Table.Thead>
                <Table.Tr>
                  {['When', 'To', 'Subject', 'State', 'What the server said'].map((head) => (
                    <Table.Th key={head} scope="col">
                      {head}
                    </Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((row) => (
                  <Table.Tr key={row.id}>
                    <Table.Td>
                      <Time at={row.created_at} />
                    </Table.Td>
                    <Table.Td className={classes.long ?? ''}>{row.to}</Table.Td>
                    <Table.Td className={classes.long ?? ''}>{row.subject}</Table.Td>
                    <Table.Td>
                      <StatusBadge state={row.state === 'sent' ? 'completed' : row.state} label={row.state} />
                    </Table.Td>
                    <Table.Td className={classes.long ?? ''}>{row.error ?? ''}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          )
        }
      </Answer>
    </Section>
  );
}
