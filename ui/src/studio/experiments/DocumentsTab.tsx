import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '@/kit/EmptyState';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { IconFile } from '@/kit/icons';
import { Answer } from '@/kit/Page';
import { Time } from '@/kit/Time';
import { runDocument, runDocuments, type Run } from './queries';
import classes from './experiments.module.css';

interface Props {
  run: Run;
  path: string | undefined;
  onPath: (path: string | undefined) => void;
}

/** JSON documents that the job wrote about itself, such as an AutoML run's guardrails. */
export function DocumentsTab({ run, path, onPath }: Props) {
  const query = useQuery(runDocuments(run.id));
  return (
    <Answer query={query}>
      {(documents) => {
        const open = documents.find((one) => one.name === path)?.name ?? documents[0]?.name;
        if (!open)
          return <EmptyState title="No documents">This run wrote no documents about itself.</EmptyState>;
        return (
          <div className={classes.split}>
            <nav aria-label="Documents" className={classes.tree}>
              {documents.map((one) => (
                <button
                  key={one.name}
                  type="button"
                  className={classes.leaf}
                  aria-current={one.name === open ? 'true' : undefined}
                  onClick={() => onPath(one.name)}
                >
                  <IconFile size={16} stroke={1.7} aria-hidden />
                  <span>{one.name}</span>
                  <small>
                    <Time at={one.updated_at} />
                  </small>
                </button>
              ))}
            </nav>
            <DocumentView run={run} name={open} />
          </div>
        );
      }}
    </Answer>
  );
}

function DocumentView({ run, name }: { run: Run; name: string }) {
  const query = useQuery(runDocument(run.id, name));
  return (
    <div className={classes.preview}>
      <Answer query={query} inline>
        {(value) => <CodeSnippet code={JSON.stringify(value, null, 2)} label={name} />}
      </Answer>
    </div>
  );
}
