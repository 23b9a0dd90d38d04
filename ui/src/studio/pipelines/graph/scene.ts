import { place, type PlacedWire } from './layout';
import { isOpen, standsFor, type Tree } from './tree';

export interface SceneNode {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  /** How it is drawn: a step, a step that others are inside of, the same with them shown, one of a fan-out. */
  look: 'step' | 'folded' | 'frame' | 'member';
}

interface Area {
  nodes: SceneNode[];
  wires: PlacedWire[];
  width: number;
  height: number;
}

/** A wire as it is drawn: found once, since what is in sight is found anew again and again while the page scrolls. */
export interface SceneWire extends PlacedWire {
  line: string;
  box: Rect;
}

export interface Scene extends Area {
  wires: SceneWire[];
}

export interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const STEP = { width: 220, height: 60 };
const FOLDED = { width: 240, height: 80 };
const MEMBER = { width: 176, height: 36, gap: 8 };
const HEAD = 40; // of a frame: its name and the button that folds it
const PAD = 16;
const MARGIN = 24; // around all

/** Place the steps that are shown. Wires end at what stands beside them: a frame, when they go inside. */
export function sceneOf(tree: Tree, toggled: ReadonlySet<string>): Scene {
  const scene = inside(tree, '', toggled);
  const move = shift(MARGIN, MARGIN);
  return {
    nodes: scene.nodes.map(move.node),
    wires: scene.wires.map((wire) => drawn(move.wire(wire))),
    width: scene.width + 2 * MARGIN,
    height: scene.height + 2 * MARGIN,
  };
}

function drawn(wire: PlacedWire): SceneWire {
  const xs = wire.points.map(([x]) => x);
  const ys = wire.points.map(([, y]) => y);
  const box = {
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
  };
  return { ...wire, line: lineOf(wire.points), box };
}

function inside(tree: Tree, of: string, toggled: ReadonlySet<string>): Area {
  const steps = tree.parts.get(of) ?? [];
  const inner = new Map<string, Area>();
  const boxes = steps.map((step) => {
    if (!tree.parts.has(step.id)) return { id: step.id, ...STEP };
    if (!isOpen(tree, step, toggled)) return { id: step.id, ...FOLDED };
    const scene = step.fan ? grid(tree, step.id, toggled) : inside(tree, step.id, toggled);
    inner.set(step.id, scene);
    return {
      id: step.id,
      width: Math.max(FOLDED.width, scene.width + 2 * PAD),
      height: scene.height + HEAD + PAD,
    };
  });
  const wires = steps.flatMap((step) =>
    step.needs.flatMap((need) => {
      const source = standsFor(tree, need, of);
      return source && source !== step.id ? [{ source, target: step.id }] : [];
    }),
  );
  return merged(tree, place(boxes, wires), inner);
}

/** The parts of a fan-out side by side, about as wide as high; a part that has parts itself is shown folded or not. */
function grid(tree: Tree, of: string, toggled: ReadonlySet<string>): Area {
  const steps = tree.parts.get(of) ?? [];
  if (steps.some((step) => tree.parts.has(step.id))) return inside(tree, of, toggled);
  const columns = Math.min(8, Math.max(1, Math.ceil(Math.sqrt(steps.length / 3))));
  const nodes = steps.map((step, index) => ({
    id: step.id,
    x: (index % columns) * (MEMBER.width + MEMBER.gap),
    y: Math.floor(index / columns) * (MEMBER.height + MEMBER.gap),
    width: MEMBER.width,
    height: MEMBER.height,
    look: 'member' as const,
  }));
  return {
    nodes,
    wires: [],
    width: columns * (MEMBER.width + MEMBER.gap) - MEMBER.gap,
    height: Math.ceil(steps.length / columns) * (MEMBER.height + MEMBER.gap) - MEMBER.gap,
  };
}

function merged(tree: Tree, placed: ReturnType<typeof place>, inner: ReadonlyMap<string, Area>): Area {
  const nodes: SceneNode[] = [];
  const wires = [...placed.wires];
  for (const box of placed.boxes) {
    const scene = inner.get(box.id);
    nodes.push({ ...box, look: scene ? 'frame' : tree.parts.has(box.id) ? 'folded' : 'step' });
    if (!scene) continue;
    const move = shift(box.x + (box.width - scene.width) / 2, box.y + HEAD);
    nodes.push(...scene.nodes.map(move.node));
    wires.push(...scene.wires.map(move.wire));
  }
  return { nodes, wires, width: placed.width, height: placed.height };
}

const shift = (dx: number, dy: number) => ({
  node: (one: SceneNode): SceneNode => ({ ...one, x: one.x + dx, y: one.y + dy }),
  wire: (one: PlacedWire): PlacedWire => ({
    ...one,
    points: one.points.map(([x, y]) => [x + dx, y + dy] as const),
  }),
});

/** What of a scene can be seen in a part of it. */
export function seen({ nodes, wires }: Scene, part: Rect): { nodes: SceneNode[]; wires: SceneWire[] } {
  return {
    nodes: nodes.filter(
      (one) =>
        one.x < part.right &&
        one.x + one.width > part.left &&
        one.y < part.bottom &&
        one.y + one.height > part.top,
    ),
    wires: wires.filter(
      ({ box }) =>
        box.left < part.right && box.right > part.left && box.top < part.bottom && box.bottom > part.top,
    ),
  };
}

/** The line of a wire: upright where it leaves and arrives. */
export function lineOf(points: PlacedWire['points']): string {
  const [first] = points;
  if (!first) return '';
  let line = `M${first[0]} ${first[1]}`;
  for (let index = 1; index < points.length; index += 1) {
    const [[x0, y0], [x1, y1]] = [points[index - 1] ?? first, points[index] ?? first];
    const half = (y0 + y1) / 2;
    line += x0 === x1 ? `V${y1}` : `C${x0} ${half} ${x1} ${half} ${x1} ${y1}`;
  }
  return line;
}

/** The step that an arrow key leads to: the nearest one in that direction. */
export function neighbour(
  nodes: readonly SceneNode[],
  id: string,
  key: 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight',
): string | undefined {
  const own = nodes.find((one) => one.id === id);
  if (!own) return nodes[0]?.id;
  const middle = (one: SceneNode) => [
    one.x + one.width / 2,
    one.y + (one.look === 'frame' ? HEAD / 2 : one.height / 2),
  ];
  const [x = 0, y = 0] = middle(own);
  let best: { id: string; far: number } | undefined;
  for (const one of nodes) {
    if (one.id === id) continue;
    const [ox = 0, oy = 0] = middle(one);
    const [dx, dy] = [ox - x, oy - y];
    const forward = { ArrowUp: -dy, ArrowDown: dy, ArrowLeft: -dx, ArrowRight: dx }[key];
    const aside = Math.abs(key === 'ArrowUp' || key === 'ArrowDown' ? dx : dy);
    if (forward <= 1) continue;
    const far = forward + 3 * aside;
    if (!best || far < best.far) best = { id: one.id, far };
  }
  return best?.id;
}
