import type { components } from '@/kernel/schema';
import { isCode } from '@/kit/folder/sending';
import { givenText, type Given } from '../words';

export type Port = components['schemas']['Port'];
type DataInput = components['schemas']['DataInput'];

const LITERALS = ['string', 'number', 'integer', 'boolean'];
export const isLiteral = (port: Port): boolean => LITERALS.includes(port.type);

/** What the form shows of a value: the text to edit; `kept`: files that came with it, which stay unless a text replaces them. */
export interface Filled {
  text: string;
  kept: Given | null;
}

/** The form's fields for the inputs of a pipeline, filled with what was given before or by default. */
export function filledOf(
  ports: Readonly<Record<string, Port>>,
  values: Readonly<Record<string, Given>>,
): Record<string, Filled> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, port]) => {
      const given = values[name];
      if (given === undefined)
        return [
          name,
          {
            text: port.default === null || port.default === undefined ? '' : String(port.default),
            kept: null,
          },
        ];
      const sent = typeof given === 'object' && 'files' in given;
      return [name, { text: sent ? '' : givenText(given), kept: sent ? given : null }];
    }),
  );
}

/** What is wrong with a field as it stands, or null. */
export function lackOf(name: string, port: Port, { text, kept }: Filled): string | null {
  const given = text.trim();
  if (given === '') return port.optional || kept !== null ? null : `${name} has to be given`;
  if (port.type === 'boolean') return /^(true|false)$/i.test(given) ? null : `${name} is true or false`;
  if (port.type === 'number' || port.type === 'integer') {
    const number = Number(given);
    if (!Number.isFinite(number)) return `${name} is a number`;
    if (port.type === 'integer' && !Number.isInteger(number)) return `${name} is a whole number`;
    if (typeof port.min === 'number' && number < port.min) return `${name} is at least ${port.min}`;
    if (typeof port.max === 'number' && number > port.max) return `${name} is at most ${port.max}`;
  }
  if (port.enum.length > 0 && !port.enum.includes(given)) return `${name} is one of ${port.enum.join(', ')}`;
  return null;
}

/** What a field gives; undefined: nothing, and the pipeline's own default or absence stands. */
export function givenOf(port: Port, { text, kept }: Filled, before: Given | undefined): Given | undefined {
  const given = text.trim();
  if (given === '') return kept ?? undefined;
  if (port.type === 'boolean') return given.toLowerCase() === 'true';
  if (port.type === 'number' || port.type === 'integer') return Number(given);
  if (port.type === 'string') return text;
  const old = typeof before === 'object' && 'path' in before ? before : null;
  return { type: port.type as DataInput['type'], path: given, mode: old?.mode ?? 'ro_mount' };
}

/** All values of the form. */
export function valuesOf(
  ports: Readonly<Record<string, Port>>,
  filled: Readonly<Record<string, Filled>>,
  before: Readonly<Record<string, Given>>,
): Record<string, Given> {
  const found: Record<string, Given> = {};
  for (const [name, port] of Object.entries(ports)) {
    const given = givenOf(port, filled[name] ?? { text: '', kept: null }, before[name]);
    if (given !== undefined) found[name] = given;
  }
  return found;
}

/** Dropped files as they stand in the folder that was dropped, without what nobody wrote. */
export function inFolder<F extends { path: string }>(dropped: readonly F[]): F[] {
  const written = dropped.filter(({ path }) => isCode(path));
  const [top] = (written[0]?.path ?? '').split('/');
  const one = written.length > 0 && written.every(({ path }) => path.startsWith(`${top}/`));
  return one ? written.map((file) => ({ ...file, path: file.path.slice((top ?? '').length + 1) })) : written;
}

/** Which of the files is the pipeline: one called so, else one that looks so, else the only YAML there is. */
export async function mainOf(
  files: readonly { path: string; file: Blob }[],
): Promise<{ path: string; text: string } | null> {
  const documents = files.filter(({ path }) => /\.ya?ml$/i.test(path));
  documents.sort((a, b) => depth(a.path) - depth(b.path) || a.path.localeCompare(b.path));
  const named = documents.find(({ path }) => /(^|\/)pipeline(-?job)?\.ya?ml$/i.test(path));
  if (named) return { path: named.path, text: await named.file.text() };
  for (const { path, file } of documents) {
    if (file.size > 1_000_000) continue;
    const text = await file.text();
    if (/^type:\s*pipeline\b/m.test(text) || /^jobs:/m.test(text)) return { path, text };
  }
  const [only] = documents;
  return documents.length === 1 && only ? { path: only.path, text: await only.file.text() } : null;
}

const depth = (path: string) => path.split('/').length;
