import type { components } from '@/kernel/schema';

type Schemas = components['schemas'];
export type Profile = Schemas['Profile'];
export type ColumnProfile = Schemas['ColumnProfile'];
export type Histogram = Schemas['Histogram'];
export type Matrix = Schemas['Matrix'];
export type Preview = Schemas['Preview'];
export type ColumnSchema = Schemas['ColumnSchema'];
export type Dataset = Schemas['Dataset'];
export type DatasetVersion = Schemas['DatasetVersion'];
export type VersionSummary = Schemas['VersionSummary'];
export type DatasetCreated = Schemas['DatasetCreated'];
