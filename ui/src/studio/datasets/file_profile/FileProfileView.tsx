import { SimpleGrid, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { bytes, count } from '@/kernel/format';
import { KeyValue } from '@/kit/KeyValue';
import { Note } from '@/kit/Note';
import { Answer, Section } from '@/kit/Page';
import type { DatasetVersion } from '../types';
import { fileProfile, type FileProfile } from './queries';
import { bin, range, shares, things } from './words';

/** What is known of files as they are. */
export function FileProfileView({ version }: { version: DatasetVersion }) {
  const found = useQuery(fileProfile(version.name, version.version));
  return <Answer query={found}>{(profile) => <Found profile={profile} />}</Answer>;
}

function Found({ profile }: { profile: FileProfile }) {
  const noticed = things(profile);
  const { images, texts } = profile;
  return (
    <Stack gap="lg">
      {noticed.length > 0 ? (
        <Note tone="warning" title={`${noticed.length} thing${noticed.length > 1 ? 's' : ''} to know`}>
          <ul>
            {noticed.map((thing) => (
              <li key={thing}>{thing}</li>
            ))}
          </ul>
        </Note>
      ) : null}
      {(profile.notes ?? []).map((note) => (
        <Text key={note} size="sm" c="dimmed">
          {note}
        </Text>
      ))}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Section title="Sizes">
          <Counts
            name="Sizes of files"
            head="Size"
            rows={profile.sizes.map((one) => [bin(one.low, one.high ?? null), one.files, null])}
          />
        </Section>
        <Section title={profile.kinds.length > 0 ? 'Kinds by content' : 'Endings'}>
          <Counts
            name="Kinds of files"
            head="Kind"
            rows={(profile.kinds.length > 0 ? profile.kinds : profile.endings).map((one) => [
              one.name,
              one.files,
              one.bytes,
            ])}
          />
        </Section>
        {images ? (
          <Section title="Images">
            <KeyValue
              items={[
                ['Looked at', `${count(images.looked)} of ${count(images.files)}`],
                ['Cannot be shown', count(images.damaged)],
                ['Width', range(images.width)],
                ['Height', range(images.height)],
                ['Formats', shares(images.formats)],
                ['Modes', shares(images.modes)],
              ]}
            />
          </Section>
        ) : null}
        {texts ? (
          <Section title="Texts">
            <KeyValue
              items={[
                ['Looked at', `${count(texts.looked)} of ${count(texts.files)}`],
                ['Encodings', shares(texts.encodings)],
                ['Lines', range(texts.lines)],
                ['Characters', range(texts.characters)],
              ]}
            />
          </Section>
        ) : null}
        <Section title="Largest files">
          <Counts
            name="Largest files"
            head="File"
            rows={profile.largest.map((one) => [one.path, null, one.size])}
          />
        </Section>
      </SimpleGrid>
    </Stack>
  );
}

interface CountsProps {
  name: string;
  head: string;
  /** What, how many files, how many bytes. */
  rows: (readonly [string, number | null, number | null])[];
}

function Counts({ name, head, rows }: CountsProps) {
  const files = rows.some((row) => row[1] !== null);
  const sizes = rows.some((row) => row[2] !== null);
  return (
    <Table aria-label={name}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{head}</Table.Th>
          {files ? (
            <Table.Th scope="col" ta="right">
              Files
            </Table.Th>
          ) : null}
          {sizes ? (
            <Table.Th scope="col" ta="right">
              Bytes
            </Table.Th>
          ) : null}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(([what, many, size]) => (
          <Table.Tr key={what}>
            <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
              {what}
            </Table.Th>
            {files ? <Table.Td ta="right">{many === null ? '' : count(many)}</Table.Td> : null}
            {sizes ? <Table.Td ta="right">{size === null ? '' : bytes(size)}</Table.Td> : null}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
