import { afterEach, expect, test, vi } from 'vitest';
import { Problem } from './problem';
import { api, problemOf } from './request';

afterEach(() => vi.unstubAllGlobals());

function answer(body: unknown, status: number, type = 'application/problem+json'): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
    status,
    headers: { 'content-type': type },
  });
}

test('a problem names the field, the fix and the code', async () => {
  const problem = await problemOf(
    answer(
      {
        title: 'Invalid input',
        detail: 'No such column.',
        hint: 'Choose one of: a, b',
        code: 'automl.target',
        field: 'target',
      },
      422,
    ),
  );
  expect(problem).toMatchObject({
    status: 422,
    hint: 'Choose one of: a, b',
    fields: { target: 'No such column. Choose one of: a, b' },
  });
});

test('each field of a validation error keeps its message', async () => {
  const errors = [
    { field: 'name', message: 'too long' },
    { field: 'limits.trials', message: 'must be positive' },
  ];
  const problem = await problemOf(answer({ detail: 'x', field: 'name', errors }, 422));
  expect(problem.fields).toEqual({ name: 'too long', 'limits.trials': 'must be positive' });
});

test('an answer that is no problem document is still a sentence', async () => {
  const problem = await problemOf(answer('Bad gateway', 502, 'text/plain'));
  expect(problem).toMatchObject({ status: 502, title: 'Error 502', detail: 'Bad gateway' });
});

test('calls go to the workspace of the address, and refusals are thrown', async () => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (request: Request) => {
    asked.push(new URL(request.url).pathname);
    return Promise.resolve(answer({ title: 'Not allowed', status: 403, code: 'auth.denied' }, 403));
  });
  const call = (api() as unknown as { GET: (path: string) => Promise<unknown> }).GET('/datasets');
  await expect(call).rejects.toMatchObject({ denied: true });
  expect(asked).toEqual(['/w/default/api/datasets']);
});

test('a server that is away is said, with what to do', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  const call = (api() as unknown as { GET: (path: string) => Promise<unknown> }).GET('/datasets');
  await expect(call).rejects.toBeInstanceOf(Problem);
  await expect(call).rejects.toMatchObject({ code: 'network.unreachable', status: 0 });
});
