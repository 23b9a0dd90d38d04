/** A box to be placed, and who stands above whom. Sizes in pixels. */
export interface Box {
  id: string;
  width: number;
  height: number;
}

export interface Wire {
  source: string;
  target: string;
}

export interface PlacedBox extends Box {
  x: number;
  y: number;
}

export interface PlacedWire extends Wire {
  /** From the middle of the source's foot to the middle of the target's head, with a bend per layer between. */
  points: readonly (readonly [number, number])[];
}

export interface Placed {
  boxes: PlacedBox[];
  wires: PlacedWire[];
  width: number;
  height: number;
}

const GAP_X = 28;
const GAP_Y = 44;
const BEND = 12; // what a wire takes of a layer that it passes
const BENDS = 4000; // more of them than this are left out: wires then go straight
const SWEEPS = 6;

/** A box, or, after all boxes, the bend of a wire in a layer that it passes. */
interface Cell {
  width: number;
  above: number[];
  below: number[];
  x: number; // of the middle
}

/** The layer of each box: one below the lowest of what it needs, and as near to its users as that allows. */
export function layersOf(count: number, wires: readonly (readonly [number, number])[]): number[] {
  const below: number[][] = Array.from({ length: count }, () => []);
  const needed = new Array<number>(count).fill(0);
  for (const [from, to] of wires) {
    below[from]?.push(to);
    needed[to] = (needed[to] ?? 0) + 1;
  }
  const layer = new Array<number>(count).fill(0);
  const open = needed.flatMap((number, index) => (number === 0 ? [index] : []));
  const order: number[] = [];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    order.push(next);
    for (const to of below[next] ?? []) {
      layer[to] = Math.max(layer[to] ?? 0, (layer[next] ?? 0) + 1);
      needed[to] = (needed[to] ?? 0) - 1;
      if (needed[to] === 0) open.push(to);
    }
  }
  // what needs nothing stands right above its first user, not at the top of a long chain
  const hasAbove = new Set(wires.map(([, to]) => to));
  for (const index of order.reverse()) {
    const users = below[index] ?? [];
    if (hasAbove.has(index) || users.length === 0) continue;
    layer[index] = Math.max(0, Math.min(...users.map((to) => layer[to] ?? 0)) - 1);
  }
  return layer;
}

/** Middles as near to the wanted ones as their order and distances allow (least squares, pool adjacent violators). */
export function spread(wanted: readonly number[], distances: readonly number[]): number[] {
  let offset = 0;
  const offsets = wanted.map((_, index) => (offset += index === 0 ? 0 : (distances[index] ?? 0)));
  const pools: { sum: number; count: number }[] = [];
  wanted.forEach((value, index) => {
    let pool = { sum: value - (offsets[index] ?? 0), count: 1 };
    for (
      let last = pools.at(-1);
      last && last.sum / last.count > pool.sum / pool.count;
      last = pools.at(-1)
    ) {
      pools.pop();
      pool = { sum: pool.sum + last.sum, count: pool.count + last.count };
    }
    pools.push(pool);
  });
  return pools
    .flatMap(({ sum, count }) => new Array<number>(count).fill(sum / count))
    .map((value, index) => value + (offsets[index] ?? 0));
}

/** Place boxes from top to bottom in layers, with few crossings. The same graph is always placed alike. */
export function place(boxes: readonly Box[], wires: readonly Wire[]): Placed {
  const index = new Map(boxes.map((box, position) => [box.id, position]));
  const pairs = unique(wires, index);
  const layer = layersOf(boxes.length, pairs);
  const cells: Cell[] = boxes.map((box) => cell(box.width));
  const rows: number[][] = Array.from({ length: Math.max(0, ...layer) + 1 }, () => []);
  layer.forEach((row, position) => rows[row]?.push(position));
  const paths = bend(pairs, layer, cells, rows);
  order(rows, cells);
  middle(rows, cells);
  return drawn(boxes, pairs, rows, cells, paths);
}

const cell = (width: number): Cell => ({ width, above: [], below: [], x: 0 });

function unique(wires: readonly Wire[], index: ReadonlyMap<string, number>): [number, number][] {
  const found = new Map<string, [number, number]>();
  for (const { source, target } of wires) {
    const [from, to] = [index.get(source), index.get(target)];
    if (from !== undefined && to !== undefined && from !== to) found.set(`${from}>${to}`, [from, to]);
  }
  return [...found.values()];
}

/** Give each wire a place in the layers that it passes; returns the cells of each wire, from top to bottom. */
function bend(
  pairs: readonly (readonly [number, number])[],
  layer: readonly number[],
  cells: Cell[],
  rows: number[][],
): number[][] {
  const passed = pairs.reduce((sum, [from, to]) => sum + (layer[to] ?? 0) - (layer[from] ?? 0) - 1, 0);
  return pairs.map(([from, to]) => {
    const path = [from];
    if (passed <= BENDS) {
      for (let row = (layer[from] ?? 0) + 1; row < (layer[to] ?? 0); row += 1) {
        path.push(cells.push(cell(BEND)) - 1);
        rows[row]?.push(path.at(-1) ?? 0);
      }
    }
    path.push(to);
    for (let step = 1; step < path.length; step += 1) {
      const [upper = 0, lower = 0] = [path[step - 1], path[step]];
      cells[upper]?.below.push(lower);
      cells[lower]?.above.push(upper);
    }
    return path;
  });
}

/** Order each row by the middles of its neighbours in the row before, downwards and upwards in turn. */
function order(rows: number[][], cells: readonly Cell[]): void {
  const place = new Map<number, number>();
  const note = (row: readonly number[]) => row.forEach((member, position) => place.set(member, position));
  rows.forEach(note);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    for (const row of down ? rows.slice(1) : rows.slice(0, -1).reverse()) {
      const centre = new Map(
        row.map((member) => {
          const near = (down ? cells[member]?.above : cells[member]?.below) ?? [];
          const own = place.get(member) ?? 0;
          return [member, near.length > 0 ? mean(near.map((one) => place.get(one) ?? 0)) : own];
        }),
      );
      row.sort((a, b) => (centre.get(a) ?? 0) - (centre.get(b) ?? 0));
      note(row);
    }
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Find the middles: packed rows first, then each row as near as it can to what it is wired to. */
function middle(rows: readonly number[][], cells: Cell[]): void {
  const distances = rows.map((row) =>
    row.map((member, position) => {
      const before = cells[row[position - 1] ?? -1];
      return before ? (before.width + (cells[member]?.width ?? 0)) / 2 + GAP_X : 0;
    }),
  );
  const set = (row: readonly number[], middles: readonly number[]) =>
    row.forEach((member, position) => {
      const one = cells[member];
      if (one) one.x = middles[position] ?? 0;
    });
  rows.forEach((row, number) => {
    const packed = spread(new Array<number>(row.length).fill(0), distances[number] ?? []);
    set(row, packed);
  });
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    const numbers = rows.map((_, number) => number);
    for (const number of down ? numbers : numbers.reverse()) {
      const row = rows[number] ?? [];
      const wanted = row.map((member) => {
        const one = cells[member];
        const near = (down ? one?.above : one?.below) ?? [];
        return near.length > 0 ? mean(near.map((other) => cells[other]?.x ?? 0)) : (one?.x ?? 0);
      });
      set(row, spread(wanted, distances[number] ?? []));
    }
  }
}

function drawn(
  boxes: readonly Box[],
  pairs: readonly (readonly [number, number])[],
  rows: readonly number[][],
  cells: readonly Cell[],
  paths: readonly number[][],
): Placed {
  const left = Math.min(0, ...cells.map((one) => one.x - one.width / 2));
  const top: number[] = [];
  const passed = new Map<number, readonly [number, number]>(); // top and foot of the layer of a bend
  let y = 0;
  rows.forEach((row, number) => {
    const height = Math.max(0, ...row.map((member) => boxes[member]?.height ?? 0));
    top[number] = y;
    for (const member of row) passed.set(member, [y, y + height]);
    y += height + GAP_Y;
  });
  const found = new Map<number, PlacedBox>();
  rows.forEach((row, number) => {
    for (const member of row) {
      const box = boxes[member];
      if (box)
        found.set(member, { ...box, x: (cells[member]?.x ?? 0) - box.width / 2 - left, y: top[number] ?? 0 });
    }
  });
  const wires = paths.map((path, number) => {
    const [from, to] = pairs[number] ?? [0, 0];
    const [source, target] = [found.get(from), found.get(to)];
    const bends = path.slice(1, -1).flatMap((one) => {
      const [above, below] = passed.get(one) ?? [0, 0];
      const x = (cells[one]?.x ?? 0) - left;
      return [[x, above] as const, [x, below] as const];
    });
    const head = [
      (source?.x ?? 0) + (source?.width ?? 0) / 2,
      (source?.y ?? 0) + (source?.height ?? 0),
    ] as const;
    const foot = [(target?.x ?? 0) + (target?.width ?? 0) / 2, target?.y ?? 0] as const;
    return { source: boxes[from]?.id ?? '', target: boxes[to]?.id ?? '', points: [head, ...bends, foot] };
  });
  const right = Math.max(0, ...cells.map((one) => one.x + one.width / 2));
  return { boxes: [...found.values()], wires, width: right - left, height: Math.max(0, y - GAP_Y) };
}
