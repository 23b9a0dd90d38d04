import { ActionIcon, Group } from '@mantine/core';
import { useCallbackRef } from '@mantine/hooks';
import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { IconMinus, IconPlus, IconZoomFit } from '@/kit/icons';
import type { Step } from '../queries';
import { Node } from './Node';
import { neighbour, sceneOf, seen } from './scene';
import { shapeOf, tallies, type Tree } from './tree';
import { usePan } from './usePan';
import { useView, type View } from './useView';
import classes from './graph.module.css';

interface Props {
  tree: Tree<Step>;
  toggled: readonly string[];
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
  onFold: (id: string) => void;
}

const FAR = 0.5; // below this zoom, what cannot be read is not drawn

/**
 * Steps from top to bottom. The page scrolls them as it scrolls anything, and only those in sight are in the document:
 * a run of 500 steps moves as a run of ten does.
 */
export function Graph({ tree, toggled, selected, onSelect, onFold }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const shape = useMemo(() => shapeOf([...tree.byId.values()]), [tree]);
  const folded = toggled.join('\n');
  // states come and go: what stands where depends on the shape alone
  const scene = useMemo(
    () => sceneOf(tree, new Set(folded.split('\n'))),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the tree stands for its shape
    [shape, folded],
  );
  const counted = useMemo(() => tallies(tree), [tree]);
  const view = useView(box, scene);
  usePan(box);
  const { nodes, wires } = useMemo(() => seen(scene, view.part), [scene, view.part]);
  const [focus, setFocus] = useState<string>();
  const known = useMemo(() => new Map(scene.nodes.map((node) => [node.id, node])), [scene]);
  const entry = [focus, selected, scene.nodes[0]?.id].find((id) => id !== undefined && known.has(id));
  // what the keyboard stands on stays in the document, however far it was scrolled away
  const own = entry === undefined ? undefined : known.get(entry);
  const drawn = own && !nodes.includes(own) ? [...nodes, own] : nodes;

  const { bring } = view;
  const moved = useRef(false);
  useEffect(() => {
    if (!moved.current || !focus) return;
    moved.current = false;
    document.getElementById(`step-${focus}`)?.focus({ preventScroll: true });
  }, [focus]);
  const shown = useRef<string>(undefined);
  useEffect(() => {
    if (selected === shown.current) return;
    const node = selected ? known.get(selected) : undefined;
    if (selected && !node) return; // it is folded away, and will be there when what it is in is shown
    shown.current = selected;
    if (node) bring(node.x, node.y, node.width, Math.min(node.height, 80));
  }, [selected, known, bring]);

  const onKey = useCallbackRef((id: string, event: KeyboardEvent) => {
    const { key } = event;
    if (key === 'Escape' && selected) {
      event.preventDefault();
      return onSelect(undefined);
    }
    if (key !== 'ArrowUp' && key !== 'ArrowDown' && key !== 'ArrowLeft' && key !== 'ArrowRight') return;
    event.preventDefault();
    const next = neighbour(scene.nodes, id, key);
    const node = next ? known.get(next) : undefined;
    if (!node) return;
    bring(node.x, node.y, node.width, Math.min(node.height, 80));
    moved.current = true;
    setFocus(node.id);
  });
  const choose = useCallbackRef((id: string) => {
    setFocus(id);
    onSelect(id === selected ? undefined : id);
  });
  const fold = useCallbackRef(onFold);

  return (
    <div className={classes.canvas}>
      <Tools zoomBy={view.zoomBy} fit={view.fit} />
      <div
        ref={box}
        className={classes.scroller}
        role="region"
        aria-label="Graph of the steps: arrow keys move between them, the tab Steps has them as a table"
        data-far={view.zoom < FAR || undefined}
      >
        <div
          className={classes.sizer}
          style={{ width: scene.width * view.zoom, height: scene.height * view.zoom }}
        >
          <div className={classes.scene} style={{ transform: `scale(${view.zoom})` }}>
            <svg className={classes.wires} width={scene.width} height={scene.height} aria-hidden>
              {wires.map((wire) => (
                <path
                  key={`${wire.source}>${wire.target}`}
                  d={wire.line}
                  data-near={
                    (selected && (wire.source === selected || wire.target === selected)) || undefined
                  }
                />
              ))}
            </svg>
            {drawn.map((node) => {
              const step = tree.byId.get(node.id);
              return step ? (
                <Node
                  key={node.id}
                  node={node}
                  step={step}
                  parts={tree.parts.get(node.id)?.length ?? 0}
                  tally={counted.get(node.id)}
                  selected={node.id === selected}
                  entry={node.id === entry}
                  onSelect={choose}
                  onFold={fold}
                  onKey={onKey}
                />
              ) : null;
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

/** Not drawn again with each step that changes. */
const Tools = memo(function Tools({ zoomBy, fit }: Pick<View, 'zoomBy' | 'fit'>) {
  return (
    <Group gap={4} className={classes.tools} role="group" aria-label="Size of the graph">
      <ActionIcon aria-label="Smaller" variant="default" onClick={() => zoomBy(1 / 1.25)}>
        <IconMinus size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon aria-label="Larger" variant="default" onClick={() => zoomBy(1.25)}>
        <IconPlus size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon aria-label="All of it" variant="default" onClick={fit}>
        <IconZoomFit size={16} aria-hidden />
      </ActionIcon>
    </Group>
  );
});
