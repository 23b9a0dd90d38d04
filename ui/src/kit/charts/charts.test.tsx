import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { draw } from '@/testing/render';
import { Bars } from './Bars';
import { ChartFrame } from './ChartFrame';
import { align } from './curves';
import { fileName, tabularCsv } from './table';

test('curves with different steps share one axis', () => {
  const { xs, ys } = align([
    { id: 'a', name: 'a', x: [0, 2], y: [1, 3] },
    { id: 'b', name: 'b', x: [1], y: [NaN] },
  ]);
  expect(xs).toEqual([0, 1, 2]);
  expect(ys).toEqual([
    [1, null, 3],
    [null, null, null],
  ]);
});

test('a chart can be read as a table', async () => {
  await draw(
    <ChartFrame
      title="ROC"
      summary="AUC 0.91, n = 100."
      table={{ columns: ['fpr', 'tpr'], rows: [[0, 0.5]] }}
      height={200}
    >
      <div />
    </ChartFrame>,
  );
  expect(screen.getByRole('figure').getAttribute('aria-describedby')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Options of ROC' }));
  await userEvent.click(await screen.findByRole('menuitem', { name: 'As table' }));
  expect(screen.getByRole('columnheader', { name: 'fpr' })).toBeTruthy();
});

test('downloads have a name and quoted fields', () => {
  expect(fileName('ROC (one vs rest)', 'csv')).toBe('roc-one-vs-rest.csv');
  expect(tabularCsv({ columns: ['a'], rows: [['x,y'], [null]] })).toBe('a\n"x,y"\n\n');
});

test('a small histogram speaks', async () => {
  await draw(<Bars values={[0, 5, 10]} label="0 to 80, peak at 30" />);
  expect(screen.getByRole('img', { name: '0 to 80, peak at 30' })).toBeTruthy();
});
