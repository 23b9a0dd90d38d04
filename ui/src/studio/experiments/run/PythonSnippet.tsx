import { useQuery } from '@tanstack/react-query';
import { workspace } from '@/kernel/workspace';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { Section } from '@/kit/Page';
import { runSpec, type Run, type RunOverview } from '../queries';
import { snippets } from './snippet';

export function PythonSnippet({ run, overview }: { run: Run; overview: RunOverview }) {
  const spec = useQuery(runSpec(run.id));
  const hasCode = (spec.data?.code?.length ?? 0) > 0;
  const code = snippets({
    id: run.id,
    name: run.name,
    workspace: workspace(),
    origin: window.location.origin,
    overview,
    hasCode,
  });
  return (
    <Section title="Open this run in Python">
      <CodeSnippet
        code={
          hasCode
            ? { ...code, 'Its code': `${code['Its code'] ?? ''}\n${spec.data?.command.join(' ') ?? ''}` }
            : code
        }
        label="Open this run in Python"
      />
    </Section>
  );
}
