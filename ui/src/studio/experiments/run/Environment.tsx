import { Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes, count } from '@/kernel/format';
import { CodeView } from '@/kit/code/CodeView';
import { languageOf } from '@/kit/code/language';
import { KeyValue } from '@/kit/KeyValue';
import { Answer } from '@/kit/Page';
import type { Run } from '../queries';
import { artifactUrl } from './FilePreview';
import { textOf } from './queries';
import classes from './files.module.css';

const MOST = 512 * 1024;

/** Packages and machine, as the studio wrote them down, and what logged models ask for. */
export function Environment({ run, files }: { run: Run; files: readonly string[] }) {
  return (
    <div className={classes.environment}>
      {files.map((path) => (
        <EnvironmentFile key={path} run={run} path={path} />
      ))}
    </div>
  );
}

function EnvironmentFile({ run, path }: { run: Run; path: string }) {
  const query = useQuery(textOf(artifactUrl(run, path), MOST));
  return (
    <section aria-label={path}>
      <Text size="sm" fw={500} mb="xs">
        {path === 'environment/machine.json'
          ? 'Machine'
          : path === 'environment/requirements.txt'
            ? 'Packages'
            : path}
      </Text>
      <Answer query={query} rows={3} inline>
        {({ text }) =>
          path.endsWith('machine.json') ? (
            <Machine text={text} />
          ) : path.endsWith('requirements.txt') ? (
            <Packages text={text} label={path} />
          ) : (
            <CodeView text={text} language={languageOf(path)} label={path} maxHeight={320} />
          )
        }
      </Answer>
    </section>
  );
}

const NAMES: Record<string, string> = {
  python: 'Python',
  system: 'System',
  host: 'Host',
  processor: 'Processor',
  cores: 'Cores',
  memory_bytes: 'Memory',
};

function Machine({ text }: { text: string }) {
  let found: Record<string, unknown> = {};
  try {
    found = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // somebody's own file of this name: shown as it is
  }
  const known = Object.keys(NAMES).filter((key) => key in found);
  if (known.length === 0) return <CodeView text={text} language="json" label="Machine" maxHeight={320} />;
  const word = (key: string) => (key === 'memory_bytes' ? bytes(Number(found[key])) : String(found[key]));
  return <KeyValue items={known.map((key) => [NAMES[key] ?? key, word(key)] as const)} />;
}

function Packages({ text, label }: { text: string; label: string }) {
  const [q, setQ] = useState('');
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'));
  const shown = lines.filter((line) => line.toLowerCase().includes(q.toLowerCase()));
  return (
    <>
      {lines.length > 12 ? (
        <TextInput
          size="xs"
          aria-label={`Filter packages of ${label}`}
          placeholder={`Filter ${count(lines.length)} packages`}
          value={q}
          onChange={(event) => setQ(event.currentTarget.value)}
          mb="xs"
        />
      ) : null}
      <div className={classes.packages} tabIndex={0} role="region" aria-label={label}>
        <Table verticalSpacing={2} fz="sm" aria-label={`Packages of ${label}`}>
          <Table.Tbody>
            {shown.map((line) => {
              const [name, version] = line.split(/==(.*)/);
              return (
                <Table.Tr key={line}>
                  <Table.Th scope="row" fw={400}>
                    {name}
                  </Table.Th>
                  <Table.Td>{version ?? ''}</Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </div>
    </>
  );
}
