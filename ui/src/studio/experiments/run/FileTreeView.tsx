import { Text, TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { bytes, count } from '@/kernel/format';
import { IconBox, IconChevronDown, IconFile, IconFolder, IconRight, IconSearch } from '@/kit/icons';
import { isBelow, matching, rowsOf, treeOf, type FileItem, type TreeRow } from './fileTree';
import classes from './files.module.css';

interface Props {
  label: string;
  items: readonly FileItem[];
  open: string | undefined;
  onOpen: (path: string) => void;
  query: string | undefined;
  onQuery: (query: string | undefined) => void;
  /** A folder was chosen, to be looked at as a whole. */
  onFolder?: ((path: string) => void) | undefined;
}

const ROW = 28;

/** Files as a tree with sizes: search, arrows, Enter; a folder of ten thousand files draws those in view. */
export function FileTreeView({ label, items, open, onOpen, query, onQuery, onFolder }: Props) {
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
  const found = useMemo(() => matching(items, query ?? ''), [items, query]);
  const tree = useMemo(() => treeOf(found), [found]);
  const searching = Boolean(query);
  const small = items.length <= 12;
  const rows = useMemo(
    () => rowsOf(tree, (path) => toggled.get(path) ?? (searching || small || isBelow(open, path))),
    [tree, toggled, searching, small, open],
  );
  const chosen = Math.max(
    0,
    rows.findIndex((row) => row.path === open),
  );
  const [active, setActive] = useState(chosen);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 20,
  });
  useEffect(() => {
    if (active < rows.length) virtual.scrollToIndex(active);
  }, [active, rows.length, virtual]);
  const toggle = (row: TreeRow, shown: boolean) => setToggled(new Map(toggled).set(row.path, shown));
  const choose = (row: TreeRow) => {
    if (!row.folder) return onOpen(row.path);
    toggle(row, !row.open);
    onFolder?.(row.path);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[active];
    const last = rows.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: Math.min(last, active + 1),
      ArrowUp: Math.max(0, active - 1),
      Home: 0,
      End: last,
    };
    if (event.key in moves) setActive(moves[event.key] ?? 0);
    else if (event.key === 'ArrowRight' && row?.folder && !row.open) toggle(row, true);
    else if (event.key === 'ArrowLeft' && row?.folder && row.open) toggle(row, false);
    else if (event.key === 'ArrowLeft' && row)
      setActive(
        Math.max(
          0,
          rows.findIndex((it) => it.folder && isBelow(row.path, it.path) && it.depth === row.depth - 1),
        ),
      );
    else if ((event.key === 'Enter' || event.key === ' ') && row) choose(row);
    else return;
    event.preventDefault();
  };
  return (
    <div className={classes.pane}>
      <TextInput
        aria-label={`Find in ${label.toLowerCase()}`}
        placeholder="Find a file"
        size="xs"
        value={query ?? ''}
        leftSection={<IconSearch size={14} aria-hidden />}
        onChange={(event) => {
          setToggled(new Map());
          setActive(0);
          onQuery(event.currentTarget.value || undefined);
        }}
      />
      <div
        ref={scroller}
        className={classes.tree}
        role="tree"
        aria-label={label}
        tabIndex={0}
        aria-activedescendant={rows[active] ? `${id}-${active}` : undefined}
        onKeyDown={onKeyDown}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="presentation">
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            if (!row) return null;
            const Arrow = row.open ? IconChevronDown : IconRight;
            const Icon = row.model ? IconBox : row.folder ? IconFolder : IconFile;
            return (
              <div
                key={row.path}
                id={`${id}-${item.index}`}
                role="treeitem"
                aria-level={row.depth + 1}
                aria-selected={row.path === open}
                aria-expanded={row.folder ? row.open : undefined}
                data-active={item.index === active || undefined}
                className={classes.row}
                style={{ transform: `translateY(${item.start}px)`, paddingLeft: 8 + row.depth * 16 }}
                title={row.path}
                onClick={() => {
                  setActive(item.index);
                  choose(row);
                }}
              >
                {row.folder ? <Arrow size={14} aria-hidden /> : <span className={classes.noArrow} />}
                <Icon size={16} stroke={1.7} aria-hidden />
                <span className={classes.name}>{row.name}</span>
                {row.model ? <small className={classes.kind}>logged model</small> : null}
                <small>{bytes(row.size)}</small>
              </div>
            );
          })}
        </div>
        {rows.length === 0 ? <p className={classes.hint}>No file has this in its path.</p> : null}
      </div>
      <Text size="xs" c="dimmed" role="status">
        {count(found.length)} {found.length === 1 ? 'file' : 'files'}, {bytes(tree.size)}
      </Text>
    </div>
  );
}
