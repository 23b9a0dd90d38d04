import { expect, test } from 'vitest';
import { shown } from './command';
import { draftOf, emptyDraft, lackOf, prioritiesWith, specOf, type Draft, type JobSpec } from './spec';
import { hiddenOf, lackOfVariables, linesOf, variablesOf } from './variables';

const SPEC = {
  name: 'mine',
  experiment: 'trees',
  kind: 'command',
  command: ['python train.py ${{inputs.rate}} '],
  code: [{ path: 'train.py', digest: 'a'.repeat(64), manifest: false }],
  artifacts: [
    { path: 'code/git.diff', digest: 'c'.repeat(64), manifest: false },
    { path: 'notes.md', digest: 'd'.repeat(64), manifest: false },
  ],
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
  tags: { 'mlflow.source.name': 'job.yml', 'mlflow.source.git.commit': '12ab', team: 'blue' },
  context: { inputs: { local: 'file' } },
} as unknown as JobSpec;

test('a job that is edited keeps what the form does not show', () => {
  const made = specOf(draftOf(SPEC), null);
  expect(made).toMatchObject({
    command: SPEC.command,
    code: SPEC.code,
    artifacts: SPEC.artifacts,
    tags: SPEC.tags,
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

test('secrets are named in rows; what opens its datastores stays as it was', () => {
  const base = { ...SPEC, secrets: { PW: 'db:2', AZUREML_DATASTORE_x: 'datastore:x' } } as JobSpec;
  const draft = draftOf(base);
  expect(draft.secrets).toMatchObject([{ variable: 'PW', secret: 'db:2' }]);
  const own = { key: 0, variable: 'PW', secret: 'db:2' };
  const rows = [
    { ...own, secret: ' db ' },
    { key: -1, variable: ' ', secret: '' },
  ];
  expect(specOf({ ...draft, secrets: rows }, null).secrets).toEqual({
    PW: 'db',
    AZUREML_DATASTORE_x: 'datastore:x',
  });
  for (const [variable, secret, lack] of [
    ['', 'db', 'Name the variable that holds the secret db.'],
    ['KEY', '', 'Choose the secret that KEY holds.'],
    ['a b', 'db', 'Secrets: a b is no name of a variable: letters, digits and _.'],
    ['LEVEL', 'db', 'Secrets: LEVEL is among the environment variables too.'],
    ['PW', 'db', 'Secrets: PW stands there twice.'],
  ] as const)
    expect(lackOf({ ...draft, secrets: [own, { key: -1, variable, secret }], command: 'true' })).toBe(lack);
});

test('whether a job begins warm is taken over, and can be changed', () => {
  const draft = draftOf({ ...SPEC, warm: true });
  expect(draft.warm).toBe(true);
  expect(specOf(draft, null).warm).toBe(true);
  expect(specOf({ ...draft, warm: false }, null).warm).toBe(false);
  expect(specOf(emptyDraft(), null).warm).toBe(false);
});

test.each([0.2, 100, 3600])('limits that nobody touches go back as they were: %s s', (timeout_s) => {
  const base = {
    ...SPEC,
    resources: { cores: 1, memory_bytes: 4e9 },
    distribution: { type: 'mpi', processes: 1 },
    timeout_s,
  } as JobSpec;
  const draft = draftOf(base);
  expect(draft.minutes).toBeGreaterThan(0); // 0 would say that there is no limit
  expect(specOf(draft, null)).toMatchObject({
    resources: base.resources,
    distribution: base.distribution,
    timeout_s,
  });
  expect(specOf({ ...draft, memory: 2, minutes: 0, processes: 3 }, null)).toMatchObject({
    resources: { cores: 1, memory_bytes: 2 ** 31 },
    distribution: { type: 'mpi', processes: 3 },
    timeout_s: null,
  });
});

test('a priority between those that have a word is shown as it is', () => {
  expect(prioritiesWith('5').map((one) => one.label)).toEqual(['Low', 'Normal', 'High', '5']);
  expect(prioritiesWith('10')).toHaveLength(3);
});

test('words of a command are quoted where a shell would change them', () => {
  expect(shown(['python', '-c', "print('a b')"])).toBe("python -c 'print('\\''a b'\\'')'");
  expect(shown(['python', '-c', 'print(1)'])).toBe("python -c 'print(1)'");
  expect(shown(['ls', '*', '', '~', 'a=b', '#'])).toBe("ls '*' '' '~' a=b '#'");
  expect(shown(['train', '${{inputs.rate}}', '${{ outputs.model }}', '$HOME'])).toBe(
    "train ${{inputs.rate}} ${{ outputs.model }} '$HOME'",
  );
});

test('other code leaves behind what was known of the old one', () => {
  const code = [{ path: 'new.py', digest: 'e'.repeat(64), manifest: false }];
  expect(specOf(draftOf(SPEC), code)).toMatchObject({
    code,
    artifacts: [{ path: 'notes.md' }],
    tags: { team: 'blue' },
  });
  expect(Object.keys(specOf(draftOf(SPEC), code).tags ?? {})).toEqual(['team']);
});

test('what is missing is said before anything is sent', () => {
  expect(lackOf(emptyDraft())).toMatch('command');
  const draft = { ...draftOf(SPEC), command: 'a ${{inputs.none}} $[[--x ${{inputs.y}}]]' };
  expect(lackOf(draft)).toMatch('none');
  expect(lackOf({ ...draft, command: 'a ${{ inputs.rate }}' })).toBeNull();
});

const input = (name: string, value: string, kind: 'literal' | 'data' = 'literal') => ({
  key: Math.random(),
  name,
  kind,
  value,
  type: 'uri_folder',
  mode: 'ro_mount',
});
const output = (name: string, register = '') => ({
  key: Math.random(),
  name,
  type: 'uri_folder',
  register,
  path: '',
});

test.each<[string, Partial<Draft>]>([
  ['Give the input 0.1 a name.', { inputs: [input(' ', '0.1')] }],
  ['Two inputs are called a.', { inputs: [input('a', '1'), input(' a ', '2')] }],
  ['Say where the data of the input d is.', { inputs: [input('d', ' ', 'data')] }],
  ['Give the output trees a name.', { outputs: [output('', 'trees')] }],
  ['Two outputs are called m.', { outputs: [output('m'), output('m ')] }],
  ["Environment variables: line 3 has no '='.", { variables: 'A=1\n\nno\n' }],
])('%s', (words, change) => {
  expect(lackOf({ ...emptyDraft(), command: 'true', ...change })).toBe(words);
});

test('names are sent without the spaces around them, rows that nobody filled in are not', () => {
  const draft = {
    ...emptyDraft(),
    command: 'echo ${{inputs.a}}',
    inputs: [input(' a ', ' 1'), input('', '')],
    outputs: [output(' m ', ' trees '), output('')],
  };
  expect(lackOf(draft)).toBeNull();
  const made = specOf(draft, null);
  expect(made.params).toEqual({ a: ' 1' });
  expect(made.outputs).toMatchObject({ m: { name: 'trees' } });
  expect(Object.keys(made.outputs ?? {})).toEqual(['m']);
});

test('variables are lines', () => {
  expect(variablesOf('A=1\n\n B =x=y \n')).toEqual({ A: '1', B: 'x=y ' });
  expect(lackOfVariables('A=1\nB=x=y\n')).toBeNull();
  expect(lackOfVariables('A=1\n=2')).toBe('Environment variables: line 2 has no name.');
  expect(lackOfVariables('A=1\n A=2')).toBe('Environment variables: A stands there twice.');
});

test('a variable of several lines is kept, and so is everything else that nobody touches', () => {
  const env = { KEY: '-----BEGIN\nabc\n', A: ' 1 ', B: 'x=y' };
  const lines = linesOf(env);
  expect(lines).toBe('A= 1 \nB=x=y');
  expect(hiddenOf(env)).toEqual(['KEY']);
  expect(variablesOf(lines, env)).toEqual(env);
  expect(variablesOf(`${lines}\nC=2`, env)).toEqual({ ...env, C: '2' });
  expect(variablesOf('KEY=other', env)).toEqual({ KEY: 'other' });
  expect(specOf(draftOf({ ...SPEC, env }), null).env).toEqual(env);
});
