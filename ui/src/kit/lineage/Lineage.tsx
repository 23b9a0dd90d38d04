import { useMemo, type ReactNode } from 'react';
import type { Icon } from '@tabler/icons-react';
import { shortId } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { IconBox, IconFile, IconFlask, IconPlug, IconTable, IconWarning } from '../icons';
import { Link } from '../Link';
import { layers, parseReference, type Edge, type Node } from './layers';
import classes from './lineage.module.css';

interface Props {
  edges: readonly Edge[];
  /** The thing the page is about, such as `dataset:titanic:1`. */
  focus: string;
}

interface Look {
  word: string;
  icon: Icon;
  href: (name: string) => string;
}

/** The page of a version; a part of its split, `titanic:3@train`, has none of its own. */
const versioned = (slice: string) => (reference: string) => {
  const name = reference.split('@')[0] ?? reference;
  const cut = name.lastIndexOf(':');
  return cut < 0 ? at([slice, name]) : at([slice, name.slice(0, cut)], { version: name.slice(cut + 1) });
};

const NOUNS: Record<string, Look> = {
  dataset: { word: 'Dataset', icon: IconTable, href: versioned('datasets') },
  run: { word: 'Run', icon: IconFlask, href: (id) => at(['experiments', 'runs', id]) },
  monitor: { word: 'Drift monitor', icon: IconWarning, href: (name) => at(['datasets', 'monitors', name]) },
  model: { word: 'Model', icon: IconBox, href: versioned('models') },
  endpoint: { word: 'Endpoint', icon: IconPlug, href: (name) => at(['endpoints', name]) },
};

/** What something was made from, and what stands on it: left to right, each a link. */
export function Lineage({ edges, focus }: Props) {
  const nodes = useMemo(() => layers(edges, focus), [edges, focus]);
  const depth = Math.max(0, ...nodes.map((node) => node.layer));
  if (edges.length === 0) {
    return (
      <p className={classes.none}>
        Nothing was made from this yet, and it was made from nothing the studio knows.
      </p>
    );
  }
  return (
    <ol className={classes.layers} aria-label="Lineage, from source to result">
      {Array.from({ length: depth + 1 }, (_, layer) => (
        <li key={layer}>
          <ul>
            {nodes
              .filter((node) => node.layer === layer)
              .map((node) => (
                <li key={node.reference}>
                  <Card node={node} focus={node.reference === focus} from={sources(edges, node.reference)} />
                </li>
              ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

function sources(edges: readonly Edge[], reference: string): string {
  const found = edges
    .filter((edge) => edge.target === reference)
    .map((edge) => label({ ...parseReference(edge.source), title: edge.source_name }));
  return found.join(', ');
}

function label({ noun, name, title }: Pick<Node, 'noun' | 'name' | 'title'>): string {
  return title || (noun === 'run' ? `run ${shortId(name)}` : name);
}

function Card({ node, focus, from }: { node: Node; focus: boolean; from: string }): ReactNode {
  const look = NOUNS[node.noun];
  const Icon = look?.icon ?? IconFile;
  return (
    <div className={classes.card} data-focus={focus || undefined}>
      <Icon size={18} stroke={1.7} aria-hidden />
      <div>
        <div className={classes.noun}>{look?.word ?? node.noun}</div>
        {look && !focus ? (
          <Link href={look.href(node.name)}>{label(node)}</Link>
        ) : (
          <strong aria-current={focus ? 'true' : undefined}>{label(node)}</strong>
        )}
        {from ? <div className={classes.noun}>from {from}</div> : null}
      </div>
    </div>
  );
}
