import { Checkbox, Select, Stack, Switch, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Problem } from '@/kernel/problem';
import { ErrorState } from '@/kit/ErrorState';
import { Loading, Section } from '@/kit/Page';
import type { Source } from './choice';
import { Blind } from './Blind';
import { inspection, isBlind, type InspectedColumn, type Inspection } from './inspection';
import { PreviewTable } from './PreviewTable';
import { chosenOf, readFormats, withColumn, type ReadingChoice } from './reading';
import classes from './wizard.module.css';

interface Props {
  source: Source | null;
  reading: ReadingChoice;
  onReading: (reading: ReadingChoice) => void;
}

const MOMENTS = new Set(['date', 'datetime', 'time']);
const SHOWN = 200;

/** The columns: which are taken along, under which name, as which type; the rows below follow. */
export function SchemaStep({ source, reading, onReading }: Props) {
  const found = useQuery(inspection(source, reading));
  const [text, setText] = useState('');
  const [all, setAll] = useState(false);
  if (found.error && isBlind(found.error)) return <Blind />;
  const problem = found.error ? Problem.from(found.error) : null;
  if (!found.data)
    return problem ? (
      <ErrorState error={problem} onRetry={() => void found.refetch()} />
    ) : (
      <Loading rows={8} />
    );
  const { columns, timestamps } = found.data;
  const fits = columns.filter((one) => one.name.toLowerCase().includes(text.trim().toLowerCase()));
  const shown = all ? fits : fits.slice(0, SHOWN);
  return (
    <Stack gap="lg">
      {problem ? <ErrorState error={problem} inline onRetry={() => void found.refetch()} /> : null}
      <Select
        label="Column that orders the rows in time"
        description="Windows of time, and drift over time, go by it."
        placeholder="None"
        clearable
        w={320}
        data={[...new Set([...timestamps, ...(reading.timestamp ? [reading.timestamp] : [])])]}
        value={reading.timestamp ?? null}
        onChange={(value) => onReading({ ...reading, timestamp: value ?? '' })}
      />
      {found.data.transformations ? (
        <Text size="sm" c="dimmed">
          The MLTable beside the files decides about columns: change it there, or set it aside in the step
          before.
        </Text>
      ) : null}
      <Section
        title="Columns"
        actions={
          columns.length > 12 ? (
            <TextInput
              size="xs"
              aria-label="Find a column"
              placeholder="Find a column"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          ) : null
        }
      >
        <Table.ScrollContainer minWidth={640} mah={420}>
          <Table aria-label="Columns" className={classes.columns ?? ''} stickyHeader>
            <Table.Thead>
              <Table.Tr>
                {['Use', 'Column', 'Name in the dataset', 'Type', 'First values'].map((head) => (
                  <Table.Th key={head} scope="col">
                    {head}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map((column) => (
                <ColumnLine
                  fixed={Boolean(found.data.transformations)}
                  key={fieldOf(column)}
                  column={column}
                  found={found.data}
                  reading={reading}
                  onReading={onReading}
                />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        {fits.length > SHOWN ? (
          <Switch
            label={`Show all ${fits.length.toLocaleString('en-US')} columns`}
            checked={all}
            onChange={(event) => setAll(event.currentTarget.checked)}
          />
        ) : null}
      </Section>
      <Section title="First rows">
        <PreviewTable found={found.data} stale={found.isPlaceholderData || found.isFetching} />
      </Section>
    </Stack>
  );
}

/** What a column is called in the file: choices are kept under that name. */
function fieldOf(column: InspectedColumn): string {
  return column.field.join('.') || column.name;
}

interface LineProps {
  /** Nothing can be chosen. */
  fixed: boolean;
  column: InspectedColumn;
  found: Inspection;
  reading: ReadingChoice;
  onReading: (reading: ReadingChoice) => void;
}

function ColumnLine({ fixed, column, found, reading, onReading }: LineProps) {
  const field = fieldOf(column);
  const said = chosenOf(reading, field);
  const [name, setName] = useState(said?.rename ?? '');
  const [formats, setFormats] = useState((said?.formats ?? []).join(', '));
  const set = (change: Parameters<typeof withColumn>[2]) => onReading(withColumn(reading, field, change));
  const later = useDebouncedCallback(set, 400);
  const loss = found.losses.find((one) => one.column === column.name || one.column === field);
  const type = said?.type ?? column.type;
  const choose = (wanted: string | null) => {
    const same = wanted && MOMENTS.has(wanted) && !said?.formats?.length && column.formats.length > 0;
    if (same) setFormats(column.formats.join(', ')); // as they were found: else another type would read none of them
    set({ type: wanted ?? undefined, ...(same ? { formats: column.formats } : {}) });
  };
  return (
    <Table.Tr data-off={!column.include || undefined}>
      <Table.Td>
        <Checkbox
          aria-label={`Use ${field}`}
          disabled={fixed}
          checked={said?.include ?? column.include}
          onChange={(event) => set({ include: event.currentTarget.checked })}
        />
      </Table.Td>
      <Table.Th scope="row">
        {field}
        {column.stored ? <small>{column.stored}</small> : null}
      </Table.Th>
      <Table.Td>
        <TextInput
          size="xs"
          aria-label={`Name of ${field} in the dataset`}
          placeholder={column.name}
          disabled={fixed}
          value={name}
          onChange={(event) => {
            setName(event.currentTarget.value);
            later({ rename: event.currentTarget.value.trim() || undefined });
          }}
        />
      </Table.Td>
      <Table.Td>
        <Select
          size="xs"
          w={130}
          aria-label={`Type of ${field}`}
          disabled={fixed}
          allowDeselect={false}
          data={[...new Set([...column.choices, column.type, type])]}
          value={type}
          onChange={choose}
        />
        {MOMENTS.has(type) && !fixed && column.origin === 'file' ? (
          <TextInput
            size="xs"
            mt={4}
            w={130}
            aria-label={`How moments of ${field} are written`}
            placeholder={column.formats.join(', ') || (type === column.type ? 'ISO 8601' : '%d/%m/%Y')}
            value={formats}
            onChange={(event) => {
              setFormats(event.currentTarget.value);
              later({ formats: readFormats(event.currentTarget.value) });
            }}
          />
        ) : null}
      </Table.Td>
      <Table.Td className={classes.examples ?? ''}>
        {column.examples
          .slice(0, 4)
          .map((value) => (value === null ? 'missing' : String(value as string | number)))
          .join(', ')}
        {loss ? (
          <Text size="xs" c="orange">
            {loss.exact ? '' : 'at least '}
            {loss.count.toLocaleString('en-US')} would be missing
          </Text>
        ) : null}
      </Table.Td>
    </Table.Tr>
  );
}
