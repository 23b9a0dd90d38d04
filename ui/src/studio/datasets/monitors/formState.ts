import type { Monitor, MonitorSettings } from './queries';

/** What the form holds; days as `2026-01-31`. */
export interface FormState {
  name: string;
  dataset: string;
  timestamp: string;
  base: string;
  baseVersion: number | null;
  baseStart: string;
  baseEnd: string;
  frequency: MonitorSettings['frequency'];
  zone: string;
  columnZone: string;
  latency: number;
  features: string[];
  threshold: number;
  featureThreshold: number;
  alertFeatures: boolean;
  recipients: string[];
}

const day = (moment: string | null | undefined) => (moment ? moment.slice(0, 10) : '');

export function initial(edit: Monitor | undefined, dataset: string | undefined): FormState {
  const it = edit?.settings;
  return {
    name: edit?.name ?? (dataset ? `${dataset}-drift` : ''),
    dataset: it?.target.dataset ?? dataset ?? '',
    timestamp: it?.target.timestamp ?? '',
    base: it?.baseline.dataset ?? dataset ?? '',
    baseVersion: it?.baseline.version ?? null,
    baseStart: day(it?.baseline.start),
    baseEnd: day(it?.baseline.end),
    frequency: it?.frequency ?? 'day',
    zone: it?.zone ?? 'UTC',
    columnZone: it?.target.zone ?? 'UTC',
    latency: it?.latency_hours ?? 0,
    features: it?.features ?? [],
    threshold: it?.threshold ?? 0.2,
    featureThreshold: it?.feature_threshold ?? 0.1,
    alertFeatures: it?.alert_features ?? true,
    recipients: it?.recipients ?? [],
  };
}

export function settingsOf(state: FormState, edit: Monitor | undefined): MonitorSettings {
  const part = state.baseStart || state.baseEnd;
  return {
    ...(edit?.settings ?? { exclude: [], weights: {}, thresholds: {} }),
    baseline: {
      dataset: state.base || state.dataset,
      version: state.baseVersion,
      timestamp: part ? state.timestamp : null,
      start: state.baseStart ? `${state.baseStart}T00:00:00Z` : null,
      end: state.baseEnd ? `${state.baseEnd}T00:00:00Z` : null,
    },
    target: { kind: 'dataset', dataset: state.dataset, timestamp: state.timestamp, zone: state.columnZone },
    features: state.features,
    frequency: state.frequency,
    zone: state.zone,
    latency_hours: state.latency,
    threshold: state.threshold,
    feature_threshold: state.featureThreshold,
    alert_features: state.alertFeatures,
    recipients: state.recipients,
  } as MonitorSettings;
}

/** What each part of the form is given. */
export interface PartProps {
  state: FormState;
  set: (change: Partial<FormState>) => void;
  fields: Record<string, string>;
}
