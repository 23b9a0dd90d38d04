import { Table } from '@mantine/core';
import { Section } from '@/kit/Page';
import { Time } from '@/kit/Time';
import type { Trace } from './queries';
import { shown } from './tree';
import classes from './traces.module.css';

/** What people, code and judges said of a trace; what was overridden is struck through. */
export function Assessments({ trace, onSelect }: { trace: Trace; onSelect: (span: string) => void }) {
  if (trace.assessments.length === 0) return null;
  const names = new Map(trace.steps.map((span) => [span.id, span.name]));
  return (
    <Section title="Assessments">
      <Table aria-label="Assessments">
        <Table.Thead>
          <Table.Tr>
            {['Name', 'Value', 'Why', 'By', 'Of', 'When'].map((head) => (
              <Table.Th key={head} scope="col">
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {trace.assessments.map((one) => (
            <Table.Tr key={one.id} className={one.valid ? '' : (classes.overridden ?? '')}>
              <Table.Td>{one.name}</Table.Td>
              <Table.Td className={classes.value ?? ''}>
                {one.error ? `Error: ${one.error}` : shown(one.value)}
              </Table.Td>
              <Table.Td>{one.rationale}</Table.Td>
              <Table.Td>
                {one.source}
                {one.kind === 'feedback' ? '' : ` (${one.kind})`}
                {one.valid ? '' : ' (overridden)'}
              </Table.Td>
              <Table.Td>
                {one.span_id && names.has(one.span_id) ? (
                  <button type="button" className={classes.plain} onClick={() => onSelect(one.span_id ?? '')}>
                    {names.get(one.span_id)}
                  </button>
                ) : (
                  'the trace'
                )}
              </Table.Td>
              <Table.Td>
                <Time at={one.at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
