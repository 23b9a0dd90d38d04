import { endingOf, lookOf } from './look';

/** A picture that `mlflow.log_image(key=…, step=…)` kept. */
export interface LoggedImage {
  key: string;
  step: number;
  timestamp: number;
  /** In full, and small for a first look where there is one. */
  path: string;
  thumb: string;
}

export interface Gallery {
  /** By key, in order of name; each in order of step, then time. */
  series: { key: string; images: LoggedImage[] }[];
  steps: number[];
  pictures: string[];
  pages: string[];
  tables: string[];
}

// images/<key>+step+<n>+timestamp+<ms>+<uuid>[+compressed].png; MLflow 2 and early 3 wrote % for +
const NAME = /^images\/(.+?)([%+])step\2(-?\d+)\2timestamp\2(\d+)\2([0-9a-f-]+)(\2compressed)?\.\w+$/;
const OWN = /^(environment|logs|code)\//;

/** What of a run's files can be looked at side by side. named: tables that `mlflow.log_table` wrote. */
export function galleryOf(paths: readonly string[], named: readonly string[] = []): Gallery {
  const images = new Map<string, LoggedImage>();
  const rest: string[] = [];
  for (const path of paths) {
    const match = NAME.exec(path);
    if (!match) {
      rest.push(path);
      continue;
    }
    const [, rawKey = '', , step = '0', timestamp = '0', uuid = '', compressed] = match;
    const key = rawKey.replaceAll(/[~#]/g, '/'); // a slash cannot stand in a name; 2.x wrote # for it
    const id = `${key} ${step} ${uuid}`;
    const found = images.get(id) ?? {
      key,
      step: Number(step),
      timestamp: Number(timestamp),
      path: '',
      thumb: '',
    };
    if (compressed) found.thumb = path;
    else found.path = path;
    images.set(id, found);
  }
  const byKey = new Map<string, LoggedImage[]>();
  for (const image of images.values()) {
    const whole = { ...image, path: image.path || image.thumb, thumb: image.thumb || image.path };
    byKey.set(image.key, [...(byKey.get(image.key) ?? []), whole]);
  }
  const series = [...byKey]
    .map(([key, found]) => ({
      key,
      images: found.sort((a, b) => a.step - b.step || a.timestamp - b.timestamp),
    }))
    .sort((a, b) => a.key.localeCompare(b.key, 'en', { numeric: true }));
  const steps = [...new Set(series.flatMap((one) => one.images.map((image) => image.step)))].sort(
    (a, b) => a - b,
  );
  const tables = new Set(named);
  return {
    series,
    steps,
    pictures: rest.filter((path) => ['image', 'svg'].includes(lookOf(path))),
    pages: rest.filter((path) => lookOf(path) === 'html'),
    tables: rest.filter(
      (path) => tables.has(path) || (['csv', 'tsv', 'parquet'].includes(endingOf(path)) && !OWN.test(path)),
    ),
  };
}

/** The pictures of a key at a step: those of the last step not after it. */
export function imagesAt(images: readonly LoggedImage[], step: number): LoggedImage[] {
  const last = images.filter((image) => image.step <= step).at(-1)?.step;
  return images.filter((image) => image.step === last);
}

/** Paths of the tables in the tag that MLflow keeps about them. */
export function loggedTables(tag: string | undefined): string[] {
  try {
    const found: unknown = JSON.parse(tag ?? '[]');
    if (!Array.isArray(found)) return [];
    return found.flatMap((item: { path?: unknown; type?: unknown }) =>
      item.type === 'table' && typeof item.path === 'string' ? [item.path] : [],
    );
  } catch {
    return [];
  }
}
