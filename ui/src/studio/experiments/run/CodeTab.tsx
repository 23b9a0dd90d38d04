import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { apiUrl } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { IconDownload } from '@/kit/icons';
import { KeyValue } from '@/kit/KeyValue';
import { Answer, Section } from '@/kit/Page';
import { runOverview, type Run } from '../queries';
import type { RunSearch } from './search';
import { Environment } from './Environment';
import { artifactUrl, FileHead } from './FilePreview';
import { FileTreeView } from './FileTreeView';
import { lookOf } from './look';
import { runCode, runFiles, type CodeFile } from './queries';
import { sourceFacts } from './source';
import { TextPreview } from './TextPreview';
import classes from './files.module.css';

const DIFF = 'code/git.diff';

interface Props {
  run: Run;
  search: RunSearch;
  change: (next: RunSearch, replace?: boolean) => void;
}

/** What ran: where the code came from, how it differed from its commit, its files, and what it ran in. */
export function CodeTab({ run, search, change }: Props) {
  const overview = useQuery(runOverview(run));
  const code = useQuery(runCode(run.id));
  const files = useQuery(runFiles(run));
  return (
    <Answer query={overview}>
      {({ tags }) => (
        <Answer query={code}>
          {(snapshot) => (
            <Answer query={files}>
              {(tree) => {
                const facts = sourceFacts(tags);
                const diff = tree.files.some((file) => file.path === DIFF);
                const environment = tree.files.filter((file) => /(^|\/)(requirements\.txt|conda\.yaml|python_env\.yaml|machine\.json)$/.test(file.path)); // prettier-ignore
                if (facts.length + snapshot.length + environment.length === 0 && !diff) return <Nothing />;
                return (
                  <div className={classes.stack}>
                    {facts.length > 0 ? (
                      <Section title="Source">
                        <KeyValue items={facts} />
                      </Section>
                    ) : null}
                    {diff ? (
                      <Section title="Changes since the commit">
                        <TextPreview run={run} url={artifactUrl(run, DIFF)} path={DIFF} look="diff" />
                      </Section>
                    ) : null}
                    {snapshot.length > 0 ? (
                      <Section title="Files it was submitted with">
                        <Snapshot run={run} files={snapshot} search={search} change={change} />
                      </Section>
                    ) : null}
                    {environment.length > 0 ? (
                      <Section title="Environment">
                        <Environment run={run} files={environment.map((file) => file.path)} />
                      </Section>
                    ) : null}
                  </div>
                );
              }}
            </Answer>
          )}
        </Answer>
      )}
    </Answer>
  );
}

function Nothing() {
  return (
    <EmptyState
      title="No code"
      code={'# job.yml\ncommand: python train.py\ncode: src\n\n$ studiolo submit job.yml'}
    >
      A job that is submitted with a code folder keeps its files, its git commit and what differed from it.
      MLflow&apos;s client notes the commit when it runs inside a checkout.
    </EmptyState>
  );
}

function Snapshot({ run, files, search, change }: Props & { files: readonly CodeFile[] }) {
  const first = files.find((file) => file.path.endsWith('.py')) ?? files[0];
  const open = files.find((file) => file.path === search.path) ?? first;
  const url = open ? apiUrl(`/experiments/runs/${run.id}/code/content`, { path: open.path }) : '';
  return (
    <div className={classes.split}>
      <div className={classes.pane}>
        <FileTreeView
          label="Code"
          items={files}
          open={open?.path}
          onOpen={(path) => change({ path }, false)}
          query={search.q}
          onQuery={(q) => change({ q })}
        />
        <Button
          component="a"
          variant="default"
          href={apiUrl(`/experiments/runs/${run.id}/code/zip`)}
          download
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Download code as ZIP
        </Button>
      </div>
      {open ? (
        <section className={classes.preview} aria-label={open.path}>
          <FileHead path={open.path}>
            <Button
              component="a"
              variant="default"
              href={url}
              download
              leftSection={<IconDownload size={14} aria-hidden />}
            >
              Download
            </Button>
          </FileHead>
          {lookOf(open.path) === 'none' ? (
            <Text size="sm" c="dimmed">
              This file is not text; download it to look at it.
            </Text>
          ) : (
            <TextPreview key={url} run={null} url={url} path={open.path} look={textLook(open.path)} />
          )}
        </section>
      ) : null}
    </div>
  );
}

function textLook(path: string) {
  const look = lookOf(path);
  return look === 'markdown' || look === 'json' || look === 'diff' ? look : 'text';
}
