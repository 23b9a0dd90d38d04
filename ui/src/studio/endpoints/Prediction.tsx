import { Progress, Table, Text } from '@mantine/core';
import { metric } from '@/kernel/format';
import { CodeSnippet } from '@/kit/CodeSnippet';
import type { Scored } from './queries';
import classes from './endpoints.module.css';

interface Body {
  predictions?: unknown[];
  probabilities?: (Record<string, number> | number[])[];
}

/** What the model said: the first prediction large, with the probability of each class; the whole answer below. */
export function Prediction({ scored }: { scored: Scored }) {
  const body = (scored.body ?? {}) as Body;
  const [first] = body.predictions ?? [];
  const chances = Object.entries(body.probabilities?.[0] ?? {}).sort((a, b) => b[1] - a[1]);
  return (
    <>
      {first !== undefined ? (
        <p className={classes.prediction}>
          {typeof first === 'number'
            ? metric(first, 6)
            : typeof first === 'string'
              ? first
              : JSON.stringify(first)}
        </p>
      ) : null}
      {chances.length > 0 ? (
        <Table aria-label="Probability of each class" className={classes.table ?? ''}>
          <Table.Tbody>
            {chances.slice(0, 12).map(([name, chance]) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{name}</Table.Th>
                <Table.Td className={classes.chance ?? ''}>
                  <Progress value={chance * 100} aria-label={`Probability of ${name}`} />
                </Table.Td>
                <Table.Td ta="right">{metric(chance)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      ) : null}
      <Text size="sm" c="dimmed">
        {scored.milliseconds.toFixed(1)} ms in the browser, the way through the studio included
        {(body.predictions?.length ?? 0) > 1 ? `; ${body.predictions?.length} rows` : ''}.
      </Text>
      <CodeSnippet code={JSON.stringify(scored.body, null, 2)} label="Answer" />
    </>
  );
}
