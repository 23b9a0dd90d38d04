import { expect, test } from 'vitest';
import type { MachineKind } from './queries';
import { credentialField, ready, START } from './values';

const kind = (required: boolean, more: Partial<MachineKind> = {}): MachineKind => ({
  name: 'kubernetes',
  title: 'Kubernetes',
  description: '',
  fields: [{ name: 'volume', title: 'Volume', help: '', type: 'text', default: null, example: '', required }],
  queues: true,
  here: true,
  place: ['folder', 'python'],
  port: 443,
  signs_in: ['kubeconfig'],
  may_be_open: false,
  ...more,
});

test('a machine is not tried without what its kind must know', () => {
  const here = { ...START, here: true };
  expect(ready(here, kind(false))).toBe(true);
  expect(ready(here, kind(true))).toBe(false);
  expect(ready({ ...here, settings: { volume: ' ' } }, kind(true))).toBe(false);
  expect(ready({ ...here, settings: { volume: 'pvc:x' } }, kind(true))).toBe(true);
});

test('what is wrong with credentials stands at the field that is shown', () => {
  expect(credentialField(START)).toBe('credentials.private_key');
  expect(credentialField({ ...START, sign_in: 'password' })).toBe('credentials.password');
  expect(credentialField({ ...START, sign_in: 'token' })).toBe('credentials.token');
  expect(credentialField({ ...START, here: true })).toBe('credentials.kubeconfig');
});
