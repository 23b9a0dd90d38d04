import { Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { CodeView } from '@/kit/code/CodeView';
import { languageOf } from '@/kit/code/language';
import { CopyButton } from '@/kit/CopyButton';
import { IconDownload } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import type { DatasetVersion } from '../types';
import { lookOf } from './look';
import { fileUrl, headOf } from './queries';
import classes from '../datasets.module.css';

interface Props {
  version: DatasetVersion;
  path: string;
}

/** One file of a version: a picture, or the beginning of its text. */
export function FilePane({ version, path }: Props) {
  const look = lookOf(path);
  return (
    <section className={classes.preview} aria-label={path}>
      <Group justify="space-between" mb="sm" wrap="nowrap" align="start">
        <span className={classes.path}>
          <code>{path}</code> <CopyButton value={path} label="Copy the path" />
        </span>
        <Button
          component="a"
          variant="default"
          size="compact-sm"
          href={fileUrl(version, path)}
          download
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          Download
        </Button>
      </Group>
      {look === 'image' ? (
        <img src={fileUrl(version, path)} alt={path} />
      ) : look === 'none' ? (
        <Text size="sm" c="dimmed">
          This file is neither text nor a picture; download it to look at it.
        </Text>
      ) : (
        <Head version={version} path={path} />
      )}
    </section>
  );
}

function Head({ version, path }: Props) {
  const found = useQuery(headOf(version, path));
  return (
    <Answer query={found} rows={6} inline>
      {({ text, cut }) =>
        text.slice(0, 4096).includes('\u0000') ? (
          <Text size="sm" c="dimmed">
            This file is not text; download it to look at it.
          </Text>
        ) : text === '' ? (
          <Text size="sm" c="dimmed">
            This file is empty.
          </Text>
        ) : (
          <>
            <CodeView text={text} language={languageOf(path)} label={path} maxHeight="60dvh" />
            {cut ? (
              <Text size="xs" c="dimmed" mt="xs">
                The first 64 kB; download it to see all.
              </Text>
            ) : null}
          </>
        )
      }
    </Answer>
  );
}
