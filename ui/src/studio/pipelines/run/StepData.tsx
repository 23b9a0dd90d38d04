import { Button, Table, Text } from '@mantine/core';
import { bytes, count } from '@/kernel/format';
import { at } from '@/kernel/workspace';
import { Link } from '@/kit/Link';
import { Section } from '@/kit/Page';
import type { Step, StepDetail } from '../queries';
import type { Change, PipelineSearch } from '../search';
import { WideTable } from '../WideTable';
import { OutputFiles } from './OutputFiles';
import classes from './run.module.css';

interface Props {
  runId: string;
  step: Step;
  detail: StepDetail;
  search: PipelineSearch;
  change: Change;
  onSelect: (id: string | undefined) => void;
}

/** What a step was given and what it made, with a look into its files. */
export function StepData({ runId, step, detail, search, change, onSelect }: Props) {
  const outputs = Object.entries(detail.outputs ?? {});
  const declared = Object.keys(detail.step.makes ?? {}).filter((name) => !(name in (detail.outputs ?? {})));
  const open = search.output;
  return (
    <div className={classes.stack}>
      <Section title="Inputs">
        {detail.inputs.length === 0 ? (
          <Text size="sm" c="dimmed">
            It takes nothing.
          </Text>
        ) : (
          <WideTable label="Inputs">
            {detail.inputs.map((input) => (
              <Table.Tr key={input.name}>
                <Table.Th scope="row">
                  {input.name} <small className={classes.type}>{input.type}</small>
                </Table.Th>
                <Table.Td className={classes.value ?? ''}>
                  <Given input={input} onSelect={onSelect} />
                </Table.Td>
              </Table.Tr>
            ))}
          </WideTable>
        )}
      </Section>
      <Section title="Outputs">
        {outputs.length === 0 && declared.length === 0 ? (
          <Text size="sm" c="dimmed">
            It makes nothing that others read; what it keeps in ./outputs is with its run.
          </Text>
        ) : (
          <ul className={classes.outputs}>
            {outputs.map(([name, content]) => (
              <li key={name}>
                <div className={classes.outputHead}>
                  <strong>{name}</strong> <small className={classes.type}>{content.type}</small>
                  {content.value !== null && content.value !== undefined ? (
                    <code>{String(content.value)}</code>
                  ) : (
                    <>
                      <span>
                        {count(content.files)} {content.files === 1 ? 'file' : 'files'},{' '}
                        {bytes(content.bytes)}
                      </span>
                      <Button
                        variant="default"
                        size="compact-sm"
                        aria-expanded={open === name}
                        onClick={() =>
                          change({ output: open === name ? undefined : name, file: undefined }, false)
                        }
                      >
                        {open === name ? 'Close' : 'Look into'} {name}
                      </Button>
                    </>
                  )}
                </div>
                {open === name ? (
                  <OutputFiles
                    runId={runId}
                    path={step.path}
                    output={name}
                    file={search.file}
                    onFile={(file) => change({ file }, false)}
                  />
                ) : null}
              </li>
            ))}
            {declared.map((name) => (
              <li key={name}>
                <div className={classes.outputHead}>
                  <strong>{name}</strong> <span className={classes.type}>not there yet</span>
                </div>
              </li>
            ))}
          </ul>
        )}
      </Section>
    </div>
  );
}

type Input = StepDetail['inputs'][number];

/** What an input was given: a value, a dataset's version, or another step's output. */
function Given({ input, onSelect }: { input: Input; onSelect: (id: string) => void }) {
  if (input.source_step)
    return (
      <Button variant="default" size="compact-sm" onClick={() => onSelect(input.source_step ?? '')}>
        {input.source_output ?? 'output'} of {input.source_step}
      </Button>
    );
  const dataset = /^([A-Za-z0-9_][\w.-]*):(\d+)$/.exec(input.label);
  if (dataset && input.value === null)
    return <Link href={at(['datasets', dataset[1] ?? ''], { version: dataset[2] })}>{input.label}</Link>;
  return <code>{input.label || String(input.value ?? '')}</code>;
}
