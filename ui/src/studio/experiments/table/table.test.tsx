import { screen } from '@testing-library/react';
import { expect, test } from 'vitest';
import { Problem } from '@/kernel/problem';
import { draw } from '@/testing/render';
import { defaultColumns, directionOf, exportedOf, headerOf, orderOf, specOf, wantedOf } from './columns';
import { expected, inserted, nameOptions, operatorOptions, valuesFor } from './complete';
import { comparisons, conditionOf, toFilter, withCondition } from './conditions';
import { Nothing } from './Nothing';
import { PAGE, Pages } from './pages';
import { SearchProblem } from './SearchProblem';
import { readTableSearch, readWidths, stateOf, writeWidths } from './state';
import { below, insertedRows, insertsOf, place, type Branch } from './tree';
import type { RunColumns, RunRecord } from './columns';

const record = (id: string) =>
  ({ run: { id, name: id }, params: {}, metrics: {}, tags: {}, children: 0 }) as unknown as RunRecord;

test('plain words search the name; a filter stays as it is', () => {
  expect(toFilter("bold it's")).toBe(
    "attributes.run_name ILIKE '%bold%' AND attributes.run_name ILIKE '%it''s%'",
  );
  expect(toFilter('metrics.auc > 0.9')).toBe('metrics.auc > 0.9');
  expect(toFilter("tags.x = 'a'")).toBe("tags.x = 'a'");
  expect(toFilter('  ')).toBe('');
});

test('comparisons are cut at AND, not inside quotes', () => {
  expect(comparisons("params.a = 'x AND y' and metrics.`b AND c` > 1")).toEqual([
    "params.a = 'x AND y'",
    'metrics.`b AND c` > 1',
  ]);
});

test('a menu reads and writes its comparison and leaves the others', () => {
  const one = withCondition('metrics.auc > 0.9', 'state', ['Failed', 'Lost']);
  expect(one).toBe("metrics.auc > 0.9 AND attributes.state IN ('Failed', 'Lost')");
  expect(conditionOf(one, 'state')).toEqual(['Failed', 'Lost']);
  expect(withCondition(one, 'state', [])).toBe('metrics.auc > 0.9');
  expect(conditionOf("user = 'o''hara'", 'user')).toEqual(["o'hara"]);
  expect(withCondition('bold', 'kind', ['run'])).toBe(
    "attributes.run_name ILIKE '%bold%' AND attributes.kind = 'run'",
  );
});

test('the address is read, also as the first version wrote it', () => {
  expect(readTableSearch({ state: 'failed,nonsense', kind: 'automl', all: 'true' })).toMatchObject({
    q: "attributes.state IN ('Failed', 'Lost') AND attributes.kind = 'automl'",
    all: true,
  });
  expect(readTableSearch({ exp: '1,x,22' }).exp).toEqual(['1', '22']);
  const state = stateOf(readTableSearch({ q: 'a', cols: 'name,m.auc', sel: 'x', view: 'v' }));
  expect(state).toEqual({ q: 'a', cols: 'name,m.auc' });
  expect(readWidths(writeWidths({ name: 240, 'm.a:b': 90 }))).toEqual({ name: 240, 'm.a:b': 90 });
  expect(readWidths('name:1e9,x')).toEqual({});
});

test('columns become what the server sorts by, sends and exports', () => {
  const spec = (id: string) => specOf(id) ?? { id, family: 'tag' as const, key: '', of: 'last' as const };
  expect(orderOf(spec('best.val_loss'), false, {})).toBe('min(metrics.val_loss) ASC');
  expect(orderOf(spec('best.val_loss'), false, { val_loss: 'up' })).toBe('max(metrics.val_loss) ASC');
  expect(orderOf(spec('p.batch size'), true, {})).toBe('params.`batch size` DESC');
  expect(orderOf(spec('progress'), true, {})).toBeNull();
  expect([specOf('m.'), specOf('nonsense'), specOf('x.y')]).toEqual([null, null, null]);
  expect(headerOf(spec('min.auc'))).toBe('auc min');
  expect(directionOf('test_rmse', {})).toBe('down');
  expect(directionOf('auc', {})).toBe('up');
  const specs = ['name', 'm.auc', 'best.auc', 'p.lr', 'progress'].map(spec);
  expect(wantedOf(specs)).toEqual(['metrics.auc', 'params.lr']);
  expect(exportedOf(specs, {})).toEqual([
    'attributes.id',
    'attributes.name',
    'metrics.auc',
    'max(metrics.auc)',
    'params.lr',
  ]);
});

const known = {
  params: [{ name: 'optimizer', runs: 3 }],
  metrics: [
    { name: 'auc', runs: 9 },
    { name: 'val loss', runs: 2 },
  ],
  tags: [],
} as unknown as RunColumns;

test('a table nobody has arranged shows the metrics that most runs have', () => {
  expect(defaultColumns(known, { oneExperiment: true, bin: false }).slice(0, 5)).toEqual([
    'name',
    'state',
    'm.auc',
    'm.val loss',
    'p.optimizer',
  ]);
  expect(defaultColumns(undefined, { oneExperiment: false, bin: true })).toContain('removal');
});

test('the caret tells what is written: a name, an operator, a value, or the next comparison', () => {
  const at = (text: string) => expected(text, text.length);
  expect(at('')).toMatchObject({ kind: 'name', part: '' });
  expect(at('metr')).toMatchObject({ kind: 'name', part: 'metr', from: 0 });
  expect(at('metrics.auc ')).toMatchObject({ kind: 'operator', name: 'metrics.auc' });
  expect(at("params.opt = 'ad")).toMatchObject({ kind: 'value', name: 'params.opt', part: "'ad", from: 13 });
  expect(at("params.opt = 'adam'")).toMatchObject({ kind: 'and' });
  expect(at("params.opt = 'adam' AND me")).toMatchObject({ kind: 'name', part: 'me' });
  expect(at("attributes.state IN ('Failed', ")).toMatchObject({
    kind: 'value',
    name: 'attributes.state',
    list: true,
  });
  expect(at("attributes.state IN ('Failed') ")).toMatchObject({ kind: 'and' });
  expect(at('params.x IS NOT NULL ')).toMatchObject({ kind: 'and' });
  expect(at('params.x NOT IN ')).toMatchObject({ kind: 'value' });
  expect(expected('metrics.a > 1', 5)).toMatchObject({ kind: 'name', part: 'metri' });
});

test('what is offered goes in where it belongs', () => {
  expect(nameOptions(known, 'loss')[0]?.insert).toBe('metrics.`val loss`');
  expect(nameOptions(known, 'opt')[0]?.insert).toBe('params.optimizer');
  expect(operatorOptions('metrics.auc', '').map((one) => one.insert)).not.toContain('LIKE');
  expect(operatorOptions('params.x', 'IS').map((one) => one.insert)).toEqual(['IS NULL', 'IS NOT NULL']);
  expect([valuesFor('metrics.auc'), valuesFor('user'), valuesFor('params.lr')]).toEqual([
    null,
    'attributes.user',
    'params.lr',
  ]);
  const expect_ = expected('metr', 4);
  expect(inserted('metr', expect_, { insert: 'metrics.auc', label: '' })).toEqual({
    text: 'metrics.auc ',
    caret: 12,
  });
});

test('of a long list only some pages stay in memory, and any page can be asked for', () => {
  const pages = new Pages<{ id: string }>((row) => row.id);
  const page = (n: number) => Array.from({ length: PAGE }, (_, i) => ({ id: `r${n * PAGE + i}` }));
  for (let n = 0; n < 40; n += 1) pages.put(n, page(n), `c${n + 1}`);
  expect(pages.pages).toBeLessThan(20);
  expect(pages.at(0)).toBeUndefined();
  expect(pages.at(39 * PAGE + 7)).toEqual({ id: `r${39 * PAGE + 7}` });
  expect(pages.ask(3)).toEqual({ page: 3, cursor: 'c3', skip: 0 });
  expect(pages.ask(600)).toEqual({ page: 600, cursor: 'c40', skip: 560 * PAGE });
  expect(pages.missing(38 * PAGE, 41 * PAGE)).toEqual([40, 41]);
  pages.put(40, page(40).slice(0, 5), null);
  expect(pages.total).toBe(4005);
  expect(pages.missing(40 * PAGE, 45 * PAGE)).toEqual([]);
  expect(pages.patch([{ id: 'r3900' }, { id: 'elsewhere' }])).toBe(true);
});

test('open rows put theirs into the list, and the places behind move on', () => {
  const branch = (index: number, ...ids: string[]): Branch => ({
    index,
    rows: ids.map(record),
    total: ids.length,
    next: null,
    loading: false,
    error: null,
  });
  const branches = new Map([
    ['b', branch(1, 'b1', 'b2')],
    ['b2', branch(1, 'deep')],
    ['d', branch(3, 'd1')],
  ]);
  expect(below(branches, 'b').map((row) => row.key)).toEqual(['b1', 'b2', 'deep']);
  const inserts = insertsOf(branches, new Set(['b', 'd']));
  expect(insertedRows(inserts)).toBe(4);
  const walk = Array.from({ length: 9 }, (_, at) => {
    const { base, row } = place(inserts, at);
    return row ? row.key : base;
  });
  expect(walk).toEqual([0, 1, 'b1', 'b2', 'deep', 2, 3, 'd1', 4]);
});

test('a search that cannot be read shows where', async () => {
  const problem = new Problem({ detail: 'Invalid clause', position: 12, length: 2 } as never, 400);
  await draw(<SearchProblem problem={problem} filter="metrics.a > >> 1" />);
  expect(screen.getByTitle('Here').textContent).toBe('>>');
});

test('an experiment without runs says how to log one; a search without matches is cleared, the experiment stays', async () => {
  const changes: unknown[] = [];
  const { unmount } = await draw(
    <Nothing search={{ exp: ['4'] }} experiment="churn" onChange={(change) => changes.push(change)} />,
  );
  screen.getByText('No runs here yet');
  expect(document.querySelector('pre')?.textContent).toContain('mlflow.set_experiment("churn")');
  expect(screen.queryByText('Clear filters')).toBeNull();
  unmount();
  await draw(
    <Nothing search={{ exp: ['4'], q: 'x' }} experiment="churn" onChange={(c) => changes.push(c)} />,
  );
  screen.getByText('Clear filters').click();
  expect(changes).toEqual([{ q: undefined }]);
});
