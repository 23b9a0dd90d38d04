import { Button, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { percent } from '@/kernel/format';
import { Problem } from '@/kernel/problem';
import { api, data } from '@/kernel/request';
import { useMay } from '@/kernel/session';
import { CopyButton } from '@/kit/CopyButton';
import { Denied } from '@/kit/Denied';
import { DataGrid } from '@/kit/grid/DataGrid';
import { Answer, Section } from '@/kit/Page';
import type { DatasetVersion } from '../types';
import { splits } from './queries';

const METHODS = [
  { value: 'hash', label: 'By chance' },
  { value: 'stratified', label: 'Alike in each value of' },
  { value: 'group', label: 'Keeping together' },
  { value: 'time', label: 'By time' },
];
const SHARES = [
  { value: 'train=0.8,test=0.2', label: 'train 80 %, test 20 %' },
  { value: 'train=0.7,validation=0.15,test=0.15', label: 'train 70 %, validation 15 %, test 15 %' },
];

function sharesOf(text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [name, share] = part.split('=');
      return [name ?? '', Number(share)];
    }),
  );
}

/** The recorded splits of a version, each part with its reference, and a form for one more. */
export function Splits({ version }: { version: DatasetVersion }) {
  const found = useQuery(splits(version.name, version.version));
  return (
    <Section title="Splits">
      <Answer query={found} rows={2}>
        {(items) => (
          <Stack>
            {items.length === 0 ? (
              <Text size="sm" c="dimmed">
                A split says once which rows train and which test, so that everybody uses the same.
              </Text>
            ) : (
              <DataGrid
                label="Parts of splits"
                dense
                rows={items.flatMap((split) =>
                  Object.entries(split.shares ?? {}).map(([part, share]) => ({ split, part, share })),
                )}
                rowKey={(row) => `${row.split.name}.${row.part}`}
                columns={[
                  { id: 'split', header: 'Split', value: (row) => row.split.name, width: 120 },
                  { id: 'part', header: 'Part', value: (row) => row.part, width: 120 },
                  {
                    id: 'share',
                    header: 'Share',
                    value: (row) => row.share,
                    cell: (row) => percent(row.share),
                    align: 'right',
                    width: 90,
                  },
                  {
                    id: 'how',
                    header: 'How',
                    value: (row) =>
                      `${METHODS.find((known) => known.value === row.split.method)?.label ?? ''} ${row.split.column ?? ''}`.trim(),
                    width: 200,
                  },
                  {
                    id: 'reference',
                    header: 'Reference',
                    value: (row) => row.split.references[row.part] ?? '',
                    cell: (row) => (
                      <Group gap={4} wrap="nowrap">
                        <span>{row.split.references[row.part]}</span>
                        <CopyButton value={row.split.references[row.part] ?? ''} label="Copy the reference" />
                      </Group>
                    ),
                    grow: true,
                  },
                ]}
                maxHeight={240}
              />
            )}
            <NewSplit version={version} first={items.length === 0} />
          </Stack>
        )}
      </Answer>
    </Section>
  );
}

function NewSplit({ version, first }: { version: DatasetVersion; first: boolean }) {
  const cache = useQueryClient();
  const may = useMay('datasets.write');
  const [method, setMethod] = useState('hash');
  const [column, setColumn] = useState<string | null>(null);
  const [shares, setShares] = useState(SHARES[0]?.value ?? '');
  const [name, setName] = useState(first ? 'default' : '');
  const [seed, setSeed] = useState<number | string>(0);
  const create = useMutation({
    mutationFn: () =>
      data(
        api().POST('/datasets/{name}/versions/{version}/splits', {
          params: { path: { name: version.name, version: String(version.version) } },
          body: {
            name,
            method: method as 'hash',
            column: column ?? '',
            key: '',
            seed: Number(seed),
            shares: sharesOf(shares),
          },
        }),
      ),
    onSuccess: () => {
      setName('');
      return cache.invalidateQueries({ queryKey: ['datasets', 'splits'] });
    },
  });
  const problem = create.error ? Problem.from(create.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  if (!may) return <Denied permission="datasets.write" to="record splits" />;
  return (
    <form onSubmit={submit}>
      <Group align="flex-end">
        <TextInput
          label="Split"
          size="xs"
          w={130}
          required
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Select
          label="Parts"
          size="xs"
          w={250}
          data={SHARES}
          value={shares}
          allowDeselect={false}
          onChange={(v) => setShares(v ?? shares)}
        />
        <Select
          label="Rows go"
          size="xs"
          w={180}
          data={METHODS}
          value={method}
          allowDeselect={false}
          onChange={(v) => setMethod(v ?? 'hash')}
        />
        {method === 'hash' ? null : (
          <Select
            label="Column"
            size="xs"
            w={180}
            searchable
            required={method !== 'time'}
            placeholder={method === 'time' ? 'The timestamp' : 'Choose'}
            data={version.table.columns.map((each) => each.name)}
            value={column}
            onChange={setColumn}
          />
        )}
        {method === 'time' || method === 'group' ? null : (
          <NumberInput label="Seed" size="xs" w={90} min={0} value={seed} onChange={setSeed} />
        )}
        <Button type="submit" size="xs" variant="default" loading={create.isPending}>
          Record split
        </Button>
      </Group>
      {problem ? (
        <Text size="sm" c="red" role="alert" mt="xs">
          {problem.detail} {problem.hint}
        </Text>
      ) : null}
    </form>
  );
}
