import { PasswordInput, SegmentedControl, Textarea } from '@mantine/core';
import type { Values } from './values';

interface Props {
  value: Values;
  /** Whether it may let everybody in. */
  open: boolean;
  /** Whether there are credentials already, which stay when none are written. */
  kept?: boolean | undefined;
  onChange: (change: Partial<Values>) => void;
  problems: Readonly<Record<string, string>>;
}

/** How one signs in at a machine. */
export function SignIn({ value, open, kept = false, onChange, problems }: Props) {
  const sealed = `It is sealed and never shown again.${kept ? ' Empty: the one that there is stays.' : ''}`;
  if (value.sign_in === 'token')
    return (
      <PasswordInput
        label="Token"
        description={open && !kept ? `${sealed} Empty: it lets everybody in.` : sealed}
        required={!open && !kept}
        autoComplete="new-password"
        value={value.token}
        error={problems['credentials.token']}
        onChange={(event) => onChange({ token: event.currentTarget.value })}
        visibilityToggleButtonProps={{ 'aria-label': 'Show the token' }}
      />
    );
  return (
    <>
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
            description={`The whole file, OpenSSH or PEM. ${sealed}`}
            required={!kept}
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
          description={sealed}
          required={!kept}
          autoComplete="new-password"
          value={value.password}
          error={problems['credentials.password']}
          onChange={(event) => onChange({ password: event.currentTarget.value })}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
        />
      )}
    </>
  );
}
