import { fireEvent, screen, waitFor } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import { draw } from '@/testing/render';
import type { Quality } from './queries';
import { SqlRuleForm } from './SqlRuleForm';

afterEach(() => vi.unstubAllGlobals());

const quality = {
  dataset: 'titanic',
  rules_version: 1,
  titles: ['Age is there'],
  state: 'none',
  rules: [{ type: 'not_null', column: 'Age', severity: 'warn', title: '', tolerance: 0 }],
  frequency: 'day',
  zone: 'Europe/Prague',
  recipients: ['ann@example.org'],
} as unknown as Quality;

function answering(reply: () => Response): Request[] {
  const sent: Request[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    if (request.method === 'PUT') {
      sent.push(request.clone());
      return Promise.resolve(reply());
    }
    return Promise.resolve(
      Response.json({ workspaces: [{ workspace: 'default', role: 'Owner', permissions: ['*.*'] }] }),
    );
  });
  return sent;
}

test('a rule in SQL is added to those that are there, with its threshold', async () => {
  const sent = answering(() => Response.json(quality));
  const done = vi.fn();
  await draw(<SqlRuleForm quality={quality} onDone={done} />);
  fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'fares are paid' } });
  fireEvent.click(screen.getByText('Query of the failing rows'));
  fireEvent.change(screen.getByLabelText('SQL'), { target: { value: 'FROM data WHERE Fare < 0' } });
  fireEvent.change(screen.getByLabelText('May be broken by'), { target: { value: '3' } });
  fireEvent.change(screen.getByLabelText('When it is broken'), { target: { value: 'block' } });
  const add = screen.getByRole<HTMLButtonElement>('button', { name: 'Add rule' });
  await waitFor(() => expect(add.disabled).toBe(false));
  fireEvent.click(add);
  await waitFor(() => expect(done).toHaveBeenCalled());
  expect(await sent[0]?.json()).toEqual({
    rules: [
      ...(quality.rules ?? []),
      {
        type: 'sql',
        title: 'fares are paid',
        severity: 'block',
        query: 'FROM data WHERE Fare < 0',
        max_failed: 3,
      },
    ],
    frequency: 'day',
    zone: 'Europe/Prague',
    recipients: ['ann@example.org'],
  });
});

test('SQL that cannot be run is told where it is written', async () => {
  const detail = 'Rule 2: condition: Fair is not there.';
  const problem = {
    title: 'The rule cannot be used',
    status: 422,
    detail,
    hint: '',
    code: 'datasets.bad_rule',
  };
  answering(() => Response.json(problem, { status: 422 }));
  const done = vi.fn();
  await draw(<SqlRuleForm quality={quality} onDone={done} />);
  fireEvent.change(screen.getByLabelText('SQL'), { target: { value: 'Fair > 0' } });
  const add = screen.getByRole<HTMLButtonElement>('button', { name: 'Add rule' });
  await waitFor(() => expect(add.disabled).toBe(false));
  fireEvent.click(add);
  expect(await screen.findByText(/Fair is not there/)).toBeTruthy();
  expect(screen.getByLabelText('SQL').getAttribute('aria-invalid')).toBe('true');
  expect(done).not.toHaveBeenCalled();
});
