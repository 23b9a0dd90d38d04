import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { apiUrl } from '@/kernel/workspace';
import { EmptyState } from '@/kit/EmptyState';
import { IconDownload } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import type { Run } from '../queries';
import type { RunSearch } from './search';
import { FileHead, FilePreview } from './FilePreview';
import { FileTreeView } from './FileTreeView';
import { modelOf } from './fileTree';
import { LoggedModelFacts } from './LoggedModels';
import { runFiles, type FileTree } from './queries';
import classes from './files.module.css';

interface Props {
  run: Run;
  search: RunSearch;
  change: (next: RunSearch, replace?: boolean) => void;
}

export function ArtifactsTab(props: Props) {
  const query = useQuery(runFiles(props.run));
  return (
    <Answer query={query}>
      {(tree) =>
        tree.files.length === 0 ? (
          <EmptyState
            title="No artifacts"
            code={
              'import mlflow\n\nmlflow.log_artifact("report.csv")   # or write files to $STUDIOLO_OUTPUTS'
            }
          >
            Artifacts are the files of a run: models, plots, tables. A job&apos;s appear when it ends.
          </EmptyState>
        ) : (
          <Files {...props} tree={tree} />
        )
      }
    </Answer>
  );
}

function Files({ run, search, change, tree }: Props & { tree: FileTree }) {
  const [folder, setFolder] = useState<string>();
  const { path } = search;
  const isFile = tree.cut || tree.files.some((file) => file.path === path);
  const shownFolder = folder ?? (path && !isFile ? path : undefined);
  return (
    <div className={classes.split}>
      <div className={classes.pane}>
        <FileTreeView
          label="Artifacts"
          items={tree.files}
          open={path}
          onOpen={(next) => {
            setFolder(undefined);
            change({ path: next }, false);
          }}
          query={search.q}
          onQuery={(q) => change({ q })}
          onFolder={setFolder}
        />
        {tree.cut ? (
          <Text size="xs" c="dimmed">
            The first {tree.files.length.toLocaleString('en-US')} files; the others come with the ZIP.
          </Text>
        ) : null}
        <Button
          component="a"
          variant="default"
          href={apiUrl(`/experiments/runs/${run.id}/artifacts/zip`)}
          download
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Download all as ZIP
        </Button>
      </div>
      {shownFolder ? (
        <section className={classes.preview} aria-label={shownFolder}>
          <FileHead path={shownFolder}>
            <Button
              component="a"
              variant="default"
              href={apiUrl(`/experiments/runs/${run.id}/artifacts/zip`, { path: shownFolder })}
              download
              leftSection={<IconDownload size={14} aria-hidden />}
            >
              Download folder as ZIP
            </Button>
          </FileHead>
          {modelOf(shownFolder) === shownFolder ? <LoggedModelFacts run={run} path={shownFolder} /> : null}
        </section>
      ) : path ? (
        <FilePreview key={path} run={run} path={path} />
      ) : (
        <p className={classes.hint}>Choose a file to look at it, or a folder to download it.</p>
      )}
    </div>
  );
}
