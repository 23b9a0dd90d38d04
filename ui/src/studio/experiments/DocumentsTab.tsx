import { NavLink } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '@/kit/EmptyState';
import { CodeSnippet } from '@/kit/CodeSnippet';
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
                <NavLink
                  key={one.name}
                  component="button"
                  label={one.name}
                  description={<Time at={one.updated_at} />}
                  active={one.name === open}
                  aria-current={one.name === open ? 'true' : undefined}
                  onClick={() => onPath(one.name)}
                />
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
