import { Code, List, Popover, Text, UnstyledButton } from '@mantine/core';
import { inWords } from './words';
import classes from '../datasets.module.css';

/** What is done to rows and columns when the files are read, in order. */
export function Steps({ steps }: { steps: readonly unknown[] }) {
  if (steps.length === 0)
    return (
      <Text size="sm" c="dimmed">
        The MLTable names the files and leaves their rows as they are.
      </Text>
    );
  return (
    <List type="ordered" size="sm" spacing={4} className={classes.steps ?? ''}>
      {inWords(steps).map((step, place) => (
        <List.Item key={place}>
          <Code>{step.name}</Code> {step.what}
        </List.Item>
      ))}
    </List>
  );
}

/** A word among the facts of a version that opens its transformations. */
export function StepsFact({ steps }: { steps: readonly unknown[] }) {
  const many = steps.length === 1 ? '1 transformation' : `${steps.length} transformations`;
  return (
    <Popover position="bottom-start" shadow="md" width={460} withinPortal>
      <Popover.Target>
        <UnstyledButton className={classes.fact ?? ''} aria-haspopup="dialog">
          MLTable, {many}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label="Transformations">
        <Steps steps={steps} />
      </Popover.Dropdown>
    </Popover>
  );
}
