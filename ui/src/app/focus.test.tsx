import { Button, Menu, Modal } from '@mantine/core';
import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test } from 'vitest';
import { More } from '@/kit/More';
import { draw } from '@/testing/render';
import { keepFocus } from './focus';

HTMLElement.prototype.checkVisibility = () => true; // jsdom lays nothing out

function Choice() {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Menu withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button>Open</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled>Not now</Menu.Item>
          <Menu.Item closeMenuOnClick={false} onClick={() => setAsking(true)}>
            Rename
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Rename" withCloseButton={false}>
        <input aria-label="Name" data-autofocus />
      </Modal>
    </>
  );
}

test('a menu whose first line cannot be chosen takes the focus, and a dialog that it opens keeps it', async () => {
  keepFocus();
  await draw(<Choice />);
  await userEvent.tab();
  await userEvent.keyboard('{Enter}');
  const line = await screen.findByRole('menuitem', { name: 'Rename' });
  await waitFor(() => expect(document.activeElement).toBe(line));
  await userEvent.keyboard('{Enter}');
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Name')));
  await new Promise((passed) => setTimeout(passed, 100)); // longer than it waits for what was clicked
  expect(document.activeElement).toBe(screen.getByLabelText('Name'));
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
