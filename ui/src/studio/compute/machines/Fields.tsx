import {
  NumberInput,
  PasswordInput,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Textarea,
  TextInput,
} from '@mantine/core';

/** What the form holds; numbers as text, so that they may be empty. */
export interface Values {
  host: string;
  port: string;
  user: string;
  host_key: string;
  folder: string;
  python: string;
  sign_in: 'private_key' | 'password';
  private_key: string;
  passphrase: string;
  password: string;
  cores: string;
  description: string;
}

export const START: Values = {
  host: '',
  port: '22',
  user: '',
  host_key: '',
  folder: '~/.studiolo-runner',
  python: 'python3',
  sign_in: 'private_key',
  private_key: '',
  passphrase: '',
  password: '',
  cores: '',
  description: '',
};

/** Where the machine is, and how one signs in, as the API takes it. */
export function placeOf(value: Values) {
  const { host, user, host_key, folder, python } = value;
  return { host, user, host_key, folder, python, port: Number(value.port) || 22 };
}

export function credentialsOf(value: Values) {
  if (value.sign_in === 'password') return { password: value.password };
  return { private_key: value.private_key, ...(value.passphrase ? { passphrase: value.passphrase } : {}) };
}

export function given(value: Values): boolean {
  return value.sign_in === 'password' ? value.password !== '' : value.private_key.trim() !== '';
}

interface Props {
  value: Values;
  onChange: (change: Partial<Values>) => void;
  /** What the server says about fields. */
  problems: Readonly<Record<string, string>>;
}

/** What is to be known of a machine. */
export function Fields({ value, onChange, problems }: Props) {
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
          description="Where SSH listens."
          hideControls
          allowDecimal={false}
          min={1}
          max={65535}
          value={value.port}
          error={problems.port}
          onChange={(typed) => onChange({ port: String(typed) })}
        />
        <TextInput label="User" description="The account that jobs run in." required {...text('user')} />
        <TextInput
          label="Host key"
          description="Leave it empty and test: the key is shown, to be compared."
          placeholder="SHA256:…"
          {...text('host_key')}
        />
      </SimpleGrid>
      <SegmentedControl
        aria-label="Way to sign in"
        value={value.sign_in}
        data={[
          { value: 'private_key', label: 'Private key' },
          { value: 'password', label: 'Password' },
        ]}
        onChange={(sign_in) => onChange({ sign_in })}
      />
      {value.sign_in === 'private_key' ? (
        <>
          <Textarea
            label="Private key"
            description="The whole file, OpenSSH or PEM. It is sealed and never shown again."
            required
            autosize
            minRows={4}
            maxRows={10}
            autoComplete="off"
            spellCheck={false}
            value={value.private_key}
            error={problems['credentials.private_key']}
            onChange={(event) => onChange({ private_key: event.currentTarget.value })}
          />
          <PasswordInput
            label="Passphrase of the key"
            autoComplete="new-password"
            value={value.passphrase}
            error={problems['credentials.passphrase']}
            onChange={(event) => onChange({ passphrase: event.currentTarget.value })}
            visibilityToggleButtonProps={{ 'aria-label': 'Show the passphrase' }}
          />
        </>
      ) : (
        <PasswordInput
          label="Password"
          description="It is sealed and never shown again."
          required
          autoComplete="new-password"
          value={value.password}
          error={problems['credentials.password']}
          onChange={(event) => onChange({ password: event.currentTarget.value })}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        />
      )}
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Folder"
          description="Everything of the studio there is below it."
          {...text('folder')}
        />
        <TextInput label="Python" description="3.10 or newer; jobs find it first." {...text('python')} />
        <NumberInput
          label="Cores for jobs"
          description="Empty: all that the machine has."
          allowDecimal={false}
          min={1}
          value={value.cores}
          error={problems.cores}
          onChange={(typed) => onChange({ cores: String(typed) })}
        />
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
