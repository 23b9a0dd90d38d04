import { Group, Text } from '@mantine/core';
import { apiUrl } from '@/kernel/workspace';
import { Section } from '@/kit/Page';
import { RunSwatch } from '@/kit/RunSwatch';
import { letter } from './ArtifactsTab';
import { Pair, PairDiff } from './CodeTab';
import type { FileTable } from './queries';
import type { View } from './useComparison';
import classes from './files.module.css';

const MOST = 12;
const PICTURE = /\.(png|jpe?g|gif|webp)$/i;

/** A file of several runs: pictures beside each other, text line by line. */
export function SideBySide({ view, file }: { view: View; file: FileTable['files'][number] }) {
  const picture = PICTURE.test(file.path);
  return (
    <Section title={file.path}>
      {picture ? (
        <Pictures view={view} file={file} />
      ) : (
        <>
          <Group gap="md" align="end" mb="sm">
            <Pair view={view} />
          </Group>
          <PairDiff view={view} path={file.path} />
        </>
      )}
    </Section>
  );
}

function Pictures({ view, file }: { view: View; file: FileTable['files'][number] }) {
  const { runs, shown, base, slots } = view;
  const first = base === null ? [] : [base];
  const having = [...new Set([...first, ...shown])].filter((index) => file.versions[index] != null);
  return (
    <>
      {having.length > MOST ? (
        <Text size="sm" c="dimmed" mb="sm">
          The first {MOST} of {having.length} runs; hide or brush runs to see others.
        </Text>
      ) : null}
      <div className={classes.pictures}>
        {having.slice(0, MOST).map((index) => {
          const run = runs[index];
          if (!run) return null;
          const name = run.name || run.id.slice(-8);
          return (
            <figure key={run.id}>
              <img
                src={apiUrl(`/experiments/runs/${run.id}/artifacts/content`, {
                  path: file.paths?.[index] ?? file.path,
                  inline: true,
                })}
                alt={`${file.path} of ${name}`}
                loading="lazy"
              />
              <figcaption>
                <RunSwatch slot={slots.get(run.id) ?? 0} /> {name} <b>{letter(file.versions[index] ?? 0)}</b>
                {index === base ? ' · baseline' : ''}
              </figcaption>
            </figure>
          );
        })}
      </div>
    </>
  );
}
