import { ActionIcon, Button, Menu, Text } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { queries } from '@/kernel/query';
import { signOut, type Session } from '@/kernel/session';
import { at, workspace } from '@/kernel/workspace';
import { IconChevronDown, IconLogout, IconUser } from '@/kit/icons';
import { SchemeSwitch } from './SchemeSwitch';

interface Props {
  who: Session | undefined;
}

export function WorkspaceMenu({ who }: Props) {
  const router = useRouter();
  const here = workspace();
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          c="inherit"
          rightSection={<IconChevronDown size={14} />}
          aria-label={`Workspace ${here}`}
        >
          {here}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Workspaces</Menu.Label>
        {who?.workspaces.map((space) => (
          <Menu.Item key={space.workspace} component="a" href={`/w/${encodeURIComponent(space.workspace)}`}>
            {space.workspace}
            <Text size="xs" c="dimmed">
              {space.role}
            </Text>
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          component="a"
          href={at(['workspace'])}
          onClick={(event) => {
            event.preventDefault();
            router.history.push(at(['workspace']));
          }}
        >
          Settings of {here}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Colours, and what belongs to the account. */
export function AccountMenus({ who, onSheet }: Props & { onSheet: () => void }) {
  const router = useRouter();
  return (
    <>
      <SchemeSwitch />
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`Account ${who?.account ?? ''}`}>
            <IconUser size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            {who?.account} · Studiolo {who?.version}
          </Menu.Label>
          <Menu.Item onClick={onSheet}>Keyboard shortcuts</Menu.Item>
          <Menu.Item component="a" href="/api/docs" target="_blank">
            API reference
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconLogout size={14} />}
            onClick={() => {
              void signOut().then(() => {
                queries.clear();
                router.history.push('/signin');
              });
            }}
          >
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
