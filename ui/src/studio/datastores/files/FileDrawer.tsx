import { Button, Drawer, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes } from '@/kernel/format';
import { api } from '@/kernel/request';
import { apiUrl } from '@/kernel/workspace';
import { CodeView } from '@/kit/code/CodeView';
import { languageOf } from '@/kit/code/language';
import { ConfirmByName } from '@/kit/ConfirmUndo';
import { CopyButton } from '@/kit/CopyButton';
import { IconDownload, IconTrash } from '@/kit/icons';
import { KeyValue } from '@/kit/KeyValue';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { HeadGrid } from '../tables/HeadGrid';
import { preview, type Datastore, type FilePreviewData } from '../queries';
import { isDelimited, parseHead } from './table';
import classes from '../datastores.module.css';

interface Props {
  store: Datastore;
  path: string | undefined;
  mayDelete: boolean;
  onClose: () => void;
  onDeleted: () => void;
}

/** The beginning of a file, and what can be done with it. */
export function FileDrawer({ store, path, mayDelete, onClose, onDeleted }: Props) {
  return (
    <Drawer
      opened={path !== undefined}
      onClose={onClose}
      position="right"
      size="xl"
      title={path?.split('/').at(-1)}
    >
      {path === undefined ? null : (
        <Body
          key={path}
          store={store}
          path={path}
          mayDelete={mayDelete}
          onClose={onClose}
          onDeleted={onDeleted}
        />
      )}
    </Drawer>
  );
}

function Body({ store, path, mayDelete, onClose, onDeleted }: Props & { path: string }) {
  const query = useQuery(preview(store.name, path));
  const [deleting, setDeleting] = useState(false);
  const address = `azureml://datastores/${store.name}/paths/${path}`;
  const name = path.split('/').at(-1) ?? path;
  const url = apiUrl(`/datastores/${store.name}/content`, { path });
  return (
    <Stack gap="md">
      <Group gap="xs">
        <Button component="a" href={url} download={name} leftSection={<IconDownload size={14} aria-hidden />}>
          Download
        </Button>
        {mayDelete ? (
          <Button
            variant="default"
            color="red"
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={() => setDeleting(true)}
          >
            Delete
          </Button>
        ) : null}
      </Group>
      <KeyValue
        items={[
          [
            'Address',
            <span key="address">
              <code>{address}</code> <CopyButton value={address} label="Copy the address" />
            </span>,
          ],
          ['Size', query.data ? bytes(query.data.size) : null],
          ['Changed', query.data?.modified ? <Time key="changed" at={query.data.modified} /> : null],
        ]}
      />
      <Answer query={query} rows={6} inline>
        {(found) => <Head name={store.name} found={found} />}
      </Answer>
      <ConfirmByName
        opened={deleting}
        onClose={() => setDeleting(false)}
        name={name}
        verb="Delete"
        loss="The file is removed from the datastore and cannot be brought back by the studio."
        onConfirm={async () => {
          await api().DELETE('/datastores/{name}/content', {
            params: { path: { name: store.name }, query: { path } },
          });
          onDeleted();
          onClose();
        }}
      />
    </Stack>
  );
}

function Head({ name, found }: { name: string; found: FilePreviewData }) {
  const table = found.kind === 'text' && isDelimited(found.path);
  const [asText, setAsText] = useState(false);
  if (found.kind === 'image') {
    const url = apiUrl(`/datastores/${name}/content`, { path: found.path, inline: true });
    return <img src={url} alt={found.path} className={classes.image} />;
  }
  if (found.table) return <HeadGrid head={found.table} label={`First rows of ${found.path}`} />;
  if (found.kind === 'binary') {
    return (
      <Text size="sm" c="dimmed">
        This file is neither text nor a picture; download it to look at it.
      </Text>
    );
  }
  if (!found.text) {
    return (
      <Text size="sm" c="dimmed">
        The file is empty.
      </Text>
    );
  }
  return (
    <>
      <Group justify="space-between">
        {table ? (
          <SegmentedControl
            size="xs"
            aria-label="Show as"
            value={asText ? 'Text' : 'Table'}
            onChange={(value) => setAsText(value === 'Text')}
            data={['Table', 'Text']}
          />
        ) : null}
        {found.truncated ? (
          <Text size="sm" c="dimmed">
            The first {bytes(found.text.length)} of {bytes(found.size)}.
          </Text>
        ) : null}
      </Group>
      {table && !asText ? (
        <HeadTable found={found} />
      ) : (
        <CodeView text={found.text} language={languageOf(found.path)} label={found.path} />
      )}
    </>
  );
}

function HeadTable({ found }: { found: FilePreviewData }) {
  const { columns, rows } = parseHead(found.text ?? '', found.truncated ?? false);
  return (
    <div className={classes.table} tabIndex={0} role="region" aria-label={`First rows of ${found.path}`}>
      <table>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={index} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map((_, place) => (
                <td key={place} title={row[place]}>
                  {row[place]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
