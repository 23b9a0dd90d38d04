import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { draw } from '@/testing/render';
import type { ColumnProfile, Profile } from '../types';
import { pairs } from './Correlations';
import { ProfileView } from './ProfileView';
import { binLabels, spoken, valueText } from './words';

function column(change: Partial<ColumnProfile>): ColumnProfile {
  return {
    name: 'age',
    type: 'integer',
    count: 3,
    missing: 1,
    missing_share: 0.25,
    distinct: 3,
    distinct_exact: true,
    infinite: 0,
    errors: 0,
    quantiles: {},
    top: [],
    edges: [],
    ...change,
  };
}

test('dates in a histogram are shown as dates', () => {
  const dates = column({ type: 'date', histogram: { edges: [0, 86_400], counts: [2] } });
  expect(binLabels(dates, { edges: [0, 86_400], counts: [2] })).toEqual(['1970-01-01 – 1970-01-02']);
  expect(valueText(dates, '2020-03-01T00:00:00')).toBe('2020-03-01');
});

test('a bin of one integer is named by it', () => {
  expect(binLabels(column({}), { edges: [-0.5, 0.5, 1.5], counts: [2, 1] })).toEqual(['0', '1']);
});

test('a distribution is said in words', () => {
  expect(spoken(column({ min: 0, max: 1, histogram: { edges: [-0.5, 0.5, 1.5], counts: [2, 1] } }))).toBe(
    'age: 0 to 1, most in 0',
  );
  expect(spoken(column({ type: 'text', top: [{ value: 'male', count: 577, share: 0.6 }] }))).toContain(
    'male (577 rows)',
  );
});

test('pairs come strongest first, undefined ones last', () => {
  const found = pairs({
    columns: ['a', 'b', 'c'],
    values: [
      [1, 0.2, -0.9],
      [0.2, 1, null],
      [-0.9, null, 1],
    ],
  });
  expect(found.map((pair) => `${pair.a}${pair.b}`)).toEqual(['ac', 'ab', 'bc']);
});

test('a profile shows what to know first, and a column opens by keyboard', async () => {
  const profile: Profile = {
    rows: 4,
    columns: [column({})],
    sample: { rows: 4, exact: true, note: 'From all 4 rows.' },
    correlations: { rows: 4 },
    missing_patterns: [],
    alerts: [
      {
        kind: 'missing',
        column: 'age',
        message: 'age is missing in 25% of the rows',
        advice: 'Fill the gaps.',
        other: '',
      },
    ],
    target: '',
    seconds: 0.1,
    cpu_seconds: 0.1,
  };
  const open = vi.fn();
  await draw(
    <ProfileView
      profile={profile}
      column={undefined}
      onColumn={open}
      method={undefined}
      onMethod={() => undefined}
      sort={undefined}
      onSort={() => undefined}
      kind={undefined}
      onKind={() => undefined}
    />,
  );
  expect(screen.getByRole('button', { name: 'age is missing in 25% of the rows' })).toBeTruthy();
  expect(screen.getByText('Fill the gaps.')).toBeTruthy();
  screen.getByRole('grid', { name: 'Columns' }).focus();
  await userEvent.keyboard('{ArrowDown}{Enter}');
  expect(open).toHaveBeenCalledWith('age');
});
