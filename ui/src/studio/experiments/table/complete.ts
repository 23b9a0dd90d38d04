import type { RunColumns } from './columns';
import { keyed, quoted } from './conditions';

/** What can stand at the caret of the search box. Pure: names and values come from the caller. */
export type Expect =
  | { kind: 'name'; part: string; from: number; to: number }
  | { kind: 'operator'; name: string; part: string; from: number; to: number }
  | { kind: 'value'; name: string; list: boolean; part: string; from: number; to: number }
  | { kind: 'and'; part: string; from: number; to: number };

const TOKEN = /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|[(),]|<=|>=|!=|=|<|>|(?:`[^`]*`?|[^\s'"(),=<>!])+|!/g;

/** Read the text before the caret: which token is being written, and what it can be. */
export function expected(text: string, caret: number): Expect {
  const before = text.slice(0, caret);
  const tokens = [...before.matchAll(TOKEN)].map((match) => ({ text: match[0], at: match.index }));
  const last = tokens.at(-1);
  const open = last && last.at + last.text.length === caret && !closed(last.text) ? last : undefined;
  const done = open ? tokens.slice(0, -1) : tokens;
  const from = open ? open.at : caret;
  const part = open ? open.text : '';
  let name = '';
  let operator = '';
  let state: 'name' | 'operator' | 'value' | 'list' | 'and' = 'name';
  for (const token of done) {
    if (state === 'name') [name, operator, state] = [token.text, '', 'operator'];
    else if (state === 'operator') {
      operator = `${operator} ${token.text.toUpperCase()}`.trim();
      if (/^(<=|>=|!=|=|<|>|LIKE|ILIKE)$/.test(operator)) state = 'value';
      else if (/IN$/.test(operator)) state = 'value';
      else if (/NULL$/.test(operator)) state = 'and';
    } else if (state === 'value') state = token.text === '(' ? 'list' : 'and';
    else if (state === 'list') state = token.text === ')' ? 'and' : 'list';
    else if (/^and$/i.test(token.text)) state = 'name';
  }
  if (state === 'name') return { kind: 'name', part, from, to: caret };
  if (state === 'operator') return { kind: 'operator', name, part, from, to: caret };
  if (state === 'and') return { kind: 'and', part, from, to: caret };
  if (part === '(') return { kind: 'value', name, list: true, part: '', from: caret, to: caret };
  return { kind: 'value', name, list: state === 'list' || /IN$/.test(operator), part, from, to: caret };
}

function closed(token: string): boolean {
  if (/^[(),]$/.test(token)) return true;
  if (/^(<=|>=|!=|=|<|>)$/.test(token)) return true;
  return token.length > 1 && /^['"`]/.test(token) && token.at(-1) === token[0];
}

export interface Option {
  insert: string;
  label: string;
  detail?: string;
}

const OWN: [string, string][] = [
  ['attributes.run_name', 'name of the run'],
  ['attributes.state', 'Running, Completed, Failed…'],
  ['attributes.experiment', 'name of its experiment'],
  ['attributes.user', 'who made it'],
  ['attributes.kind', 'run, command, automl, trial…'],
  ['attributes.start_time', 'milliseconds since 1970'],
  ['attributes.duration', 'seconds'],
  ['attributes.run_id', 'id'],
  ['attributes.status', "MLflow's word: FINISHED, FAILED…"],
  ['attributes.failure', 'oom, timeout, user_error…'],
  ['datasets.name', 'a dataset it used'],
];
const MOST = 12;

export function nameOptions(known: RunColumns | undefined, part: string): Option[] {
  const wanted = part.toLowerCase().replaceAll('`', '');
  const family = (prefix: string, names: RunColumns['params']) =>
    names.map((one) => ({
      insert: `${prefix}.${keyed(one.name)}`,
      label: `${prefix}.${one.name}`,
      detail: `${one.runs} ${one.runs === 1 ? 'run' : 'runs'}`,
    }));
  const all: Option[] = [
    ...family('metrics', known?.metrics ?? []),
    ...family('params', known?.params ?? []),
    ...OWN.map(([insert, detail]) => ({ insert, label: insert, detail })),
    ...family('tags', known?.tags ?? []),
  ];
  const fits = all.filter((option) => option.label.toLowerCase().includes(wanted));
  const key = (option: Option) => option.label.slice(option.label.indexOf('.') + 1).toLowerCase();
  const rank = (option: Option) =>
    option.label.toLowerCase().startsWith(wanted) || key(option).startsWith(wanted) ? 0 : 1;
  return fits.sort((a, b) => rank(a) - rank(b)).slice(0, MOST);
}

const NUMERIC = ['>', '>=', '<', '<=', '=', '!='];
const TEXT = ['=', '!=', 'ILIKE', 'LIKE'];

export function isNumeric(name: string): boolean {
  return /^metrics?\./.test(name) || /(start_time|end_time|duration|created_at)$/.test(name);
}

export function operatorOptions(name: string, part: string): Option[] {
  const lists = /^(attributes?|attr|run)\./.test(name) || !name.includes('.') ? ['IN', 'NOT IN'] : [];
  const nulls = /^(params?|parameters?|tags?)\./.test(name) ? ['IS NULL', 'IS NOT NULL'] : [];
  const all = isNumeric(name) ? NUMERIC : [...TEXT, ...lists, ...nulls];
  return all
    .filter((operator) => operator.startsWith(part.toUpperCase()))
    .map((operator) => ({ insert: operator, label: operator }));
}

/** The column whose values complete a comparison; null where there are none to offer. */
export function valuesFor(name: string): string | null {
  if (isNumeric(name)) return null;
  const key = name.replace(/^(attributes?|attr|run)\./, '');
  const own = { run_name: 'name', user_id: 'user', status: '' }[key];
  if (own !== undefined) return own ? `attributes.${own}` : null;
  if (/^(state|kind|user|experiment|compute|name)$/.test(key)) return `attributes.${key}`;
  return /^(params?|parameters?|tags?)\./.test(name) ? name : null;
}

const STATUS = ['RUNNING', 'FINISHED', 'FAILED', 'KILLED', 'SCHEDULED'];

export function valueOptions(
  expect: Extract<Expect, { kind: 'value' }>,
  values: readonly { name: string; runs: number }[],
): Option[] {
  const part = expect.part.replace(/^['"]/, '').toLowerCase();
  const found = /status$/.test(expect.name) ? STATUS.map((name) => ({ name, runs: 0 })) : values;
  return found
    .filter((value) => value.name.toLowerCase().includes(part))
    .slice(0, MOST)
    .map((value) => ({
      insert: quoted(value.name),
      label: value.name || '(empty)',
      ...(value.runs ? { detail: `${value.runs}` } : {}),
    }));
}

/** The text after an option was chosen, and where the caret then stands. */
export function inserted(text: string, expect: Expect, option: Option): { text: string; caret: number } {
  let insert = option.insert;
  const behind = text.slice(expect.to);
  if (expect.kind === 'operator' && /IN$/.test(insert)) insert += ' (';
  else if (!behind.startsWith(' ') && expect.kind !== 'value') insert += ' ';
  const head = text.slice(0, expect.from);
  const space = head && !/[\s(,]$/.test(head) ? ' ' : '';
  return { text: head + space + insert + behind, caret: (head + space + insert).length };
}

export const AND: Option[] = [{ insert: 'AND', label: 'AND', detail: 'and another comparison' }];
