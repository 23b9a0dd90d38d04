import { Button, Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes } from '@/kernel/format';
import { apiUrl } from '@/kernel/workspace';
import { IconDownload, IconFile, IconFolder } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { OutputText } from './OutputText';
import { outputFiles } from '../queries';
import classes from './run.module.css';

interface Props {
  runId: string;
  path: string;
  output: string;
  file: string | undefined;
  onFile: (file: string | undefined) => void;
}

/** The files of an output, a folder at a time, and a look at one of them. */
export function OutputFiles({ runId, path, output, file, onFile }: Props) {
  const [folder, setFolder] = useState(file?.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '');
  const query = useQuery(outputFiles(runId, path, output, folder));
  const up = folder.includes('/') ? folder.slice(0, folder.lastIndexOf('/')) : '';
  return (
    <div className={classes.files}>
      <Answer query={query} rows={2} inline>
        {(entries) => (
          <ul aria-label={`Files of ${output}`}>
            {folder ? (
              <li>
                <button type="button" onClick={() => setFolder(up)}>
                  <IconFolder size={14} aria-hidden /> Back from {folder}
                </button>
              </li>
            ) : null}
            {entries.map((entry) => (
              <li key={entry.path}>
                <button
                  type="button"
                  aria-pressed={entry.path === file}
                  onClick={() =>
                    entry.is_dir
                      ? setFolder(entry.path)
                      : onFile(entry.path === file ? undefined : entry.path)
                  }
                >
                  {entry.is_dir ? <IconFolder size={14} aria-hidden /> : <IconFile size={14} aria-hidden />}
                  {entry.path.slice(folder ? folder.length + 1 : 0)}
                  {entry.is_dir ? null : <small>{bytes(entry.size)}</small>}
                </button>
              </li>
            ))}
          </ul>
        )}
      </Answer>
      {file ? <OneFile key={file} runId={runId} path={path} output={output} file={file} /> : null}
    </div>
  );
}

const IMAGE = /\.(png|jpe?g|gif|webp)$/i;

function OneFile({ runId, path, output, file }: Omit<Props, 'onFile' | 'file'> & { file: string }) {
  const url = apiUrl(`/pipelines/runs/${runId}/step/file`, { path, output, file });
  return (
    <section className={classes.preview} aria-label={file}>
      <Group justify="space-between" mb="sm">
        <code>{file}</code>
        <Button
          component="a"
          variant="default"
          size="compact-sm"
          href={url}
          download
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Download
        </Button>
      </Group>
      {IMAGE.test(file) ? (
        <img src={url} alt={file} className={classes.image} />
      ) : (
        <OutputText url={url} file={file} />
      )}
    </section>
  );
}
