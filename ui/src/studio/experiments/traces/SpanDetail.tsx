import { count } from '@/kernel/format';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { KeyValue } from '@/kit/KeyValue';
import { Note } from '@/kit/Note';
import type { Span } from './queries';
import { shown } from './tree';
import { State, took } from './words';
import classes from './traces.module.css';

/** What went into a span, what came out, and what else it says of itself. */
export function SpanDetail({ span }: { span: Span }) {
  const exception = span.events.find((event) => event.name === 'exception')?.attributes;
  const rest = span.events.filter((event) => event.name !== 'exception');
  const attributes = Object.entries(span.attributes);
  return (
    <section className={classes.detail} aria-label={`Span ${span.name}`}>
      <h2>{span.name}</h2>
      <KeyValue
        items={[
          ['State', <State key="state" state={span.status} />],
          ['Type', span.type],
          ['Began after', took(span.offset_ms)],
          ['Took', took(span.duration_ms)],
          ['Tokens', span.total_tokens == null ? null : count(span.total_tokens)],
        ]}
      />
      {exception ? (
        <Note
          tone="warning"
          title={`${shown(exception['exception.type'] ?? 'Exception')}: ${shown(exception['exception.message'] ?? '')}`}
        >
          {exception['exception.stacktrace'] ? (
            <CodeSnippet label="Stack trace" code={shown(exception['exception.stacktrace'])} />
          ) : null}
        </Note>
      ) : span.message ? (
        <Note tone="warning" title={span.message}>
          {null}
        </Note>
      ) : null}
      {span.inputs == null ? null : <Part title="Inputs" value={span.inputs} />}
      {span.outputs == null ? null : <Part title="Outputs" value={span.outputs} />}
      {rest.map((event, index) => (
        <Part key={index} title={`${event.name} after ${took(event.offset_ms)}`} value={event.attributes} />
      ))}
      {attributes.length > 0 ? <Part title="Attributes" value={span.attributes} /> : null}
    </section>
  );
}

function Part({ title, value }: { title: string; value: unknown }) {
  return (
    <div>
      <h3>{title}</h3>
      <CodeSnippet label={title} code={shown(value)} />
    </div>
  );
}
