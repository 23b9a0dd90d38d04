import { Button } from '@mantine/core';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { Problem } from '@/kernel/problem';
import { draw } from '@/testing/render';
import { ConfirmByName } from './ConfirmUndo';
import { ErrorState } from './ErrorState';
import { LongText } from './LongText';
import { MetricCell } from './MetricCell';
import { Note } from './Note';
import { Answer } from './Page';
import { ProgressBar } from './ProgressBar';
import { Reason } from './Reason';
import { pinSlot, slotOf, slotsOf } from './runColours';
import { isOver, statusOf } from './status';
import { StatusBadge } from './StatusBadge';

test('a state is a word as well as a colour', async () => {
  await draw(<StatusBadge state="NotStarted" />);
  expect(screen.getByText('Not started')).toBeTruthy();
});

test('every state of a run has a tone', () => {
  expect(statusOf('Finalizing').tone).toBe('running');
  expect(statusOf('Lost').tone).toBe('failed');
  expect(isOver('Skipped')).toBe(true);
  expect(isOver('Queued')).toBe(false);
});

test('a metric shows four digits and keeps the rest in its title', async () => {
  await draw(<MetricCell value={0.926612345} best name="AUC" />);
  expect(screen.getByTitle('AUC: 0.926612345').textContent).toBe('0.9266');
  expect(screen.getByRole('img', { name: 'Best' })).toBeTruthy();
});

test('a long value shows its beginning until all of it is asked for', async () => {
  const text = 'word '.repeat(700);
  await draw(<LongText text={text} />);
  const button = screen.getByRole('button', { name: 'Show all 3,500 characters' });
  expect(screen.getByText(/^word/).textContent).toHaveLength(300);
  await userEvent.click(button);
  expect(screen.getByText(/^word/).textContent).toBe(text);
  expect(screen.getByRole('button', { name: 'Show less' }).getAttribute('aria-expanded')).toBe('true');
});

test('a note keeps its title apart from its text', async () => {
  await draw(<Note title="One run alone">All of it is shown.</Note>);
  expect(screen.getByText('One run alone').parentElement?.textContent).toBe(
    'One run alone All of it is shown.',
  );
});

test('an error says what failed, what to do, and can be tried again', async () => {
  const retry = vi.fn();
  const problem = new Problem(
    { title: 'Path not found', detail: 'a.csv is not there.', hint: 'List what is there.', code: 'x.y' },
    422,
    'req-1',
  );
  await draw(<ErrorState error={problem} onRetry={retry} />);
  expect(screen.getByRole('alert').textContent).toContain('List what is there.');
  expect(screen.getByText(/x\.y · req-1/)).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(retry).toHaveBeenCalledOnce();
});

test('what is not there is not asked for again: its list is a click away', async () => {
  window.history.pushState({}, '', '/w/default/experiments/environments/gone');
  const problem = new Problem({ title: 'Environment not found', detail: 'There is no gone.' }, 404);
  await draw(<ErrorState error={problem} onRetry={vi.fn()} />);
  expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull();
  expect(screen.getByRole('link', { name: 'See all environments' }).getAttribute('href')).toBe(
    '/w/default/experiments/environments',
  );
  window.history.pushState({}, '', '/');
});

test('a button that may not be pressed is reached by the keyboard and says why', async () => {
  const press = vi.fn();
  const button = (
    <Button disabled onClick={press}>
      Delete
    </Button>
  );
  await draw(<Reason why="Your role may not">{button}</Reason>);
  await userEvent.tab();
  const found = screen.getByRole('button', { name: 'Delete' });
  expect(document.activeElement).toBe(found);
  expect(found.getAttribute('aria-disabled')).toBe('true');
  expect((await screen.findByRole('tooltip')).textContent).toBe('Your role may not');
  await userEvent.click(found);
  await userEvent.keyboard('{Enter}');
  expect(press).not.toHaveBeenCalled();
});

test('old data stay on screen when a refresh fails', async () => {
  const query = { data: 'old rows', error: new Error('away'), isPending: false, refetch: vi.fn() };
  await draw(<Answer query={query}>{(data) => <p>{data}</p>}</Answer>);
  expect(screen.getByText('old rows')).toBeTruthy();
  expect(screen.queryByRole('alert')).toBeNull();
});

test('what cannot be undone asks for the name', async () => {
  const confirm = vi.fn(() => Promise.resolve());
  await draw(
    <ConfirmByName
      opened
      onClose={() => undefined}
      name="titanic"
      verb="Delete"
      loss="Gone."
      onConfirm={confirm}
    />,
  );
  const button = screen.getByRole('button', { name: 'Delete' });
  expect((button as HTMLButtonElement).disabled).toBe(true);
  await userEvent.type(screen.getByLabelText(/Type titanic/), 'titanic');
  await userEvent.click(button);
  expect(confirm).toHaveBeenCalledOnce();
});

test('progress without a total says what it does, not a percentage', async () => {
  await draw(<ProgressBar done={3} label="Reading" name="Upload" />);
  expect(screen.getByText(/Reading/).textContent).not.toContain('%');
});

test('a run has one colour wherever it is shown, and up to eight beside each other have different ones', () => {
  const ids = Array.from({ length: 8 }, (_, n) => `run-${n}`);
  const slots = slotsOf([...ids, ...ids]);
  expect(new Set(slots.values()).size).toBe(8);
  for (const id of ids) expect(slotOf(id)).toBe(slots.get(id));
  expect(slotsOf(ids.toReversed())).toEqual(new Map(ids.toReversed().map((id) => [id, slotOf(id)])));
  pinSlot(['run-3'], slots.get('run-5') ?? 0);
  expect(slotsOf(ids).get('run-3')).toBe(slots.get('run-5'));
  expect(new Set(slotsOf(ids).values()).size).toBe(8);
  pinSlot(['run-3'], null);
});
