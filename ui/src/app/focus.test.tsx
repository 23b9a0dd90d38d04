import { Button, Menu } from '@mantine/core';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { More } from '@/kit/More';
import { draw } from '@/testing/render';
import { keepFocus } from './focus';

HTMLElement.prototype.checkVisibility = () => true; // jsdom lays nothing out

test('a menu whose first line cannot be chosen takes the focus all the same', async () => {
  keepFocus();
  await draw(
    <Menu withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button>Open</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item disabled>Not now</Menu.Item>
        <Menu.Item>With others</Menu.Item>
      </Menu.Dropdown>
    </Menu>,
  );
  await userEvent.tab();
  await userEvent.keyboard('{Enter}');
  const line = await screen.findByRole('menuitem', { name: 'With others' });
  await waitFor(() => expect(document.activeElement).toBe(line));
  await userEvent.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('menu')).toBeNull());
});

test('the three dots get the focus back when their menu was opened for the first time', async () => {
  await draw(
    <More label="Actions">
      <Menu.Item>Rename</Menu.Item>
    </More>,
  );
  await userEvent.tab();
  await userEvent.keyboard('{Enter}');
  await screen.findByRole('menuitem', { name: 'Rename' });
  await userEvent.keyboard('{Escape}');
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Actions' })));
});
