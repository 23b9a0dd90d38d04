import { ActionIcon, Checkbox, MultiSelect, NumberInput, Table } from '@mantine/core';
import { scaleOf, without, type Brush, type Brushes, type ParallelAxis } from '@/kit/charts/parallel';
import { IconDown, IconUp, IconX } from '@/kit/icons';
import classes from './compare.module.css';

interface Props {
  axes: readonly ParallelAxis[];
  brushes: Brushes;
  onBrush: (next: Brushes) => void;
  onMove: (from: number, to: number) => void;
  onLog: (id: string) => void;
  onRemove: (id: string) => void;
}

/** The same as the brushes, with the keyboard: a range or some values for each axis, its place, its scale. */
export function Ranges({ axes, brushes, onBrush, onMove, onLog, onRemove }: Props) {
  const set = (id: string, brush: Brush | null) => {
    const rest = without(brushes, id);
    onBrush(brush ? { ...rest, [id]: brush } : rest);
  };
  return (
    <div className={classes.ranges} tabIndex={0} role="region" aria-label="Ranges of the axes">
      <Table stickyHeader verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Axis</Table.Th>
            <Table.Th>Lets through</Table.Th>
            <Table.Th>Logarithmic</Table.Th>
            <Table.Th>Place</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {axes.map((axis, index) => (
            <Table.Tr key={axis.id}>
              <Table.Td>{axis.name}</Table.Td>
              <Table.Td>
                <Limits axis={axis} brush={brushes[axis.id]} onChange={(brush) => set(axis.id, brush)} />
              </Table.Td>
              <Table.Td>
                <Checkbox
                  aria-label={`${axis.name} logarithmic`}
                  checked={axis.log}
                  disabled={axis.categories !== null || axis.values.some((value) => value <= 0)}
                  onChange={() => onLog(axis.id)}
                />
              </Table.Td>
              <Table.Td className={classes.place ?? ''}>
                <ActionIcon
                  aria-label={`Move ${axis.name} to the left`}
                  disabled={index === 0}
                  onClick={() => onMove(index, index - 1)}
                >
                  <IconUp size={14} />
                </ActionIcon>
                <ActionIcon
                  aria-label={`Move ${axis.name} to the right`}
                  disabled={index === axes.length - 1}
                  onClick={() => onMove(index, index + 1)}
                >
                  <IconDown size={14} />
                </ActionIcon>
                <ActionIcon aria-label={`Remove ${axis.name}`} onClick={() => onRemove(axis.id)}>
                  <IconX size={14} />
                </ActionIcon>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

interface LimitsProps {
  axis: ParallelAxis;
  brush: Brush | undefined;
  onChange: (brush: Brush | null) => void;
}

function Limits({ axis, brush, onChange }: LimitsProps) {
  if (axis.categories)
    return (
      <MultiSelect
        aria-label={`Values of ${axis.name}`}
        placeholder={brush ? '' : 'All'}
        data={[...axis.categories]}
        value={brush && 'only' in brush ? [...brush.only] : []}
        onChange={(only) => onChange(only.length > 0 ? { only } : null)}
      />
    );
  const { low, high } = scaleOf(axis);
  const now = brush && !('only' in brush) ? brush : null;
  const set = (side: 'low' | 'high', value: number | string) => {
    const given = typeof value === 'number' ? value : side === 'low' ? low : high;
    const next = { low: now?.low ?? low, high: now?.high ?? high, [side]: given };
    onChange(next.low <= low && next.high >= high ? null : next);
  };
  return (
    <div className={classes.limits}>
      <NumberInput
        aria-label={`${axis.name} from`}
        placeholder={String(low)}
        hideControls
        value={now?.low ?? ''}
        onChange={(value) => set('low', value)}
      />
      <span aria-hidden>to</span>
      <NumberInput
        aria-label={`${axis.name} to`}
        placeholder={String(high)}
        hideControls
        value={now?.high ?? ''}
        onChange={(value) => set('high', value)}
      />
    </div>
  );
}
