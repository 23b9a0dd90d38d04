import { tick, type ParallelAxis } from '@/kit/charts/parallel';
import type { Field } from './fields';

export const MOST_AXES = 60;
const MOST_CATEGORIES = 40;

/** A field as an axis: numbers as they are, texts as categories in order of name. */
export function axisOf(field: Field, log: boolean): ParallelAxis {
  if (field.numbers) {
    const values = field.numbers.map((value) => value ?? NaN);
    const positive = values.every((value) => Number.isNaN(value) || value > 0);
    return { id: field.id, name: field.key, values, categories: null, log: log && positive };
  }
  const categories = [...new Set(field.texts.filter((text): text is string => text !== null))].sort((a, b) =>
    a.localeCompare(b, undefined, { numeric: true }),
  );
  const at = new Map(categories.map((text, index) => [text, index]));
  const values = field.texts.map((text) => (text === null ? NaN : (at.get(text) ?? NaN)));
  return { id: field.id, name: field.key, values, categories, log: false };
}

/** Fields that make sense as an axis: those that differ, and texts that are not all different. */
export function axisFields(fields: readonly Field[]): Field[] {
  return fields.filter((field) => {
    if (!field.differs) return false;
    if (field.numbers) return field.numbers.some((value) => value !== null); // else all are NaN or infinite
    const many = new Set(field.texts).size;
    return many <= MOST_CATEGORIES && (field.kind !== 'about' || many < field.texts.length);
  });
}

/** Params first, then metrics: as one reads cause and effect. */
export function firstAxes(fields: readonly Field[]): string[] {
  const usable = axisFields(fields);
  const of = (kind: Field['kind']) => usable.filter((field) => field.kind === kind).map((field) => field.id);
  return [...of('param'), ...of('metric')].slice(0, MOST_AXES);
}

/** Numbers over more than two decades, all above zero, are better seen on a logarithmic axis. */
export function wantsLog(field: Field): boolean {
  const values = (field.numbers ?? []).filter((value): value is number => value !== null);
  if (field.kind !== 'param' || values.length < 2 || values.some((value) => value <= 0)) return false;
  return Math.max(...values) / Math.min(...values) >= 100;
}

/** Whether a field's axis is logarithmic: as the address says, else as its values suggest. */
export function isLog(field: Field, logs: readonly string[] | undefined): boolean {
  return wantsLog(field) !== (logs ?? []).includes(field.id);
}

export function label(axis: ParallelAxis, value: number): string {
  return axis.categories ? (axis.categories[Math.round(value)] ?? '') : tick(value);
}
