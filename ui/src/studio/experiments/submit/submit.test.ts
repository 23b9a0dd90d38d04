import { expect, test } from 'vitest';
import { draftOf, emptyDraft, lackOf, specOf, variablesOf, type JobSpec } from './spec';

const SPEC = {
  name: 'mine',
  experiment: 'trees',
  kind: 'command',
  command: ['python train.py ${{inputs.rate}} '],
  code: [{ path: 'train.py', digest: 'a'.repeat(64), manifest: false }],
  env: { LEVEL: '3' },
  secrets: { PW: 'db' },
  params: { rate: '0.1' },
  data: { d: { type: 'uri_file', path: 'azureml:titanic:1', mode: 'ro_mount' } },
  inputs: { d: [], local: [{ path: 'x', digest: 'b'.repeat(64), manifest: false }] },
  outputs: {
    model: { type: 'mlflow_model', mode: 'rw_mount', path: '', name: 'trees', version: '3', description: '' },
  },
  resources: { cores: 2, memory_bytes: 2 ** 30 },
  timeout_s: 90,
  priority: 10,
  retries: { lost: 2 },
  context: { inputs: { local: 'file' } },
} as unknown as JobSpec;

test('a job that is edited keeps what the form does not show', () => {
  const made = specOf(draftOf(SPEC), null);
  expect(made).toMatchObject({
    command: SPEC.command,
    code: SPEC.code,
    secrets: { PW: 'db' },
    retries: { lost: 2 },
    params: { rate: '0.1' },
    timeout_s: 90,
    priority: 10,
    resources: { cores: 2, memory_bytes: 2 ** 30 },
    context: { inputs: { local: 'file' } },
  });
  expect(made.outputs?.model).toMatchObject({ name: 'trees', version: '3', mode: 'rw_mount' });
  expect(Object.keys(made.inputs ?? {})).toEqual(['local']);
});

test('words of a command are quoted where a shell would part them', () => {
  const made = draftOf({ ...SPEC, command: ['python', '-c', "print('a b')"] });
  expect(made.command).toBe("python -c 'print('\\''a b'\\'')'");
});

test('what is missing is said before anything is sent', () => {
  expect(lackOf(emptyDraft())).toMatch('command');
  const draft = { ...draftOf(SPEC), command: 'a ${{inputs.none}} $[[--x ${{inputs.y}}]]' };
  expect(lackOf(draft)).toMatch('none');
  expect(lackOf({ ...draft, command: 'a ${{ inputs.rate }}' })).toBeNull();
});

test('variables are lines', () => {
  expect(variablesOf('A=1\n\nB=x=y\nno\n')).toEqual({ A: '1', B: 'x=y' });
});
