import type { components } from '@/kernel/schema';

type Schemas = components['schemas'];
export type Condition = Schemas['Condition'];
export type Rows = Schemas['Rows'];
export type RowsQuery = Schemas['RowsQuery'];
export type Summaries = Schemas['Summaries'];
export type ColumnSummary = Schemas['ColumnSummary'];
export type SqlResult = Schemas['SqlResult'];
export type ChartData = Schemas['ChartData'];
export type ChartQuery = Schemas['ChartQuery'];

export interface Column {
  name: string;
  type: string;
  /** As the file or the engine calls it. */
  stored?: string | undefined;
}

/** What is looked at: a version of a dataset, or the kept result of a query. */
export type Place = { name: string; version: number } | { result: string };

const NUMBERS = new Set(['integer', 'number', 'decimal']);
const MOMENTS = new Set(['date', 'datetime']);
export const isNumber = (type: string) => NUMBERS.has(type);
export const isMoment = (type: string) => MOMENTS.has(type);
export const hasScale = (type: string) => isNumber(type) || isMoment(type);
