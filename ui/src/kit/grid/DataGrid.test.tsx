import { fireEvent, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test, vi } from 'vitest';
import { draw } from '@/testing/render';
import { DataGrid } from './DataGrid';
import type { GridColumn } from './types';

interface Row {
  id: string;
  auc: number | null;
}
const rows: Row[] = Array.from({ length: 500 }, (_, i) => ({ id: `r${i}`, auc: i === 3 ? null : i / 1000 }));
const columns: GridColumn<Row>[] = [
  { id: 'id', header: 'Name', value: (row) => row.id },
  { id: 'auc', header: 'AUC', value: (row) => row.auc, align: 'right' },
];
const grid = () => screen.getByRole('grid', { name: 'Runs' });
const first = () => within(grid()).getAllByRole('row')[1]?.textContent ?? '';

test('only rows in view are drawn, and the count says how many there are', async () => {
  await draw(<DataGrid label="Runs" rows={rows} columns={columns} rowKey={(row) => row.id} total={9000} />);
  const drawn = within(grid()).getAllByRole('row').length;
  expect(drawn).toBeGreaterThan(10);
  expect(drawn).toBeLessThan(60);
  expect(grid().getAttribute('aria-rowcount')).toBe('9001');
  expect(screen.getByText('500 of 9,000 rows')).toBeTruthy();
});

test('a list that is there at once is drawn where it is scrolled to, and says that it is scrolled aside', async () => {
  await draw(<DataGrid label="Runs" rows={rows} columns={columns} rowKey={(row) => row.id} />);
  grid().scrollTop = 8000;
  fireEvent.scroll(grid());
  expect(within(grid()).getByText('r205')).toBeTruthy();
  expect(within(grid()).queryByText('r0')).toBeNull();
  expect(grid().hasAttribute('data-aside')).toBe(false);
  grid().scrollLeft = 80;
  fireEvent.scroll(grid());
  expect(grid().hasAttribute('data-aside')).toBe(true);
});

test('a click on a head sorts, numbers from the largest, missing values last', async () => {
  await draw(<DataGrid label="Runs" rows={rows} columns={columns} rowKey={(row) => row.id} />);
  await userEvent.click(screen.getByRole('button', { name: /AUC/ }));
  expect(first()).toContain('r499');
  expect(screen.getByRole('columnheader', { name: /AUC/ }).getAttribute('aria-sort')).toBe('descending');
  await userEvent.click(screen.getByRole('button', { name: /AUC/ }));
  expect(first()).toContain('r0');
});

test('Shift and an arrow key on the head of a column change its width, and sort nothing', async () => {
  await draw(<DataGrid label="Runs" rows={rows} columns={columns} rowKey={(row) => row.id} />);
  const widths = () => grid().style.getPropertyValue('--cols');
  const before = widths();
  screen.getByRole('button', { name: 'Name' }).focus();
  await userEvent.keyboard('{Shift>}{ArrowRight}{ArrowRight}{ArrowLeft}{/Shift}');
  expect([before, widths()].map((all) => all.split(' ')[0])).toEqual(['140px', '156px']);
  expect(first()).toContain('r0');
});

test('a sort among the loaded rows says so', async () => {
  const told = /sorted among the 500 that are loaded/;
  await draw(
    <DataGrid label="Runs" rows={rows} columns={columns} rowKey={(row) => row.id} hasMore sort="auc" />,
  );
  expect(screen.getByText(told)).toBeTruthy();
});

test('a sort of all rows, or by the server, says nothing', async () => {
  const told = /sorted among/;
  await draw(<DataGrid label="Runs" rows={rows} columns={columns} rowKey={(row) => row.id} sort="auc" />);
  expect(screen.queryByText(told)).toBeNull();
  await draw(
    <DataGrid
      label="Others"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.id}
      hasMore
      sort="auc"
      sortedByServer
    />,
  );
  expect(screen.queryByText(told)).toBeNull();
});

test('arrows move and Enter opens the row', async () => {
  const { history } = await draw(
    <DataGrid
      label="Runs"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.id}
      href={(row) => `/w/default/runs/${row.id}`}
    />,
  );
  grid().focus();
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{Enter}');
  expect(history.location.pathname).toBe('/w/default/runs/r1');
});

test('space selects, shift extends', async () => {
  const picked = vi.fn();
  function Selecting() {
    const [selected, setSelected] = useState<string[]>([]);
    return (
      <DataGrid
        label="Runs"
        rows={rows}
        columns={columns}
        rowKey={(row) => row.id}
        selected={selected}
        onSelect={(keys) => (picked(keys), setSelected(keys))}
      />
    );
  }
  await draw(<Selecting />);
  grid().focus();
  await userEvent.keyboard('{ArrowDown} {ArrowDown}{ArrowDown}');
  await userEvent.keyboard('{Shift>} {/Shift}');
  expect(picked).toHaveBeenLastCalledWith(['r0', 'r1', 'r2']);
});

test('a column can be put away, but not the last one', async () => {
  await draw(<DataGrid label="Runs" rows={rows} columns={columns} rowKey={(row) => row.id} />);
  await userEvent.click(screen.getByRole('button', { name: 'Choose columns' }));
  await userEvent.click(await screen.findByRole('checkbox', { name: 'AUC' }));
  expect(within(grid()).queryByRole('columnheader', { name: /AUC/ })).toBeNull();
  expect((screen.getByRole('checkbox', { name: 'Name' }) as HTMLInputElement).disabled).toBe(true);
});

test('an optional column that comes later stays away until it is chosen', async () => {
  const later: GridColumn<Row> = { id: 'f1', header: 'F1', value: () => 0.5, optional: true };
  function Growing() {
    const [all, setAll] = useState(columns);
    return (
      <>
        <button type="button" onClick={() => setAll([...columns, later])}>
          grow
        </button>
        <DataGrid label="Runs" rows={rows} columns={all} rowKey={(row) => row.id} />
      </>
    );
  }
  await draw(<Growing />);
  await userEvent.click(screen.getByRole('button', { name: 'grow' }));
  expect(within(grid()).queryByRole('columnheader', { name: /F1/ })).toBeNull();
  await userEvent.click(screen.getByRole('button', { name: 'Choose columns' }));
  await userEvent.click(await screen.findByRole('checkbox', { name: 'F1' }));
  expect(within(grid()).getByRole('columnheader', { name: /F1/ })).toBeTruthy();
});
