import { expect, test } from 'vitest';
import type { DatastoreKind, KindField } from '../queries';
import { bodyOf, commandOf, fieldsOf, groupsOf, missingOf, nameProblem, startOf } from './values';

const field = (name: string, more: Partial<KindField> = {}): KindField => ({
  name,
  title: name,
  help: '',
  type: 'text',
  required: false,
  secret: false,
  choices: [],
  default: null,
  auth: [],
  group: '',
  example: '',
  ...more,
});

const S3: DatastoreKind = {
  name: 's3',
  title: 'S3',
  description: '',
  family: 'files',
  writable: true,
  installed: true,
  extra: 's3',
  auth: [
    { name: 'access_key', title: 'Access key', help: '' },
    { name: 'none', title: 'No sign-in', help: '' },
  ],
  fields: [
    field('bucket', { required: true }),
    field('addressing', { type: 'choice', choices: ['auto', 'path'], default: 'auto', group: 'Server' }),
    field('port', { type: 'integer', default: 22 }),
    field('key_id', { required: true, auth: ['access_key'] }),
    field('secret_key', { required: true, secret: true, auth: ['access_key'] }),
  ],
};

test('fields follow the way to sign in', () => {
  expect(fieldsOf(S3, 'none').map((it) => it.name)).toEqual(['bucket', 'addressing', 'port']);
  const groups = groupsOf(S3, 'access_key');
  expect(groups.main.map((it) => it.name)).toEqual(['bucket', 'port']);
  expect(groups.sign.map((it) => it.name)).toEqual(['key_id', 'secret_key']);
  expect(groups.more.map((it) => it.title)).toEqual(['Server']);
});

test('secrets go beside the settings, and only those of the chosen sign-in', () => {
  const values = { ...startOf(S3), bucket: 'b', key_id: 'k', secret_key: 's' };
  expect(bodyOf(S3, 'access_key', values)).toEqual({
    config: { bucket: 'b', addressing: 'auto', port: 22, key_id: 'k' },
    credentials: { secret_key: 's' },
  });
  expect(bodyOf(S3, 'none', values).credentials).toEqual({});
});

test('what is missing is named; a stored secret is not missing', () => {
  expect(missingOf(S3, 'access_key', { bucket: 'b' })).toEqual(['key_id', 'secret_key']);
  expect(missingOf(S3, 'access_key', { bucket: 'b', key_id: 'k' }, new Set(['secret_key']))).toEqual([]);
});

test('the command never holds a secret', () => {
  const command = commandOf('data', S3, 'access_key', {
    bucket: 'my bucket',
    key_id: 'k',
    secret_key: 'canary',
  });
  expect(command).not.toContain('canary');
  expect(command).toContain('--secret-key-env SECRET_KEY');
  expect(command).toContain("--bucket 'my bucket'");
});

test('names', () => {
  expect(nameProblem('sales_2026')).toBeNull();
  expect(nameProblem('a-b')).not.toBeNull();
});
