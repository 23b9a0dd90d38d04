import { Button, Menu } from '@mantine/core';
import { useMay } from '@/kernel/session';
import { IconChevronDown, IconDownload, IconTrash, IconUpload } from '@/kit/icons';
import { MenuWhy } from '@/kit/MenuWhy';

interface Props {
  hrefs: { upload: string; download: string; mltable: string };
  /** It is a table, not files as they are. */
  table: boolean;
  onUpload: () => void;
  onDelete: () => void;
}

/** What is done with a version now and then. */
export function MoreMenu({ hrefs, table, onUpload, onDelete }: Props) {
  const mayWrite = useMay('datasets.write');
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" rightSection={<IconChevronDown size={14} />}>
          More
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconUpload size={14} />} disabled={!mayWrite} onClick={onUpload}>
          Upload a new version
        </Menu.Item>
        <Menu.Item component="a" href={hrefs.download} download leftSection={<IconDownload size={14} />}>
          Download the file
        </Menu.Item>
        {table ? (
          <Menu.Item
            component="a"
            href={hrefs.mltable}
            download="MLTable"
            leftSection={<IconDownload size={14} />}
          >
            Download an MLTable file
          </Menu.Item>
        ) : null}
        <Menu.Item color="red" leftSection={<IconTrash size={14} />} disabled={!mayWrite} onClick={onDelete}>
          Delete
          <MenuWhy why={mayWrite ? undefined : 'Your role in this workspace may not delete datasets'} />
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
