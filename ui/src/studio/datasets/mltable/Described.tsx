import { Checkbox, Stack } from '@mantine/core';
import { Section } from '@/kit/Page';
import type { ReadingChoice } from '../wizard/reading';
import { Steps } from './Steps';

interface Props {
  /** Found in an MLTable beside the files; null where none is heeded. */
  steps: readonly unknown[] | null;
  reading: ReadingChoice;
  onReading: (reading: ReadingChoice) => void;
}

/** An MLTable among the files says how they are read; it can be set aside. */
export function Described({ steps, reading, onReading }: Props) {
  const aside = reading.transformations !== undefined;
  if (!steps && !aside) return null;
  return (
    <Section title="MLTable">
      <Stack gap="sm">
        <Checkbox
          label="Read the files as their MLTable says"
          description="Without it, format and columns are found out and yours to choose."
          checked={!aside}
          onChange={(event) => {
            const rest = { ...reading };
            delete rest.transformations;
            onReading(event.currentTarget.checked ? rest : { ...rest, transformations: [] });
          }}
        />
        {steps && !aside ? <Steps steps={steps} /> : null}
      </Stack>
    </Section>
  );
}
