// The geometry of parallel coordinates: plain functions of values, so that they can be tested without a canvas.

export interface ParallelAxis {
  id: string;
  name: string;
  /** One value per line; NaN where it has none. Of categories: the index. */
  values: readonly number[];
  categories: readonly string[] | null;
  log: boolean;
}

/** What of an axis is let through: a range of numbers, or some categories. */
export type Brush = { low: number; high: number } | { only: readonly string[] };
export type Brushes = Readonly<Record<string, Brush>>;

export interface Scale {
  low: number;
  high: number;
  /** Share of the height from the bottom, 0 to 1; NaN stays NaN. */
  to: (value: number) => number;
  from: (share: number) => number;
  ticks: readonly number[];
}

export function scaleOf(axis: ParallelAxis): Scale {
  let low = Infinity;
  let high = -Infinity;
  if (axis.categories) {
    low = -0.5;
    high = axis.categories.length - 0.5;
  } else {
    for (const value of axis.values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low > high) [low, high] = [0, 1];
    if (low === high) [low, high] = axis.log ? [low / 2, high * 2] : [low - 0.5, high + 0.5];
  }
  if (axis.log) {
    const [a, b] = [Math.log(low), Math.log(high)];
    return {
      low,
      high,
      to: (value) => (Math.log(value) - a) / (b - a),
      from: (share) => Math.exp(a + share * (b - a)),
      ticks: logTicks(low, high),
    };
  }
  return {
    low,
    high,
    to: (value) => (value - low) / (high - low),
    from: (share) => low + share * (high - low),
    ticks: axis.categories ? axis.categories.map((_, index) => index) : niceTicks(low, high, 5),
  };
}

/** A number on an axis: no zeros that say nothing. */
export function tick(value: number, digits = 4): string {
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3))
    return value.toExponential(Math.max(1, digits - 3)).replace('.0e', 'e');
  const whole = size >= 1 ? Math.floor(Math.log10(size)) + 1 : 0; // digits before the point are not rounded away
  return String(Number(value.toPrecision(Math.max(digits, whole))));
}

export function niceTicks(low: number, high: number, many: number): number[] {
  const raw = (high - low) / Math.max(1, many);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= raw) ?? raw;
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step)
    ticks.push(Math.abs(tick) < step * 1e-9 ? 0 : tick);
  return ticks;
}

function logTicks(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  const every = Math.max(1, Math.ceil((last - first) / 8));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += every) ticks.push(10 ** power);
  return ticks.length >= 2 ? ticks : [low, Math.sqrt(low * high), high];
}

/** Whether a value is let through by the brush of its axis. */
export function within(axis: ParallelAxis, brush: Brush | undefined, value: number): boolean {
  if (!brush) return true;
  if ('only' in brush) {
    const text = axis.categories?.[value];
    return text !== undefined && brush.only.includes(text);
  }
  return value >= brush.low && value <= brush.high;
}

/** Whether a line passes all brushes. */
export function passing(axes: readonly ParallelAxis[], brushes: Brushes, line: number): boolean {
  return axes.every((axis) => within(axis, brushes[axis.id], axis.values[line] ?? NaN));
}

/** The brushes but that of one axis. */
export function without(brushes: Brushes, id: string): Brushes {
  return Object.fromEntries(Object.entries(brushes).filter(([other]) => other !== id));
}

/** The brush between two heights of an axis, null where they let everything or a point through. */
export function brushBetween(axis: ParallelAxis, scale: Scale, one: number, other: number): Brush | null {
  const [low, high] = [scale.from(Math.min(one, other)), scale.from(Math.max(one, other))];
  if (Math.abs(one - other) < 0.005) return null;
  if (axis.categories) {
    const only = axis.categories.filter((_, index) => index >= low && index <= high);
    return only.length === axis.categories.length || only.length === 0 ? null : { only };
  }
  return { low: rounded(low, scale), high: rounded(high, scale) };
}

/** Short numbers for the address: four digits beyond the span of the axis are nobody's wish. */
function rounded(value: number, scale: Scale): number {
  if (scale.low > 0 && scale.high / scale.low > 100) return Number(value.toPrecision(4));
  const digits = Math.max(0, 3 - Math.floor(Math.log10(scale.high - scale.low)));
  return digits > 15 ? value : Number(value.toFixed(Math.min(15, digits)));
}

/** Heights between which a brush lies, for drawing it; of categories: around the chosen ones when they are neighbours. */
export function extentsOf(axis: ParallelAxis, scale: Scale, brush: Brush): [number, number][] {
  if (!('only' in brush)) return [[scale.to(brush.low), scale.to(brush.high)]];
  return (axis.categories ?? []).flatMap((text, index) =>
    brush.only.includes(text) ? [[scale.to(index - 0.5), scale.to(index + 0.5)] as [number, number]] : [],
  );
}

/** `m.auc:0.8..0.9;p.opt:adam|sgd`, each part encoded, so that any name and text survives. */
export function writeBrushes(brushes: Brushes): string | undefined {
  const parts = Object.entries(brushes).map(([id, brush]) => {
    const of =
      'only' in brush
        ? `=${brush.only.map((text) => encodeURIComponent(text).replaceAll('~', '%7E')).join('|')}`
        : `${brush.low}..${brush.high}`;
    return `${encodeURIComponent(id).replaceAll('~', '%7E')}~${of}`;
  });
  return parts.length > 0 ? parts.join(';') : undefined;
}

export function readBrushes(text: string | undefined): Brushes {
  const found: Record<string, Brush> = {};
  for (const part of (text ?? '').split(';')) {
    const [name, of] = part.split('~');
    if (!name || !of) continue;
    try {
      const id = decodeURIComponent(name);
      if (of.startsWith('=')) found[id] = { only: of.slice(1).split('|').map(decodeURIComponent) };
      else {
        const [low, high] = of.split('..').map((end) => (end === '' ? NaN : Number(end)));
        if (Number.isFinite(low) && Number.isFinite(high)) found[id] = { low: low ?? 0, high: high ?? 0 };
      }
    } catch {
      continue; // an address that somebody cut in the middle
    }
  }
  return found;
}
