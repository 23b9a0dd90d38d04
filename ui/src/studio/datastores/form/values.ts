import { inShell } from '@/kernel/shell';
import type { DatastoreKind, KindField } from '../queries';

/** What a form holds: everything as text or as a switch, whatever kind is chosen. */
export type Values = Record<string, string | boolean>;

/** The fields that count with a way to sign in. */
export function fieldsOf(kind: DatastoreKind, auth: string): KindField[] {
  return kind.fields.filter((field) => field.auth.length === 0 || field.auth.includes(auth));
}

export interface Group {
  title: string;
  fields: KindField[];
}

/** Fields in the order of the form: where it is, how one signs in, then what is rarely touched. */
export function groupsOf(
  kind: DatastoreKind,
  auth: string,
): { main: KindField[]; sign: KindField[]; more: Group[] } {
  const fields = fieldsOf(kind, auth);
  const more: Group[] = [];
  for (const field of fields) {
    if (!field.group || field.secret) continue;
    const known = more.find((group) => group.title === field.group);
    if (known) known.fields.push(field);
    else more.push({ title: field.group, fields: [field] });
  }
  return {
    main: fields.filter((field) => !field.group && field.auth.length === 0 && !field.secret),
    sign: fields.filter((field) => field.secret || (field.auth.length > 0 && !field.group)),
    more,
  };
}

/** What a kind's form starts with: defaults, or what is stored. */
export function startOf(kind: DatastoreKind, config: Record<string, unknown> = {}): Values {
  const values: Values = {};
  for (const field of kind.fields) {
    if (field.secret) continue;
    const value = config[field.name] ?? field.default;
    if (field.type === 'boolean') values[field.name] = value === true;
    else if (typeof value === 'string' || typeof value === 'number') values[field.name] = String(value);
  }
  return values;
}

/** The settings and the credentials that a form stands for; empty fields are left out. */
export function bodyOf(
  kind: DatastoreKind,
  auth: string,
  values: Values,
): { config: Record<string, string | number | boolean>; credentials: Record<string, string> } {
  const config: Record<string, string | number | boolean> = {};
  const credentials: Record<string, string> = {};
  for (const field of fieldsOf(kind, auth)) {
    const value = values[field.name];
    if (value === undefined || value === '') continue;
    if (field.secret) credentials[field.name] = String(value);
    else config[field.name] = field.type === 'integer' ? Number(value) : value;
  }
  return { config, credentials };
}

/** Titles of what is still missing; secrets that are stored already are not. */
export function missingOf(
  kind: DatastoreKind,
  auth: string,
  values: Values,
  stored: ReadonlySet<string> = new Set(),
): string[] {
  return fieldsOf(kind, auth)
    .filter((field) => field.required && !values[field.name] && !(field.secret && stored.has(field.name)))
    .map((field) => field.title);
}

export function nameProblem(name: string): string | null {
  if (name === '') return null;
  return /^[A-Za-z0-9_]{1,63}$/.test(name) ? null : 'Letters, digits and underscores, at most 63.';
}

/** The same as a command; secrets by a variable, never by themselves. */
export function commandOf(name: string, kind: DatastoreKind, auth: string, values: Values): string {
  const words = [`studiolo datastores create ${name || 'NAME'} --kind ${kind.name}`];
  if (kind.auth.length > 1) words.push(`--auth ${auth}`);
  for (const field of fieldsOf(kind, auth)) {
    const value = values[field.name];
    const option = `--${field.name.replaceAll('_', '-')}`;
    if (field.secret) {
      if (field.required || value) words.push(`${option}-env ${field.name.toUpperCase()}`);
    } else if (value !== undefined && value !== '' && value !== String(field.default ?? '')) {
      if (field.type !== 'boolean' || value === true) words.push(`${option} ${inShell(String(value))}`);
    }
  }
  return words.join(' \\\n  ');
}
