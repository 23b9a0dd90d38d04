import { Group, Switch, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { bytes, count } from '@/kernel/format';
import { EmptyState, NoMatch } from '@/kit/EmptyState';
import { Matrix } from '@/kit/grid/Matrix';
import { IconSearch } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { differs } from './differs';
import { comparedFiles, type FileTable } from './queries';
import { RunHead } from './RunHead';
import { SideBySide } from './SideBySide';
import type { View } from './useComparison';
import classes from './compare.module.css';

/** Files of the runs by content: the same bytes have the same letter. */
export function ArtifactsTab({ view }: { view: View }) {
  const { runs } = view;
  const ids = useMemo(() => runs.map((run) => run.id), [runs]);
  const query = useQuery(comparedFiles(ids));
  return <Answer query={query}>{(found) => <Found view={view} found={found} />}</Answer>;
}

/** A, B, …, Z, AA: which of the contents a run has. */
export function letter(version: number): string {
  const last = String.fromCharCode(65 + (version % 26));
  return version < 26 ? last : letter(Math.floor(version / 26) - 1) + last;
}

function Found({ view, found }: { view: View; found: FileTable }) {
  const { search, change, runs, shown, base } = view;
  const every = (search.all ?? false) || runs.length < 2;
  const wanted = search.q?.toLowerCase();
  const files = useMemo(
    () =>
      found.files.filter(
        (file) =>
          shown.some((index) => file.versions[index] != null) &&
          (every || differs(file.versions, shown)) &&
          (!wanted || file.path.toLowerCase().includes(wanted)),
      ),
    [found, every, wanted, shown],
  );
  if (found.total === 0)
    return (
      <EmptyState title="No files" code={'mlflow.log_artifact("roc.png", "plots")'}>
        None of these runs has artifacts or logged models.
      </EmptyState>
    );
  const open = found.files.find((file) => file.path === search.path);
  return (
    <div className={classes.stack}>
      <Group gap="md">
        <TextInput
          aria-label="Find a file"
          placeholder="Find a file"
          leftSection={<IconSearch size={14} aria-hidden />}
          value={search.q ?? ''}
          onChange={(event) => change({ q: event.currentTarget.value || undefined })}
        />
        <Switch
          label="Only what differs"
          checked={!every}
          disabled={runs.length < 2}
          onChange={(event) => change({ all: event.currentTarget.checked ? undefined : true })}
        />
        <Text size="sm" c="dimmed">
          {count(files.length)} of {count(found.total)} files. The same letter is the same content.
          {found.total > found.files.length ? ` The first ${count(found.files.length)} are compared.` : ''}
        </Text>
      </Group>
      {files.length === 0 ? (
        <NoMatch hidden={found.files.length} onClear={() => change({ q: undefined, all: true })} />
      ) : (
        <Matrix
          label="Files of the runs"
          maxHeight={open ? '320px' : undefined}
          headHeight={40}
          headWidth={300}
          columnWidth={128}
          rows={files.map((file) => ({
            id: file.path,
            head: (
              <button
                type="button"
                className={classes.file}
                aria-pressed={file.path === search.path}
                title={file.path}
                onClick={() => change({ path: file.path === search.path ? undefined : file.path }, false)}
              >
                {file.path}
              </button>
            ),
            tone: file.path === search.path ? ('base' as const) : undefined,
          }))}
          columns={shown.map((index) => ({
            id: runs[index]?.id ?? '',
            head: <RunHead view={view} index={index} />,
          }))}
          pinned={base === null ? undefined : runs[base]?.id}
          onOpen={(row) => change({ path: files[row]?.path }, false)}
          cell={(row, column) => {
            const file = files[row];
            const index = shown[column] ?? -1;
            const version = file?.versions[index];
            if (!file || version === null || version === undefined)
              return <span className={classes.missing}>missing</span>;
            const other = base !== null && file.versions[base] !== version;
            const size = file.sizes[version] ?? -1;
            return (
              <span className={classes.value}>
                <span data-other={other || undefined}>
                  <b className={classes.version}>{letter(version)}</b> {size >= 0 ? bytes(size) : ''}
                </span>
              </span>
            );
          }}
        />
      )}
      {open ? <SideBySide view={view} file={open} /> : null}
    </div>
  );
}
