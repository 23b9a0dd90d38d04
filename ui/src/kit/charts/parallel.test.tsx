import { fireEvent, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { metric } from '@/kernel/format';
import { draw } from '@/testing/render';
import {
  brushBetween, passing, readBrushes, scaleOf, tick, within, without, writeBrushes, type ParallelAxis,
} from './parallel'; // prettier-ignore
import { placeTexts } from './axis';
import { ParallelCoordinates } from './ParallelCoordinates';

test('places of an axis have as many digits as tell them apart', () => {
  expect(placeTexts([0, 0.5, 1], metric, 3)).toEqual(['0', '0.500', '1.00']);
  expect(placeTexts([50848, 50848.5, null, 50849], metric, 3)).toEqual([
    '50,848.0',
    '50,848.5',
    '',
    '50,849.0',
  ]);
  expect(placeTexts([58090, 58095], tick, 4)).toEqual(['58090', '58095']);
  expect(placeTexts([7, 7], metric, 3)).toHaveLength(2);
});

const axis = (values: number[], more: Partial<ParallelAxis> = {}): ParallelAxis => ({
  id: 'm.auc',
  name: 'auc',
  values,
  categories: null,
  log: false,
  ...more,
});

test('a scale goes there and back, also logarithmic and of one value', () => {
  const straight = scaleOf(axis([1, 3, NaN]));
  expect([straight.to(1), straight.to(2), straight.to(3), straight.from(0.5)]).toEqual([0, 0.5, 1, 2]);
  const log = scaleOf(axis([0.001, 10], { log: true }));
  expect(log.to(0.1)).toBeCloseTo(0.5);
  expect(log.from(0.5)).toBeCloseTo(0.1);
  expect(log.ticks.map((tick) => Number(tick.toPrecision(3)))).toEqual([0.001, 0.01, 0.1, 1, 10]);
  const one = scaleOf(axis([5, 5]));
  expect(one.to(5)).toBe(0.5);
  expect(scaleOf(axis([NaN])).to(NaN)).toBeNaN();
});

test('a brush is a range of numbers or some categories; all or a point is none', () => {
  const numbers = axis([0, 10]);
  expect(brushBetween(numbers, scaleOf(numbers), 0.8, 0.2)).toEqual({ low: 2, high: 8 });
  expect(brushBetween(numbers, scaleOf(numbers), 0.5, 0.501)).toBeNull();
  const texts = axis([0, 1, 2], { categories: ['adam', 'lion', 'sgd'] });
  expect(brushBetween(texts, scaleOf(texts), 0.4, 0.6)).toEqual({ only: ['lion'] });
  expect(brushBetween(texts, scaleOf(texts), 0, 1)).toBeNull();
});

test('a line passes when every brushed axis lets it through; one without a value does not', () => {
  const auc = axis([0.9, 0.5, NaN]);
  const optimizer = axis([0, 1, 1], { id: 'p.opt', categories: ['adam', 'sgd'] });
  const brushes = { 'm.auc': { low: 0.4, high: 1 }, 'p.opt': { only: ['sgd'] } };
  expect([0, 1, 2].map((line) => passing([auc, optimizer], brushes, line))).toEqual([false, true, false]);
  expect(within(auc, undefined, NaN)).toBe(true);
  expect(Object.keys(without(brushes, 'p.opt'))).toEqual(['m.auc']);
});

test('brushes survive the address, with any name and text, and half an address is no crash', () => {
  const brushes = {
    'm.a~b;c': { low: -1.5, high: 2e-7 },
    'p.path': { only: ['a|b', 'c=d', 'ü ..'] },
  };
  expect(readBrushes(writeBrushes(brushes))).toEqual(brushes);
  expect(writeBrushes({})).toBeUndefined();
  expect(readBrushes('m.x~1..;nonsense;p.y~=%E0%A4%A')).toEqual({});
  expect(readBrushes(undefined)).toEqual({});
});

test('axes change places with the arrow keys', async () => {
  const move = vi.fn();
  await draw(
    <ParallelCoordinates
      axes={[axis([1, 2]), axis([3, 4], { id: 'p.lr', name: 'lr' })]}
      colours={['red', 'blue']}
      names={['one', 'two']}
      lines={[0, 1]}
      brushes={{}}
      onBrush={() => undefined}
      onMove={move}
      label={(_axis, value) => String(value)}
    />,
  );
  fireEvent.keyDown(screen.getByRole('button', { name: 'Axis lr' }), { key: 'ArrowLeft' });
  expect(move).toHaveBeenCalledWith(1, 0);
});
