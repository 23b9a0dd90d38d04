import { NumberInput, SegmentedControl, SimpleGrid, Stack, Textarea, TextInput } from '@mantine/core';
import { KindFields } from './KindFields';
import type { MachineKind } from './queries';
import { SignIn } from './SignIn';
import { asks, type Values } from './values';

interface Props {
  kind: MachineKind | undefined;
  value: Values;
  /** Whether there are credentials already. */
  kept?: boolean;
  onChange: (change: Partial<Values>) => void;
  /** What the server says about fields. */
  problems: Readonly<Record<string, string>>;
}

const signsBy = (kind: MachineKind | undefined, way: string) => kind?.signs_in.includes(way) ?? false;

/** What is to be known of a machine. */
export function Fields({ kind, value, kept, onChange, problems }: Props) {
  const text = (name: 'host' | 'user' | 'host_key' | 'folder' | 'python') => ({
    value: value[name],
    error: problems[name],
    autoComplete: 'off',
    spellCheck: false,
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange({ [name]: event.currentTarget.value }),
  });
  return (
    <Stack gap="md">
      {signsBy(kind, 'kubeconfig') ? (
        <Textarea
          label="Kubeconfig"
          description="Of a service account, with a token or certificates in it. It is sealed and never shown again. Empty: kept as it is, or the service account of a studio that is a pod itself."
          autosize
          minRows={4}
          maxRows={10}
          autoComplete="off"
          spellCheck={false}
          value={value.kubeconfig}
          error={problems['credentials.kubeconfig']}
          onChange={(event) => onChange({ kubeconfig: event.currentTarget.value })}
        />
      ) : kind?.here ? (
        <SegmentedControl
          aria-label="Where its commands are"
          value={value.here ? 'here' : 'ssh'}
          data={[
            { value: 'here', label: "On the studio's machine" },
            { value: 'ssh', label: 'Over SSH' },
          ]}
          onChange={(where) => onChange({ here: where === 'here' })}
        />
      ) : null}
      {value.here ? null : (
        <>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextInput
              label="Host"
              description="Name or address."
              required
              placeholder="10.0.0.5"
              {...text('host')}
            />
            <NumberInput
              label="Port"
              description="Where it listens."
              hideControls
              allowDecimal={false}
              min={1}
              max={65535}
              value={value.port}
              error={problems.port}
              onChange={(typed) => onChange({ port: String(typed) })}
            />
            {asks(kind, 'user') ? (
              <TextInput
                label="User"
                description="The account that jobs run in."
                required
                {...text('user')}
              />
            ) : null}
            {asks(kind, 'host_key') ? (
              <TextInput
                label="Host key"
                description="Leave it empty and test: the key is shown, to be compared."
                placeholder="SHA256:…"
                {...text('host_key')}
              />
            ) : null}
          </SimpleGrid>
          <SignIn
            value={value}
            open={kind?.may_be_open ?? false}
            kept={kept}
            onChange={onChange}
            problems={problems}
          />
        </>
      )}
      {kind && kind.fields.length > 0 ? (
        <KindFields kind={kind} value={value} onChange={onChange} problems={problems} />
      ) : null}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {asks(kind, 'folder') ? (
          <TextInput
            label="Folder"
            description={
              kind?.queues
                ? 'Everything of the studio there is below it; nodes see it at the same path.'
                : 'Everything of the studio there is below it.'
            }
            {...text('folder')}
          />
        ) : null}
        {asks(kind, 'python') ? (
          <TextInput
            label="Python"
            description={
              asks(kind, 'folder')
                ? '3.10 or newer; jobs find it first.'
                : "One of the studio's machine that has pyspark; python3 is the studio's own."
            }
            {...text('python')}
          />
        ) : null}
        {kind?.queues ? null : (
          <NumberInput
            label="Cores for jobs"
            description="Empty: all that the machine has."
            allowDecimal={false}
            min={1}
            value={value.cores}
            error={problems.cores}
            onChange={(typed) => onChange({ cores: String(typed) })}
          />
        )}
      </SimpleGrid>
      <Textarea
        label="Description"
        autosize
        minRows={2}
        value={value.description}
        error={problems.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
      />
    </Stack>
  );
}
