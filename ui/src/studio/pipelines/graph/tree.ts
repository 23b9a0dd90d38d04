import { statusOf, type Tone } from '@/kit/status';

/** What graph, Gantt and table have to know of a step to order and fold it. */
export interface TreeStep {
  id: string;
  /** The step that it is inside of: a nested pipeline or a fan-out; empty for none. */
  parent: string;
  /** Steps that it waits for. */
  needs: readonly string[];
  state: string;
  /** Its parts are the same step many times over, with other values. */
  fan: boolean;
}

export interface Tree<T extends TreeStep = TreeStep> {
  byId: ReadonlyMap<string, T>;
  /** Parts of each step; those of no step under ''. */
  parts: ReadonlyMap<string, readonly T[]>;
}

const FEW = 8; // parts of a fan-out that are shown without being asked for
const MANY = 80; // steps of a graph; above, what is inside of others is not shown unless asked for

export function treeOf<T extends TreeStep>(steps: readonly T[]): Tree<T> {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const parts = new Map<string, T[]>();
  for (const step of steps) {
    const inside = step.parent && byId.has(step.parent) ? step.parent : '';
    const known = parts.get(inside);
    if (known) known.push(step);
    else parts.set(inside, [step]);
  }
  return { byId, parts };
}

/** Whether a step is shown with its parts; `toggled` are those that are the other way round than usual. */
export function isOpen(tree: Tree, step: TreeStep, toggled: ReadonlySet<string>): boolean {
  const parts = tree.parts.get(step.id)?.length ?? 0;
  if (parts === 0) return false;
  const usual = tree.byId.size <= MANY && (!step.fan || parts <= FEW);
  return usual !== toggled.has(step.id);
}

/** The steps in which one stands, the outermost first. */
export function above<T extends TreeStep>(tree: Tree<T>, id: string): T[] {
  const found: T[] = [];
  let step = tree.byId.get(id);
  while (step?.parent && found.length < 50) {
    step = tree.byId.get(step.parent);
    if (step) found.unshift(step);
  }
  return found;
}

/** What has to be toggled so that a step can be seen. */
export function reveal(tree: Tree, id: string, toggled: readonly string[]): string[] {
  const next = new Set(toggled);
  for (const step of above(tree, id)) {
    if (isOpen(tree, step, next)) continue;
    if (next.has(step.id)) next.delete(step.id);
    else next.add(step.id);
  }
  return [...next];
}

/** Steps from top to bottom as they are shown, each after what it is inside of. */
export function listed<T extends TreeStep>(
  tree: Tree<T>,
  toggled: ReadonlySet<string>,
): { step: T; depth: number; open: boolean | null }[] {
  const found: { step: T; depth: number; open: boolean | null }[] = [];
  const walk = (inside: string, depth: number) => {
    for (const step of tree.parts.get(inside) ?? []) {
      const parts = tree.parts.has(step.id);
      const open = parts ? isOpen(tree, step, toggled) : null;
      found.push({ step, depth, open });
      if (open) walk(step.id, depth + 1);
    }
  };
  walk('', 0);
  return found;
}

/** The step among `siblings` of the one inside of `inside` that stands for `id`; undefined when it is elsewhere. */
export function standsFor(tree: Tree, id: string, inside: string): string | undefined {
  let step = tree.byId.get(id);
  for (let depth = 0; step && depth < 50; depth += 1) {
    const own = step.parent && tree.byId.has(step.parent) ? step.parent : '';
    if (own === inside) return step.id;
    step = own ? tree.byId.get(own) : undefined;
  }
  return undefined;
}

export type Tally = Partial<Record<Tone, number>>;

/** How many of the innermost steps of each container are in which state. */
export function tallies(tree: Tree): Map<string, Tally> {
  const found = new Map<string, Tally>();
  for (const step of tree.byId.values()) {
    if (tree.parts.has(step.id)) continue;
    const { tone } = statusOf(step.state);
    for (const container of above(tree, step.id)) {
      const tally = found.get(container.id) ?? {};
      tally[tone] = (tally[tone] ?? 0) + 1;
      found.set(container.id, tally);
    }
  }
  return found;
}

/** What of the graph its picture depends on: states do not move anything. */
export function shapeOf(steps: readonly TreeStep[]): string {
  return steps.map((step) => `${step.id}<${step.parent}:${step.needs.join(',')}`).join('\n');
}
