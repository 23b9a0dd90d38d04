import { Switch, Table } from '@mantine/core';
import type { PipelineSpec } from '../queries';
import { WideTable } from '../WideTable';
import classes from '../run/run.module.css';

type Steps = PipelineSpec['graph']['steps'];

interface Props {
  steps: Steps;
  /** Names, each after those that it needs. */
  order: readonly string[];
  onChange: (steps: Steps) => void;
}

/** The steps of the pipeline, and for each whether it may take an earlier result, and begin warm. */
export function StepSwitches({ steps, order, onChange }: Props) {
  const names = [
    ...order.filter((name) => name in steps),
    ...Object.keys(steps).filter((name) => !order.includes(name)),
  ];
  return (
    <WideTable label="Steps" head={['Step', 'What', 'Earlier result', 'Warm']}>
      {names.map((name) => {
        const step = steps[name];
        if (!step) return null;
        const { task } = step;
        const runs = ['command', 'sweep', 'parallel', 'notebook', 'spark', 'automl'].includes(step.kind);
        return (
          <Table.Tr key={name}>
            <Table.Th scope="row">{step.title || name}</Table.Th>
            <Table.Td className={classes.value ?? ''}>
              {step.component ||
                (task?.command ?? []).join(' ').slice(0, 120) ||
                step.kind.replaceAll('_', ' ')}
            </Table.Td>
            <Table.Td>
              {runs ? (
                <Switch
                  aria-label={`Take an earlier result for ${name}`}
                  checked={step.reuse}
                  onChange={(event) =>
                    onChange({ ...steps, [name]: { ...step, reuse: event.currentTarget.checked } })
                  }
                />
              ) : null}
            </Table.Td>
            <Table.Td>
              {step.kind === 'command' && task ? (
                <Switch
                  aria-label={`Begin ${name} warm`}
                  checked={task.warm ?? false}
                  onChange={(event) =>
                    onChange({
                      ...steps,
                      [name]: { ...step, task: { ...task, warm: event.currentTarget.checked } },
                    })
                  }
                />
              ) : null}
            </Table.Td>
          </Table.Tr>
        );
      })}
    </WideTable>
  );
}
