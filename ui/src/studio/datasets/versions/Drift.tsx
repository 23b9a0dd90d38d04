import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Note } from '@/kit/Note';
import { Answer, Section } from '@/kit/Page';
import { FeatureTable } from '../monitors/FeatureTable';
import { drift } from './queries';

/** How far columns moved between two versions, measured when it is asked for. */
export function Drift({ name, left, right }: { name: string; left: number; right: number }) {
  const [asked, setAsked] = useState('');
  const pair = `${left} ${right}`;
  const query = useQuery({ ...drift(name, left, right), enabled: asked === pair });
  return (
    <Section title="Drift">
      {asked === pair ? (
        <Answer query={query} rows={4} inline>
          {(found) => (
            <>
              <Note
                tone={found.drifting ? 'warning' : 'good'}
                title={
                  found.drifting
                    ? `Version ${right} has moved: ${found.why}.`
                    : found.enough
                      ? 'No column has moved beyond what chance explains.'
                      : 'There are not enough rows to say anything.'
                }
              >
                Measured from the profiles of both versions. A{' '}
                <Link href={at(['datasets', name], { tab: 'drift' })}>monitor</Link> does this for windows of
                time, and tells.
              </Note>
              <FeatureTable features={found.features ?? []} />
              {Object.keys(found.left_out ?? {}).length > 0 ? (
                <Text size="sm" c="dimmed">
                  Left out:{' '}
                  {Object.entries(found.left_out ?? {})
                    .map(([column, why]) => `${column} (${why})`)
                    .join(', ')}
                </Text>
              ) : null}
            </>
          )}
        </Answer>
      ) : (
        <>
          <Text size="sm" c="dimmed" mb="sm">
            Stability index, Kolmogorov–Smirnov, Wasserstein and Jensen–Shannon of each column, and which of
            them are more than chance.
          </Text>
          <Button variant="default" onClick={() => setAsked(pair)}>
            Measure drift
          </Button>
        </>
      )}
    </Section>
  );
}
