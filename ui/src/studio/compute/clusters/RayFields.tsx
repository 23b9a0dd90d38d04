import { Autocomplete, SimpleGrid, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { keys } from './queries';

export const NO_RAY = {
  address: '',
  folder: '',
  host: '',
  user: '',
  host_key: '',
  key: '',
  python: '',
  token_file: '',
};
export type RayPlace = typeof NO_RAY;

interface Props {
  value: RayPlace;
  onChange: (change: Partial<RayPlace>) => void;
  /** What the server says about fields. */
  problems: Readonly<Record<string, string>>;
}

/** Where a Ray is whose autoscaler brings nodes, and how it is reached. */
export function RayFields({ value, onChange, problems }: Props) {
  const known = useQuery(keys).data ?? [];
  const text = (name: keyof RayPlace) => ({
    value: value[name],
    error: problems[`ray.${name}`],
    autoComplete: 'off',
    spellCheck: false,
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange({ [name]: event.currentTarget.value }),
  });
  return (
    <Stack gap="md">
      <TextInput
        label="Address of its head"
        description="From the host below; auto: the Ray that runs there."
        required
        placeholder="10.0.0.5:6379"
        {...text('address')}
      />
      <TextInput
        label="Folder"
        description="Its nodes and the host see it at the same path."
        required
        placeholder="/shared/trainer/studiolo"
        {...text('folder')}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label="Host"
          description="One of its nodes, over SSH. Empty: the studio’s machine."
          {...text('host')}
        />
        <TextInput label="User" description="With a host." {...text('user')} />
        <TextInput label="Host key" description="With a host: SHA256:…" {...text('host_key')} />
        <Autocomplete
          label="Private key"
          description="With a host: the secret of the vault that signs in."
          data={known.map((one) => one.name)}
          value={value.key}
          error={problems['ray.key']}
          onChange={(key) => onChange({ key })}
        />
        <TextInput
          label="Python"
          description="The one on the host that has Ray. Empty: the studio’s, or python3."
          {...text('python')}
        />
        <TextInput
          label="Token file"
          description="On its nodes, where it asks for a token."
          {...text('token_file')}
        />
      </SimpleGrid>
    </Stack>
  );
}
