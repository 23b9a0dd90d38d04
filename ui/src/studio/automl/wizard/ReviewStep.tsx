import { TextInput } from '@mantine/core';
import { duration } from '@/kernel/format';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { KeyValue } from '@/kit/KeyValue';
import { Section } from '@/kit/Page';
import { metricName } from '../documents';
import { snippets } from '../snippets';
import { specOf, type Choice } from './spec';

/** All decisions at a glance, and the same in code. */
export function ReviewStep({ choice, onChange }: { choice: Choice; onChange: (change: Choice) => void }) {
  const spec = specOf(choice);
  return (
    <>
      <Section title="Review">
        <KeyValue
          items={[
            ['Dataset', spec.dataset],
            ['Rows', spec.split ? `the part ${spec.split}` : null],
            ['Target', spec.target],
            [
              'Predict',
              choice.task === 'classification'
                ? 'classes'
                : choice.task === 'regression'
                  ? 'numbers'
                  : 'decided from the column',
            ],
            ['Make best', spec.metric ? metricName(spec.metric) : 'the usual metric of the task'],
            ['Stop', choice.trials ? `after ${choice.trials} models` : `after ${duration(spec.time_limit)}`],
            ['Left out', (spec.drop ?? []).join(', ')],
            ['Learners not tried', (spec.blocked ?? []).join(', ')],
            ['Cores', spec.cores == null ? null : String(spec.cores)],
            ['Seed', String(spec.seed)],
            ['Registered as', spec.model || 'the name of the dataset'],
          ]}
        />
        <TextInput
          label="Name of the run"
          placeholder="Made from target and dataset"
          maw={360}
          value={choice.name ?? ''}
          onChange={(event) => onChange({ name: event.currentTarget.value || undefined })}
        />
      </Section>
      <Section title="The same in code">
        <CodeSnippet code={snippets(spec)} />
      </Section>
    </>
  );
}
