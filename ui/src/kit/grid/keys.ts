import type { RowData } from '@tanstack/react-table';
import type { KeyboardEvent, MouseEvent } from 'react';
import { showNotification } from '@mantine/notifications';
import { useFollow } from '../Link';
import { toCsv } from './model';
import type { GridColumn, GridProps } from './types';

interface Options<T extends RowData> extends GridProps<T> {
  visible: readonly GridColumn<T>[];
  chosen: ReadonlySet<string>;
  shown: readonly { id: string; original: T }[];
  /** Where `shown` stands in the list, and how long that is. */
  first: number;
  size: number;
  active: number;
  setActive: (index: number) => void;
  select: (key: string, withShift: boolean) => void;
  scrollTo: (index: number) => void;
}

const PAGE = 10;

/** Arrows move, those to the sides unfold and fold, Enter opens, Space selects, Ctrl+C copies the chosen rows (or all) as CSV. */
export function useGridKeys<T extends RowData>(options: Options<T>) {
  const { shown, first, size, active, setActive, chosen, visible } = options;
  const follow = useFollow();

  const open = (row: T, event?: MouseEvent) => {
    if (event && (event.target as HTMLElement).closest('a, button, input, label')) return;
    if (window.getSelection()?.toString()) return;
    if (options.onOpen) options.onOpen(row);
    else if (options.href) follow(options.href(row), event);
  };

  const copy = async () => {
    const picked = chosen.size > 0 ? shown.filter((row) => chosen.has(row.id)) : shown;
    const csv = toCsv(
      picked.map((row) => row.original),
      visible,
    );
    await navigator.clipboard.writeText(csv);
    showNotification({
      message: `${picked.length.toLocaleString('en-US')} rows copied as CSV`,
      autoClose: 2000,
    });
  };

  const move = (index: number) => {
    const next = Math.max(0, Math.min(size - 1, index));
    setActive(next);
    options.scrollTo(next);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.target !== event.currentTarget) return;
    const steps: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + PAGE,
      PageUp: active - PAGE,
      Home: 0,
      End: size - 1,
    };
    const row = shown[active - first];
    const step = steps[event.key];
    if (step !== undefined) move(step);
    else if ((event.key === 'ArrowRight' || event.key === 'ArrowLeft') && row && options.onUnfold)
      options.onUnfold(row.original, event.key === 'ArrowRight');
    else if (event.key === 'Enter' && row) open(row.original);
    else if (event.key === ' ' && row && options.onSelect) options.select(row.id, event.shiftKey);
    else if (event.key === 'c' && (event.ctrlKey || event.metaKey) && !window.getSelection()?.toString())
      void copy();
    else return;
    event.preventDefault();
  };

  return { open, copy, onKeyDown };
}
