import { ActionIcon, Menu, Table } from '@mantine/core';
import { useId, useState, type ReactNode } from 'react';
import { metric } from '@/kernel/format';
import { IconDots, IconDownload, IconTable } from '../icons';
import { fileName, save, tabularCsv, type Tabular } from './table';
import classes from './charts.module.css';

interface Props {
  title: string;
  /** One or two sentences with the numbers that matter, n included: the chart in words. */
  summary: string;
  /** A function where there is much of it: it is called when somebody asks for the table. */
  table: Tabular | (() => Tabular);
  onPng?: (() => void) | undefined;
  height: number;
  /** Buttons beside the menu. */
  tools?: ReactNode;
  /** Further lines of the menu. */
  menu?: ReactNode;
  children: ReactNode;
}

const SHOWN = 500;

/** What every chart has: a title, a summary in words, the same as a table, downloads. */
export function ChartFrame({ title, summary, table, onPng, height, tools, menu, children }: Props) {
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  const numbers = () => (typeof table === 'function' ? table() : table);
  return (
    <figure className={classes.figure} aria-labelledby={`${id}-title`} aria-describedby={`${id}-summary`}>
      <div className={classes.head}>
        <h3 id={`${id}-title`}>{title}</h3>
        {tools}
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={`Options of ${title}`} size={24}>
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {asTable ? null : menu}
            <Menu.Item leftSection={<IconTable size={14} />} onClick={() => setAsTable(!asTable)}>
              {asTable ? 'As chart' : 'As table'}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconDownload size={14} />}
              onClick={() =>
                save(fileName(title, 'csv'), new Blob([tabularCsv(numbers())], { type: 'text/csv' }))
              }
            >
              Download CSV
            </Menu.Item>
            {onPng && !asTable ? (
              <Menu.Item leftSection={<IconDownload size={14} />} onClick={onPng}>
                Download PNG
              </Menu.Item>
            ) : null}
          </Menu.Dropdown>
        </Menu>
      </div>
      {asTable ? (
        <Numbers table={numbers()} height={height} label={title} />
      ) : (
        <div style={{ minHeight: height }}>{children}</div>
      )}
      <figcaption id={`${id}-summary`}>{summary}</figcaption>
    </figure>
  );
}

function Numbers({ table, height, label }: { table: Tabular; height: number; label: string }) {
  const more = table.rows.length - SHOWN;
  return (
    <div
      className={classes.numbers}
      style={{ height }}
      tabIndex={0}
      role="region"
      aria-label={`${label} as a table`}
    >
      <Table stickyHeader verticalSpacing={2} fz="xs" withRowBorders={false}>
        <Table.Thead>
          <Table.Tr>
            {table.columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {table.rows.slice(0, SHOWN).map((row, index) => (
            <Table.Tr key={index}>
              {row.map((value, column) => (
                <Table.Td key={column}>{typeof value === 'number' ? metric(value) : value}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {more > 0 ? <p>{more.toLocaleString('en-US')} more rows in the CSV.</p> : null}
    </div>
  );
}
