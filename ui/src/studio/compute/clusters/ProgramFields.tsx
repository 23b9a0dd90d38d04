import { Autocomplete, NumberInput, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Programs } from './programs';
import { keys } from './queries';

interface Props {
  value: Programs;
  onChange: (change: Partial<Programs>) => void;
  /** What the server says about fields. */
  problems: Readonly<Record<string, string>>;
}

/** The programs that bring nodes up and take them down, and how nodes are reached. */
export function ProgramFields({ value, onChange, problems }: Props) {
  const known = useQuery(keys).data ?? [];
  const text = (name: 'resume' | 'suspend' | 'user' | 'host_key' | 'python') => ({
    value: value[name],
    error: problems[`scripts.${name}`],
    autoComplete: 'off',
    spellCheck: false,
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange({ [name]: event.currentTarget.value }),
  });
  const number = (name: 'port' | 'resume_seconds' | 'suspend_seconds' | 'silent_seconds') => ({
    value: value[name],
    error: problems[`scripts.${name}`],
    min: 1,
    allowDecimal: false,
    onChange: (typed: string | number) => onChange({ [name]: Number(typed) || 1 }),
  });
  return (
    <Stack gap="md">
      <TextInput
        label="Resume program"
        description='With its arguments, on the studio’s machine. Its last line says where the node is: {"host": "10.0.0.7"}.'
        required
        placeholder="/opt/nodes/up.sh --size large"
        {...text('resume')}
      />
      <TextInput
        label="Suspend program"
        description="Run until it succeeds, also for a node that never came up. Readers see both: no secrets in them."
        required
        placeholder="/opt/nodes/down.sh"
        {...text('suspend')}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Autocomplete
          label="Private key"
          description="The secret of the vault that signs in to nodes."
          required
          data={known.map((one) => one.name)}
          value={value.key}
          error={problems['scripts.key']}
          onChange={(key) => onChange({ key })}
        />
        <TextInput label="User" description="Where the program does not say." {...text('user')} />
        <TextInput
          label="Host key"
          description="Where the program does not say: SHA256:…"
          {...text('host_key')}
        />
        <NumberInput
          label="Port"
          description="Where the program does not say."
          max={65535}
          {...number('port')}
        />
        <NumberInput label="Seconds until a node answers" {...number('resume_seconds')} />
        <NumberInput label="Seconds that suspend may take" {...number('suspend_seconds')} />
        <NumberInput
          label="Seconds of silence"
          description="Then a node is suspended, and its jobs are lost."
          {...number('silent_seconds')}
        />
        <TextInput label="Python of nodes" description="3.10 or newer." {...text('python')} />
      </SimpleGrid>
    </Stack>
  );
}
