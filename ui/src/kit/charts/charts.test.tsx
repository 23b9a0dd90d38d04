import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { draw } from '@/testing/render';
import { Bars } from './Bars';
import { ChartFrame } from './ChartFrame';
import { align, lastOf, positive, smooth } from './curves';
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

test('many curves over time share places less than a pixel apart', () => {
  const curve = (id: string, shift: number) => ({
    id,
    name: id,
    x: Array.from({ length: 500 }, (_, n) => n * 10 + shift),
    y: Array.from({ length: 500 }, (_, n) => n),
  });
  const { xs, ys } = align(
    Array.from({ length: 20 }, (_, n) => curve(`${n}`, n / 7)),
    1000,
  );
  expect(xs).toHaveLength(1000);
  expect(ys[3]?.filter((y) => y !== null)).toHaveLength(500);
  expect([xs[0], ys[0]?.[0]]).toEqual([0, 0]);
});

test('smoothing is the debiased average of TensorBoard, and leaves holes', () => {
  expect(smooth([1, null, 1], 0.9)).toEqual([1, null, 1]);
  const [first, second] = smooth([0, 10], 0.6);
  expect(first).toBe(0);
  expect(second).toBeCloseTo(4 / 0.64, 10);
  expect(positive([1, 0, -1, null])).toEqual([1, null, null, null]);
});

test('the last value is told also where it is no finite number', () => {
  const curve = { id: 'a', name: 'a', x: [0, 1], y: [1, null] };
  expect(lastOf(curve)).toBe('no finite number');
  expect(lastOf({ ...curve, last: '-Infinity' })).toBe('-Infinity');
  expect(lastOf({ ...curve, y: [1, 0.5] })).toBe('0.5000');
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
