import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { bytes } from '@/kernel/format';
import { EmptyState } from '@/kit/EmptyState';
import { IconChevronDown, IconFile, IconFolder, IconRight } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { ArtifactPreview } from './ArtifactPreview';
import { runArtifacts, type Artifact, type Run } from './queries';
import classes from './experiments.module.css';

interface Props {
  run: Run;
  path: string | undefined;
  onPath: (path: string | undefined) => void;
}

export function ArtifactsTab({ run, path, onPath }: Props) {
  const query = useQuery(runArtifacts(run.id, ''));
  return (
    <Answer query={query}>
      {(items) =>
        items.length === 0 ? (
          <EmptyState
            title="No artifacts"
            code={
              'import mlflow\n\nmlflow.log_artifact("report.csv")   # or write files to $STUDIOLO_OUTPUTS'
            }
          >
            Artifacts are the files of a run: models, plots, tables. A job&apos;s appear when it ends.
          </EmptyState>
        ) : (
          <div className={classes.split}>
            <nav aria-label="Artifacts" className={classes.tree}>
              <Branch run={run} items={items} open={path} onPath={onPath} depth={0} />
            </nav>
            {path ? (
              <ArtifactPreview key={path} run={run} path={path} />
            ) : (
              <p className={classes.hint}>Choose a file to look at it.</p>
            )}
          </div>
        )
      }
    </Answer>
  );
}

interface BranchProps {
  run: Run;
  items: readonly Artifact[];
  open: string | undefined;
  onPath: (path: string | undefined) => void;
  depth: number;
}

function Branch({ run, items, open, onPath, depth }: BranchProps) {
  return (
    <ul className={classes.branch}>
      {[...items]
        .sort((a, b) => Number(b.is_dir) - Number(a.is_dir))
        .map((item) =>
          item.is_dir ? (
            <Folder key={item.path} run={run} item={item} open={open} onPath={onPath} depth={depth} />
          ) : (
            <li key={item.path}>
              <button
                type="button"
                className={classes.leaf}
                style={{ paddingLeft: 8 + depth * 16 }}
                aria-current={item.path === open ? 'true' : undefined}
                onClick={() => onPath(item.path)}
              >
                <IconFile size={16} stroke={1.7} aria-hidden />
                <span>{nameOf(item.path)}</span>
                <small>{bytes(item.size)}</small>
              </button>
            </li>
          ),
        )}
    </ul>
  );
}

function Folder({ run, item, open, onPath, depth }: Omit<BranchProps, 'items'> & { item: Artifact }) {
  const within = open?.startsWith(`${item.path}/`) ?? false;
  const [chosen, setChosen] = useState<boolean | null>(null);
  const shown = chosen ?? within;
  const query = useQuery({ ...runArtifacts(run.id, item.path), enabled: shown });
  const Arrow = shown ? IconChevronDown : IconRight;
  return (
    <li>
      <button
        type="button"
        className={classes.leaf}
        style={{ paddingLeft: 8 + depth * 16 }}
        aria-expanded={shown}
        onClick={() => setChosen(!shown)}
      >
        <Arrow size={16} aria-hidden />
        <IconFolder size={16} stroke={1.7} aria-hidden />
        <span>{nameOf(item.path)}</span>
      </button>
      {shown ? (
        <Answer query={query} rows={2} inline>
          {(items) => <Branch run={run} items={items} open={open} onPath={onPath} depth={depth + 1} />}
        </Answer>
      ) : null}
    </li>
  );
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
