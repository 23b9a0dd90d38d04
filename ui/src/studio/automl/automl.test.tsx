import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { draw } from '@/testing/render';
import type { BoardRow, Leaderboard } from './documents';
import { Board } from './result/Board';
import { ExportVerdict } from './result/ExportVerdict';
import { Guardrails } from './result/Guardrails';
import { lineOption } from './result/lineOption';
import { snippets } from './snippets';
import { missing, specOf, stepOf } from './wizard/spec';
import { palette } from '@/theme';

test('the wizard asks for what is missing, in order', () => {
  expect(missing({})).toBe('data');
  expect(missing({ dataset: 'titanic:1' })).toBe('target');
  expect(missing({ dataset: 'titanic:1', target: 'Survived' })).toBeNull();
});

test('a number of models replaces the time limit', () => {
  expect(specOf({ dataset: 'd:1', target: 't' })).toMatchObject({ time_limit: 60, max_trials: null });
  expect(specOf({ dataset: 'd:1', target: 't', trials: 5, time: 300 })).toMatchObject({
    time_limit: null,
    max_trials: 5,
  });
});

test('a refused field leads to the step where it is put right', () => {
  expect(stepOf('target')).toBe('target');
  expect(stepOf('time_limit')).toBe('limits');
  expect(stepOf('unknown.part')).toBe('review');
});

test('the code says the same as the form, with names that need quotes', () => {
  const code = snippets(
    specOf({ dataset: 'titanic:1', target: "it's here", drop: ['Name'], trials: 3, seed: 7 }),
  );
  expect(code['Command line']).toBe(
    `studiolo automl submit --dataset titanic:1 --target 'it'\\''s here' --max-trials 3 --seed 7 --drop Name --wait`,
  );
  expect(code.Python).toContain('target="it\'s here"');
  expect(JSON.parse(code.JSON ?? '')).toEqual({
    dataset: 'titanic:1',
    target: "it's here",
    max_trials: 3,
    seed: 7,
    drop: ['Name'],
  });
});

function row(change: Partial<BoardRow>): BoardRow {
  return {
    rank: 1,
    id: 'a',
    name: 'lightgbm_1',
    kind: 'trial',
    learner: 'lightgbm',
    title: 'LightGBM',
    state: 'completed',
    reason: '',
    score: 0.9,
    fold_scores: [],
    folds: 5,
    metrics: {},
    params: {},
    members: [],
    ...change,
  };
}

test('the leaderboard marks the best and opens a row by keyboard', async () => {
  const board: Leaderboard = {
    metric: 'AUC_weighted',
    greater_is_better: true,
    rows: [
      row({}),
      row({ id: 'b', rank: 2, name: 'linear', state: 'failed', score: null, reason: 'out of memory' }),
    ],
  };
  const choose = vi.fn();
  await draw(
    <Board board={board} chosen={undefined} onChoose={choose} sort={undefined} onSort={() => undefined} />,
  );
  const grid = screen.getByRole('grid', { name: 'Leaderboard' });
  expect(within(grid).getAllByRole('img', { name: 'Best' })).toHaveLength(1);
  expect(within(grid).getByText('Failed')).toBeTruthy();
  grid.focus();
  await userEvent.keyboard('{ArrowDown}{ArrowDown}{Enter}');
  expect(choose).toHaveBeenCalledWith('b');
});

test('checks that need a look come first', async () => {
  await draw(
    <Guardrails
      items={[
        { name: 'a', title: 'Validation', state: 'done', detail: '5 folds', columns: [] },
        { name: 'b', title: 'Leak suspects', state: 'alerted', detail: 'boat', columns: ['boat'] },
      ]}
    />,
  );
  const items = screen.getAllByRole('listitem');
  expect(items[0]?.textContent).toContain('Leak suspects');
});

test('a refused export says why', async () => {
  await draw(
    <ExportVerdict
      verdict={{ onnx: false, reason: '3 of 900 rows differ', rows: 900, edge_rows: 600, test_rows: 0 }}
    />,
  );
  expect(screen.getByText(/refused/)).toBeTruthy();
  expect(screen.getByText('3 of 900 rows differ')).toBeTruthy();
});

test('past four curves the dash tells them apart as well', () => {
  const lines = Array.from({ length: 6 }, (_, i) => ({ name: String(i), x: [0, 1], y: [0, 1] }));
  const series = lineOption(palette('dark'), lines, { x: 'x', y: 'y' }).series as {
    lineStyle: { type: string };
  }[];
  expect(series.map((one) => one.lineStyle.type)).toEqual([
    'solid',
    'solid',
    'solid',
    'solid',
    'dashed',
    'dashed',
  ]);
});
