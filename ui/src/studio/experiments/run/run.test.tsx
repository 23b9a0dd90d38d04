import { expect, test } from 'vitest';
import { diffSize, diffTones } from '@/kit/code/tokens';
import { highlight } from '@/kit/code/highlight';
import { draw } from '@/testing/render';
import type { Metric, Run } from '../queries';
import { rowsOf as childRows, tally } from './ChildrenTab';
import { cellImage } from './CellImage';
import { matching, rowsOf, treeOf } from './fileTree';
import { galleryOf, imagesAt, loggedTables } from './gallery';
import { isBinary, isTableJson, lookOf, pretty } from './look';
import { curvesOf } from './MetricCurves';
import { groupsOf, readRange, writeRange } from './metricGroups';
import { bestAxis } from './MetricsTab';
import { readNotebook } from './notebook';
import type { RunNode } from './queries';
import { readRunSearch } from './search';
import { snippets } from './snippet';
import { sourceFacts } from './source';
import { applied, isOwn } from './tags';

const a = (id: string, more: Partial<Run> = {}) => ({ id, state: 'Running', name: id, ...more }) as Run;

test('the address holds the state of a run page; nonsense is dropped', () => {
  expect(readRunSearch({ tab: 'log', line: '7', pin: 'a,b' })).toMatchObject({
    tab: 'log',
    line: 7,
    pin: ['a', 'b'],
  });
  expect(readRunSearch({ tab: 'overview' }).tab).toBeUndefined();
  expect(readRunSearch({ smooth: '1000', x: 'nonsense' })).toMatchObject({ smooth: 99, x: undefined });
  expect(readRunSearch({ x: 'step' }).x).toBe('step');
  expect(readRange('10~20')).toEqual([10, 20]);
  expect([readRange('20~10'), readRange('x'), readRange(undefined)]).toEqual([null, null, null]);
  expect(readRange(writeRange([0.001234567, 0.5]))).toEqual([0.001235, 0.5]);
});

test('metrics are grouped by what is before their last slash, numbers in order', () => {
  expect(groupsOf(['val/loss', 'loss', 'train/layer10', 'train/layer2'])).toEqual([
    { name: '', keys: ['loss'] },
    { name: 'train', keys: ['train/layer2', 'train/layer10'] },
    { name: 'val', keys: ['val/loss'] },
  ]);
  const metric = (step: number, points: number) => ({ step, points }) as Metric;
  expect(bestAxis([metric(0, 5)])).toBe('relative');
  expect(bestAxis([metric(0, 5), metric(3, 4)])).toBe('step');
});

test('curves keep their run, their colour, and an envelope only where points were left out', () => {
  const served = { metric: 'loss', y: [1], low: [0], high: [2], steps: [0], timestamps: [2000], x: [2000] };
  const runs = [{ id: 'r', name: 'first', slot: 3 }];
  const [whole] = curvesOf([{ ...served, run_id: 'r', sampled: false, total: 1 }], runs, 'time');
  expect(whole).toMatchObject({ name: 'first', slot: 3, x: [2] });
  expect(whole?.low).toBeUndefined();
  const [part] = curvesOf([{ ...served, run_id: 'r', sampled: true, total: 9 }], runs, 'step');
  expect(part).toMatchObject({ x: [2000], low: [0], high: [2] });
  expect(curvesOf([{ ...served, run_id: 'other', sampled: false, total: 1 }], runs, 'step')).toEqual([]);
});

test('files are a tree with the sizes of folders; closed folders hide what is in them', () => {
  const items = [
    { path: 'model/data/x.bin', size: 10 },
    { path: 'model/MLmodel', size: 5 },
    { path: 'a.txt', size: 1 },
  ];
  const tree = treeOf(items);
  expect(rowsOf(tree, () => false).map((row) => [row.path, row.size])).toEqual([
    ['model', 15],
    ['a.txt', 1],
  ]);
  expect(rowsOf(tree, () => true).map((row) => row.path)).toEqual([
    'model', 'model/data', 'model/data/x.bin', 'model/MLmodel', 'a.txt',
  ]); // prettier-ignore
  expect(matching(items, 'model BIN').map((item) => item.path)).toEqual(['model/data/x.bin']);
});

test('a file is looked at as what its name says', () => {
  expect(['a/page.html', 'x.svg', 'roc.PNG', 'model/MLmodel', 'model.pkl', 'n.ipynb'].map(lookOf)).toEqual([
    'html', 'svg', 'image', 'text', 'none', 'notebook',
  ]); // prettier-ignore
  expect(isBinary('a\u0000b')).toBe(true);
  expect(isTableJson('{"columns":["a"],"data":[]}')).toBe(true);
  expect(isTableJson('{"a": 1}')).toBe(false);
  expect([pretty('{"a":1}').includes('\n'), pretty('{"a":')]).toEqual([true, '{"a":']);
});

test('logged pictures are found under the names of MLflow 2 and 3, with their small copies', () => {
  const gallery = galleryOf(
    [
      'images/val~samples+step+10+timestamp+200+aaaa-1.png',
      'images/val~samples+step+10+timestamp+200+aaaa-1+compressed.webp',
      'images/val~samples+step+2+timestamp+100+bbbb-2.png',
      'images/old#key%step%0%timestamp%50%cccc-3%compressed.webp',
      'roc.png',
      'report/index.html',
      'predictions.json',
      'rows.parquet',
      'config.json',
    ],
    loggedTables('[{"path": "predictions.json", "type": "table"}]'),
  );
  expect(gallery.series.map((one) => [one.key, one.images.map((image) => image.step)])).toEqual([
    ['old/key', [0]],
    ['val/samples', [2, 10]],
  ]);
  expect(gallery.series[1]?.images[1]).toMatchObject({ path: expect.stringMatching(/1\.png$/), thumb: expect.stringMatching(/webp$/) }); // prettier-ignore
  expect(gallery.steps).toEqual([0, 2, 10]);
  expect(imagesAt(gallery.series[1]?.images ?? [], 5).map((image) => image.step)).toEqual([2]);
  expect(imagesAt(gallery.series[1]?.images ?? [], 1)).toEqual([]);
  expect([gallery.pictures, gallery.pages, gallery.tables]).toEqual([
    ['roc.png'],
    ['report/index.html'],
    ['predictions.json', 'rows.parquet'],
  ]);
  expect(loggedTables('no json')).toEqual([]);
  expect(cellImage('{"type": "image", "filepath": "a.png", "compressed_filepath": "a.webp"}')).toBe('a.webp');
});

test('a notebook gives its code, texts and outputs, also one of version 3', () => {
  const cells = [
    { cell_type: 'markdown', source: ['# A\n', 'b'] },
    {
      cell_type: 'code',
      source: 'print(1)',
      execution_count: 3,
      outputs: [
        { output_type: 'stream', name: 'stdout', text: ['1\n'] },
        { output_type: 'display_data', data: { 'image/png': 'aGk=\n', 'text/plain': 'x' } },
        { output_type: 'execute_result', data: { 'text/html': ['<b>', 'x</b>'], 'text/plain': 'x' } },
        { output_type: 'error', traceback: ['Trace', 'Error'] },
      ],
    },
  ];
  const read = readNotebook(JSON.stringify({ cells, metadata: { kernelspec: { language: 'python' } } }));
  expect(read.cells[0]).toMatchObject({ kind: 'markdown', source: '# A\nb' });
  expect(read.cells[1]?.outputs).toEqual([
    { kind: 'text', text: '1\n', error: false },
    { kind: 'image', src: 'data:image/png;base64,aGk=' },
    { kind: 'html', html: '<b>x</b>' },
    { kind: 'text', text: 'Trace\nError', error: true },
  ]);
  const old = { worksheets: [{ cells: [{ cell_type: 'code', input: 'x', outputs: [] }] }] };
  expect(readNotebook(JSON.stringify(old)).cells[0]?.source).toBe('x');
  expect(() => readNotebook('no')).toThrow(SyntaxError);
});

test('code is coloured line by line, and a diff counts what changed', () => {
  const [first, second] = highlight('def f():\n    return "x"  # why', 'python');
  expect(first?.[0]).toEqual({ text: 'def', kind: 'keyword' });
  expect(second?.find((token) => token.kind === 'comment')?.text).toBe('# why');
  const text = 'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same';
  expect(diffSize(text)).toEqual({ files: 1, added: 1, removed: 1 });
  expect(diffTones(text.split('\n')).slice(3)).toEqual(['hunk', 'remove', 'add', undefined]);
});

test('tags change on the screen at once; those of MLflow are its own', () => {
  expect(applied({ a: '1', b: '2' }, { a: null, c: '3' })).toEqual({ b: '2', c: '3' });
  expect([isOwn('team'), isOwn('mlflow.runName')]).toEqual([true, false]);
  expect(
    Object.fromEntries(sourceFacts({ 'mlflow.source.git.commit': 'abc', 'mlflow.source.git.dirty': 'true' })),
  ).toEqual({
    Commit: 'abc',
    Changes: 'not all committed',
  });
});

test('the snippet names the run, its curve and its model', () => {
  const metric = { key: 'train/"loss"', points: 10 } as Metric;
  const code = snippets({
    id: 'abc',
    name: 'first\nrun',
    workspace: 'team',
    origin: 'http://127.0.0.1:8585',
    overview: {
      metrics: [metric],
      models: [{ id: 'm-1', name: 'model', status: 'READY', step: 0, path: 'models:/model', last: true }],
    },
    hasCode: false,
  });
  expect(code['MLflow']).toContain('http://127.0.0.1:8585/w/team');
  expect(code['MLflow']).toContain('get_metric_history(run.info.run_id, "train/\\"loss\\"")');
  expect(code['MLflow']).toContain('load_model("models:/m-1")');
  expect(code['MLflow']?.split('\n')[0]).toBe('# first run');
  expect('Its code' in code).toBe(false);
});

test('children stand under their parent, siblings in order', () => {
  const node = (id: string, children = 0): RunNode => ({ run: a(id), children });
  const below = new Map([['x', [node('x2'), node('x1')]]]);
  const order = <T extends { id: string }>(rows: T[]) =>
    [...rows].sort((one, two) => one.id.localeCompare(two.id));
  const rows = childRows([node('y'), node('x', 2)], below, ['x'], 0, order);
  expect(rows.map((row) => [row.id, row.depth])).toEqual([
    ['x', 0],
    ['x1', 1],
    ['x2', 1],
    ['y', 0],
  ]);
  expect(tally([a('1'), a('2', { state: 'Completed' }), a('3')])).toBe('2 running, 1 completed');
});

test('markdown is drawn without its HTML, and links cannot run scripts', async () => {
  const { default: MarkdownText } = await import('@/kit/MarkdownText');
  const text =
    '# Title\n\n<img src=x onerror=alert(1)> [bad](javascript:alert(1)) [good](https://example.org) ![p](https://example.org/a.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |';
  const { container } = await draw(<MarkdownText text={text} />);
  expect(container.querySelector('h3')?.textContent).toBe('Title');
  expect(container.querySelector('img')).toBeNull();
  expect([...container.querySelectorAll('a')].map((link) => link.getAttribute('href'))).toEqual([
    '',
    'https://example.org',
    'https://example.org/a.png',
  ]);
  expect(container.querySelector('td')?.textContent).toBe('1');
});
