import { Button, Group, Text } from '@mantine/core';
import { type ReactNode } from 'react';
import { later } from '@/kernel/later';
import { apiUrl } from '@/kernel/workspace';
import { Arriving } from '@/kit/Arriving';
import { CopyButton } from '@/kit/CopyButton';
import { IconDownload } from '@/kit/icons';
import { Loading } from '@/kit/Page';
import type { Run } from '../queries';
import { HtmlPreview } from './HtmlPreview';
import { SvgPreview } from './SvgPreview';
import { lookOf, type Look } from './look';
import { TablePreview } from './TablePreview';
import { TextPreview } from './TextPreview';
import classes from './files.module.css';

const PdfPreview = later(() => import('./PdfPreview'), 'PdfPreview');
const NotebookPreview = later(() => import('./NotebookPreview'), 'NotebookPreview');

export function artifactUrl(run: Pick<Run, 'id'>, path: string, inline = false): string {
  return apiUrl(`/experiments/runs/${run.id}/artifacts/content`, { path, inline });
}

interface Props {
  run: Run;
  path: string;
}

/** A file as what it is. Nothing of it runs in the studio's origin: HTML is shown by the second one, in a sandbox. */
export function FilePreview({ run, path }: Props) {
  return (
    <section className={classes.preview} aria-label={path}>
      <FileHead path={path}>
        <Button
          component="a"
          variant="default"
          href={artifactUrl(run, path)}
          download
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Download
        </Button>
      </FileHead>
      <Arriving fallback={<Loading rows={4} />}>
        <Body run={run} path={path} look={lookOf(path)} />
      </Arriving>
    </section>
  );
}

export function FileHead({ path, children }: { path: string; children: ReactNode }) {
  return (
    <Group justify="space-between" mb="sm" wrap="nowrap">
      <Group gap="xs" wrap="nowrap" className={classes.path ?? ''}>
        <code>{path}</code>
        <CopyButton value={path} label="Copy the path" />
      </Group>
      <Group gap="xs" wrap="nowrap">
        {children}
      </Group>
    </Group>
  );
}

function Body({ run, path, look }: Props & { look: Look }) {
  const url = artifactUrl(run, path);
  switch (look) {
    case 'image':
      return <img src={artifactUrl(run, path, true)} alt={path} className={classes.image} />;
    case 'svg':
      return <SvgPreview url={url} path={path} />;
    case 'html':
      return <HtmlPreview run={run} path={path} url={url} />;
    case 'pdf':
      return <PdfPreview url={artifactUrl(run, path, true)} path={path} />;
    case 'notebook':
      return <NotebookPreview run={run} path={path} url={url} />;
    case 'table':
      return <TablePreview run={run} path={path} />;
    case 'audio':
      return <audio controls src={url} className={classes.media} aria-label={path} />;
    case 'video':
      return <video controls src={url} className={classes.media} aria-label={path} />;
    case 'none':
      return (
        <Text size="sm" c="dimmed">
          This file is neither text nor a picture; download it to look at it.
        </Text>
      );
    default:
      return <TextPreview key={url} run={run} url={url} path={path} look={look} />;
  }
}
