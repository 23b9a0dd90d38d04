import { expect, test } from 'vitest';
import { ago, bytes, count, counted, duration, metric, shortId } from './format';

test('a metric keeps four significant digits, large or small', () => {
  expect(metric(0.92661)).toBe('0.9266');
  expect(metric(12.3456)).toBe('12.35');
  expect(metric(1.2e-7)).toBe('1.200e-7');
  expect(metric(0)).toBe('0');
});

test('a metric that is no number says so', () => {
  expect(metric(NaN)).toBe('NaN');
  expect(metric(-Infinity)).toBe('-Infinity');
  expect(metric(null)).toBe('–');
});

test('sizes and counts are read at a glance', () => {
  // the same figures stand in tests/kernel/test_terminal.py
  expect(bytes(0)).toBe('0 B');
  expect(bytes(999)).toBe('999 B');
  expect(bytes(1000)).toBe('1.0 kB');
  expect(bytes(250_000)).toBe('250 kB');
  expect(bytes(5e17)).toBe('500 PB');
  expect(bytes(999_900)).toBe('1.0 MB');
  expect(bytes(3_974_305)).toBe('4.0 MB');
  expect(count(48_842)).toBe('48,842');
});

test('durations carry two units', () => {
  expect(duration(0.25)).toBe('250 ms');
  expect(duration(0.000_042)).toBe('42 µs');
  expect(duration(0)).toBe('0 s');
  expect(duration(61)).toBe('1 min 1 s');
  expect(duration(7_322)).toBe('2 h 2 min');
});

test('times are relative', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');
  expect(ago('2026-01-01T23:57:00Z', now)).toBe('3 min ago');
  expect(ago(null, now)).toBe('–');
});

test('a run id shows its random tail, since its head is the time', () => {
  expect(shortId('0198c0de00007000800000000000abcd')).toBe('0000abcd');
  expect(shortId('titanic')).toBe('titanic');
});

test('one thing is not several', () => {
  expect([0, 1, 1200].map((value) => counted(value, 'row'))).toEqual(['0 rows', '1 row', '1,200 rows']);
  expect(counted(1, 'row is', 'rows are')).toBe('1 row is');
});
