import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Matrix } from '@/kit/grid/Matrix';
import { draw } from '@/testing/render';
import { axisOf, firstAxes, isLog } from './axes';
import { tick } from '@/kit/charts/parallel';
import { letter } from './ArtifactsTab';
import { ComparePage } from './ComparePage';
import {
  asNumbers,
  bestOf,
  deltaOf,
  fieldsOf,
  lowerIsBetter,
  ordered,
  type Comparison,
  type Field,
} from './fields';
import { compareHref } from './link';
import { readCompareSearch } from './search';
import { tableOf } from './table';

const run = (id: string, more: object = {}) => ({
  id: id.repeat(32), name: `run ${id}`, experiment: 'first', experiment_id: '1', parent_id: null, kind: 'run',
  state: 'Completed', lifecycle: 'active', user: 'owner', started_at: '2026-11-25T10:00:00Z', duration_s: 60,
  source: null, commit: null, datasets: [], ...more,
}); // prettier-ignore
const found = {
  runs: [run('a'), run('b', { duration_s: 90 }), run('c', { duration_s: null })],
  params: [
    { key: 'lr', values: ['0.001', '1', null], differs: true },
    { key: 'opt', values: ['adam', 'sgd', 'adam'], differs: true },
    { key: 'seed', values: ['7', '7', '7'], differs: false },
  ],
  metrics: [
    { key: 'loss', last: [0.5, 0.25, null], low: [0.4, 0.2, null], high: [2, 2, null], special: { 2: 'NaN' }, low_special: {}, high_special: { 2: 'Infinity' }, points: 9, differs: true },
    { key: 'auc', last: [0.9, 0.8, 0.7], low: [0.1, 0.1, 0.1], high: [0.9, 0.8, 0.7], special: {}, low_special: {}, high_special: {}, points: 1, differs: true },
  ],
  tags: [],
  missing: [],
  duplicates: [],
} as unknown as Comparison; // prettier-ignore
const fields = fieldsOf(found);
const field = (id: string) => fields.find((one) => one.id === id) as Field;

test('fields are numbers where all of them are, and say NaN where there is none', () => {
  expect(asNumbers(['1', '2e3', null])).toEqual([1, 2000, null]);
  expect(asNumbers(['1', 'x'])).toBeNull();
  expect(asNumbers(['', '1'])).toBeNull();
  expect(field('p.lr').numbers).toEqual([0.001, 1, null]);
  expect(field('m.loss').texts).toEqual(['0.5000', '0.2500', 'NaN']);
  expect(fieldsOf(found, 'low').find((one) => one.id === 'm.loss')?.numbers).toEqual([0.4, 0.2, null]);
  expect(fieldsOf(found, 'high').find((one) => one.id === 'm.loss')?.texts[2]).toBe('Infinity');
});

test('names tell which direction is better, and people may say otherwise', () => {
  const of = (key: string) => lowerIsBetter({ ...field('m.auc'), key });
  expect(['val_loss', 'RMSE', 'test/logLoss', 'trainError', 'wer'].map(of)).toEqual([
    true,
    true,
    true,
    true,
    true,
  ]);
  expect(['auc', 'accuracy', 'f1', 'lossless', 'r2'].map(of)).toEqual([false, false, false, false, false]);
  expect(lowerIsBetter(field('m.auc'), ['m.auc'])).toBe(true);
  expect(bestOf(field('m.loss'), [0, 1, 2], true)).toBe(1);
  expect(bestOf(field('m.auc'), [1, 2], false)).toBe(1);
  expect(bestOf(field('p.lr'), [0, 1], true)).toBeNull();
});

test('what was measured of the machine comes last, is no axis by itself, and nobody is best at it', () => {
  const machine = { key: 'system/cpu', last: [1, 2, 3], low: [1, 2, 3], high: [1, 2, 3], special: {}, low_special: {}, high_special: {}, points: 9, differs: true };
  const more = fieldsOf({ ...found, metrics: [machine, ...found.metrics] });
  expect(more.map((one) => one.kind).lastIndexOf('metric')).toBeLessThan(more.length - 1);
  expect(more.at(-1)).toMatchObject({ id: 'm.system/cpu', kind: 'system' });
  expect(firstAxes(more)).not.toContain('m.system/cpu');
  expect(bestOf(more.at(-1) as Field, [0, 1, 2], false)).toBeNull();
}); // prettier-ignore

test('a distance from the baseline is absolute, relative, and better or worse', () => {
  expect(deltaOf(field('m.loss'), 1, 0, true)).toEqual({ text: '−0.250 (−50.0%)', tone: 1 });
  expect(deltaOf(field('m.auc'), 1, 0, false)?.tone).toBe(-1);
  expect(deltaOf(field('m.loss'), 2, 0, true)).toBeNull();
  expect(deltaOf(field('m.loss'), 0, 0, true)).toBeNull();
  expect(deltaOf(field('p.lr'), 1, 0, true)).toEqual({ text: '+0.999 (+99,900%)', tone: 0 });
});

test('runs are ordered by a field with what is missing last, in both directions', () => {
  expect(ordered([0, 1, 2], field('m.loss'), false)).toEqual([1, 0, 2]);
  expect(ordered([0, 1, 2], field('m.loss'), true)).toEqual([0, 1, 2]);
  expect(ordered([0, 1, 2], field('p.opt'), true)).toEqual([1, 0, 2]);
});

test('axes: params first, texts as categories, wide numbers logarithmic unless said otherwise', () => {
  expect(firstAxes(fields)).toEqual(['p.lr', 'p.opt', 'm.loss', 'm.auc']);
  expect(firstAxes([{ ...field('m.loss'), numbers: [null, null, null] }])).toEqual([]); // NaN and Infinity have no place on it
  expect(axisOf(field('p.opt'), false)).toMatchObject({ categories: ['adam', 'sgd'], values: [0, 1, 0] });
  expect([isLog(field('p.lr'), undefined), isLog(field('p.lr'), ['p.lr'])]).toEqual([true, false]);
  expect([tick(2), tick(0.1), tick(1e-5), tick(0)]).toEqual(['2', '0.1', '1e-5', '0']);
});

test('the table as a file has one line a run and numbers in full', () => {
  const { columns, rows } = tableOf(found.runs, [field('m.loss'), field('p.opt')], [1]);
  expect(columns).toEqual(['run_id', 'name', 'metrics.loss', 'params.opt']);
  expect(rows).toEqual([['b'.repeat(32), 'run b', 0.25, 'sgd']]);
});

test('the address is read without trust', () => {
  expect(
    readCompareSearch({ tab: 'nonsense', smooth: '2', stat: 'last', over: 'time', runs: 'a,b' }),
  ).toMatchObject({
    tab: undefined,
    smooth: undefined,
    stat: undefined,
    over: 'time',
    runs: ['a', 'b'],
  });
  expect(compareHref(['a', 'b'], { tab: 'curves' })).toBe(
    '/w/default/experiments/compare?runs=a,b&tab=curves',
  );
  expect([letter(0), letter(25), letter(26)]).toEqual(['A', 'Z', 'AA']);
});

test('a matrix is moved through with the keys', async () => {
  const open = vi.fn();
  await draw(
    <Matrix
      label="things"
      rows={[{ id: '1', head: 'one' }, { id: '2', head: 'two' }]}
      columns={[{ id: 'x', head: 'X' }, { id: 'y', head: 'Y' }]}
      pinned="y"
      cell={(row, column) => `${row}/${column}`}
      onOpen={open}
    />,
  ); // prettier-ignore
  const grid = screen.getByRole('grid', { name: 'things' });
  expect(grid.getAttribute('aria-colcount')).toBe('3');
  grid.focus();
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{Enter}');
  expect(open).toHaveBeenCalledWith(1, 0);
});

const answers = vi.fn<(url: string) => unknown>();
beforeEach(() => {
  vi.stubGlobal('fetch', (input: Request) =>
    Promise.resolve(
      new Response(JSON.stringify(answers(input.url)), { headers: { 'content-type': 'application/json' } }),
    ),
  );
});
afterEach(() => vi.unstubAllGlobals());

test('without runs the page explains and lets one choose', async () => {
  answers.mockReturnValue({ items: [] });
  await draw(<ComparePage />, '/w/default/experiments/compare');
  expect(await screen.findByRole('heading', { name: 'Choose runs to compare' })).toBeTruthy();
  expect(await screen.findByText('There are no runs yet.')).toBeTruthy();
});

test('what differs is shown, missing runs are told, and the baseline is counted from', async () => {
  answers.mockReturnValue({ ...found, missing: ['f'.repeat(32)] });
  const ids = ['a', 'b', 'c'].map((id) => id.repeat(32)).join(',');
  const { history } = await draw(
    <ComparePage />,
    `/w/default/experiments/compare?runs=${ids}&base=aaaaaaaaaa`,
  );
  expect(await screen.findByRole('heading', { name: 'Compare 3 runs' })).toBeTruthy();
  expect(await screen.findByText('One run is not in this workspace')).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Sort by loss' })).toBeTruthy();
  expect(screen.queryByRole('button', { name: 'Sort by seed' })).toBeNull();
  await userEvent.click(screen.getByRole('switch', { name: /Only what differs/ }));
  expect(await screen.findByRole('button', { name: 'Sort by seed' })).toBeTruthy();
  expect(history.location.search).toContain('all=true');
});
