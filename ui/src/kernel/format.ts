/** Numbers, times and ids as text. Significant digits are fixed per column, never per value. */
const MISSING = '–';

// what writes numbers is dear to make, and a table writes hundreds of them
const writers = new Map<string, Intl.NumberFormat>();
function written(value: number, least: number, most: number): string {
  const key = `${least}:${most}`;
  let writer = writers.get(key);
  if (!writer) {
    writer = new Intl.NumberFormat('en-US', { minimumFractionDigits: least, maximumFractionDigits: most });
    writers.set(key, writer);
  }
  return writer.format(value);
}
const moments = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export function count(value: number | null | undefined): string {
  return value == null ? MISSING : written(value, 0, 0);
}

/** A number of things in words: 1 row, 2 rows. */
export function counted(value: number | null | undefined, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A measured value with `digits` significant digits: 0.9266, 12.35, 1.204e-7. */
export function metric(value: number | null | undefined, digits = 4): string {
  if (value == null) return MISSING;
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(digits - 1);
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return written(value, Math.min(places, digits), places);
}

/** A number in a table of rows: as many digits as can be told apart at a glance. */
export function glance(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(8)));
}

export function percent(part: number | null | undefined, places = 1): string {
  return part == null ? MISSING : `${(part * 100).toFixed(places)}%`;
}

export function bytes(value: number | null | undefined): string {
  if (value == null) return MISSING;
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let size = value;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit] ?? ''}`;
}

export function duration(seconds: number | null | undefined): string {
  if (seconds == null || Number.isNaN(seconds)) return MISSING;
  if (seconds > 0 && seconds < 0.001) return `${Math.max(1, Math.round(seconds * 1e6))} µs`;
  if (seconds < 0.001) return '0 s';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

export function ago(when: string | Date | null | undefined, now: number = Date.now()): string {
  if (!when) return MISSING;
  const seconds = (now - new Date(when).getTime()) / 1000;
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 30 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`;
  return new Date(when).toISOString().slice(0, 10);
}

/** How long until a moment: `in 29 d`. */
export function until(when: string | Date | null | undefined, now: number = Date.now()): string {
  if (!when) return MISSING;
  const seconds = (new Date(when).getTime() - now) / 1000;
  if (seconds <= 0) return 'now';
  if (seconds < 3600) return `in ${Math.ceil(seconds / 60)} min`;
  if (seconds < 86_400) return `in ${Math.round(seconds / 3600)} h`;
  return `in ${Math.round(seconds / 86_400)} d`;
}

export function moment(when: string | Date | null | undefined): string {
  const at = when ? new Date(when) : null;
  return at && !Number.isNaN(at.getTime()) ? moments.format(at) : MISSING;
}

export function between(start?: string | null, end?: string | null, now: number = Date.now()): number | null {
  if (!start) return null;
  return ((end ? new Date(end).getTime() : now) - new Date(start).getTime()) / 1000;
}

export function shortId(id: string): string {
  // the tail: UUIDv7 starts with the time, so neighbours share their first characters
  return id.length > 12 ? id.slice(-8) : id;
}
