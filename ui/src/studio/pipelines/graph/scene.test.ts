import { expect, test } from 'vitest';
import { lineOf, neighbour, sceneOf, seen } from './scene';
import { above, isOpen, listed, reveal, tallies, treeOf, type TreeStep } from './tree';

const step = (id: string, more: Partial<TreeStep> = {}): TreeStep => ({
  id,
  parent: '',
  needs: [],
  state: 'Completed',
  fan: false,
  ...more,
});
const NONE = new Set<string>();

/** prepare → each[200] → train{fit → test} */
function wide(parts: number): TreeStep[] {
  return [
    step('prepare'),
    step('each', { needs: ['prepare'], fan: true }),
    ...Array.from({ length: parts }, (_, n) =>
      step(`each.${n}`, { parent: 'each', state: n === 0 ? 'Failed' : 'Running' }),
    ),
    step('train', { needs: ['each'] }),
    step('train.fit', { parent: 'train', needs: ['each'] }),
    step('train.test', { parent: 'train', needs: ['train.fit'] }),
  ];
}

test('a wide fan-out is folded until it is asked for, a narrow one and a nested pipeline are not', () => {
  const many = treeOf(wide(20));
  expect(isOpen(many, many.byId.get('each') ?? step('x'), NONE)).toBe(false);
  expect(isOpen(many, many.byId.get('train') ?? step('x'), NONE)).toBe(true);
  expect(isOpen(many, many.byId.get('each') ?? step('x'), new Set(['each']))).toBe(true);
  const few = treeOf(wide(3));
  expect(isOpen(few, few.byId.get('each') ?? step('x'), NONE)).toBe(true);
  const huge = treeOf(wide(200));
  expect(isOpen(huge, huge.byId.get('train') ?? step('x'), NONE)).toBe(false);
  expect(listed(huge, NONE).map((row) => row.step.id)).toEqual(['prepare', 'each', 'train']);
});

test('a step inside of folded ones is brought to light, and nothing else changes', () => {
  const tree = treeOf(wide(200));
  expect(reveal(tree, 'train.fit', ['each'])).toEqual(['each', 'train']);
  expect(reveal(tree, 'each.7', ['each'])).toEqual(['each']);
  expect(above(tree, 'train.fit').map((one) => one.id)).toEqual(['train']);
});

test('a folded step says how many of its parts are in which state', () => {
  expect(tallies(treeOf(wide(200))).get('each')).toEqual({ failed: 1, running: 199 });
});

test('what is inside of a frame lies in it, and wires from outside end at the frame', () => {
  const scene = sceneOf(treeOf(wide(3)), NONE);
  const at = new Map(scene.nodes.map((node) => [node.id, node]));
  const frame = at.get('train');
  expect(frame?.look).toBe('frame');
  for (const id of ['train.fit', 'train.test']) {
    const inner = at.get(id);
    expect(inner && frame && inner.x >= frame.x && inner.x + inner.width <= frame.x + frame.width).toBe(true);
    expect(inner && frame && inner.y > frame.y && inner.y + inner.height <= frame.y + frame.height).toBe(
      true,
    );
  }
  expect(scene.wires.map((wire) => `${wire.source}>${wire.target}`).sort()).toEqual([
    'each>train',
    'prepare>each',
    'train.fit>train.test',
  ]);
});

test('parts of a fan-out stand in a grid, and only what is looked at is drawn', () => {
  const scene = sceneOf(treeOf(wide(200)), new Set(['each']));
  const members = scene.nodes.filter((node) => node.look === 'member');
  expect(members).toHaveLength(200);
  expect(new Set(members.map((node) => node.x)).size).toBe(8);
  const part = seen(scene, { left: 0, top: 0, right: scene.width, bottom: 400 });
  expect(part.nodes.length).toBeLessThan(60);
  expect(part.nodes.some((node) => node.id === 'prepare')).toBe(true);
  expect(part.wires.some((wire) => wire.target === 'each')).toBe(true);
});

test('arrow keys lead to the nearest step that way', () => {
  const scene = sceneOf(treeOf(wide(3)), NONE);
  expect(neighbour(scene.nodes, 'prepare', 'ArrowDown')).toBe('each');
  expect(neighbour(scene.nodes, 'each.0', 'ArrowDown')).toBe('each.1'); // one column
  expect(neighbour(scene.nodes, 'prepare', 'ArrowUp')).toBeUndefined();
});

test('a wire leaves and arrives upright', () => {
  expect(
    lineOf([
      [10, 0],
      [10, 40],
    ]),
  ).toBe('M10 0V40');
  expect(
    lineOf([
      [10, 0],
      [50, 40],
    ]),
  ).toBe('M10 0C10 20 50 20 50 40');
});
