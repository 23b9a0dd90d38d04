import { SegmentedControl, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { CodeSnippet } from '@/kit/CodeSnippet';
import { Answer, Section } from '@/kit/Page';
import { snippets } from './consume';
import { bodyOf } from './form';
import { sample, type Endpoint } from './queries';
import { useHeldKeys } from './secrets';
import classes from './endpoints.module.css';

/** How a program asks the endpoint. */
export function ConsumeTab({ endpoint }: { endpoint: Endpoint }) {
  const [way, setWay] = useState('own');
  const query = useQuery(sample(endpoint.name, endpoint.live?.number));
  const held = useHeldKeys(endpoint.name);
  const url = way === 'own' ? endpoint.url : `${window.location.origin}${endpoint.forward}`;
  const key = held[0]?.key;
  return (
    <div className={classes.stack}>
      <SegmentedControl
        aria-label="Which address"
        value={way}
        onChange={setWay}
        data={[
          { value: 'own', label: 'Own port (fastest)' },
          { value: 'forward', label: 'Through the studio' },
        ]}
        className={classes.start ?? ''}
      />
      <Answer query={query} rows={4} inline>
        {(it) => (
          <CodeSnippet code={snippets(url, bodyOf(it.rows.length > 0 ? it.rows : [{}]))} label="Consume" />
        )}
      </Answer>
      <Section title="The key">
        <Text size="sm">
          Put a key in the environment variable KEY. The keys were shown when the endpoint was made; a lost
          one is made anew on the Details tab.
        </Text>
        <CodeSnippet code={`export KEY=${key ?? '…'}`} label="Shell" />
      </Section>
      <Section title="Command line and SDK">
        <CodeSnippet
          code={{
            'Command line': `studiolo endpoints score ${endpoint.name} --file rows.json`,
            Python: `studio.endpoints.score("${endpoint.name}", rows)`,
          }}
        />
        <Text size="sm" c="dimmed">
          For code generators:{' '}
          <a href={endpoint.forward.replace(/score$/, 'openapi.json')} className={classes.link}>
            the OpenAPI document of this endpoint
          </a>
          .
        </Text>
      </Section>
    </div>
  );
}
