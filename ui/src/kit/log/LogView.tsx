import { ActionIcon, Button, Group, Switch, Text, TextInput } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { count } from '@/kernel/format';
import { IconDown, IconDownload, IconSearch, IconUp } from '../icons';
import { matches } from './fold';
import classes from './log.module.css';

interface Props {
  lines: readonly string[];
  /** "following", "ended", "reconnecting": said beside the line count. */
  state?: string;
  downloadHref?: string | undefined;
  query?: string | undefined;
  onQuery?: ((query: string | undefined) => void) | undefined;
  height?: number | string;
  label?: string;
}

const LINE = 18;

/** A log as it grows: follows the end, finds text, shows a million lines by drawing only those in view. */
export function LogView({
  lines,
  state,
  downloadHref,
  onQuery,
  height = 'calc(100dvh - 280px)',
  label = 'Log',
  ...rest
}: Props) {
  const [ownQuery, setOwnQuery] = useState('');
  const query = onQuery ? (rest.query ?? '') : ownQuery;
  const [following, setFollowing] = useState(true);
  const [hit, setHit] = useState(0);
  const scroller = useRef<HTMLDivElement>(null);
  const found = useMemo(() => matches(lines, query), [lines, query]);
  const hits = useMemo(() => new Set(found), [found]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 30,
  });
  const width = useMemo(() => String(lines.length).length, [lines.length]);

  useEffect(() => {
    if (following && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [following, lines.length, virtual]);

  const step = (by: number) => {
    if (found.length === 0) return;
    const next = (hit + by + found.length) % found.length;
    setHit(next);
    setFollowing(false);
    virtual.scrollToIndex(found[next] ?? 0, { align: 'center' });
  };

  return (
    <div className={classes.frame}>
      <Group justify="space-between" gap="sm">
        <Group gap="xs" wrap="nowrap">
          <TextInput
            aria-label="Find in log"
            placeholder="Find"
            size="xs"
            value={query}
            leftSection={<IconSearch size={14} aria-hidden />}
            onChange={(event) => {
              setHit(0);
              if (onQuery) onQuery(event.currentTarget.value || undefined);
              else setOwnQuery(event.currentTarget.value);
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
            }}
          />
          <ActionIcon aria-label="Previous match" onClick={() => step(-1)} disabled={found.length === 0}>
            <IconUp size={16} />
          </ActionIcon>
          <ActionIcon aria-label="Next match" onClick={() => step(1)} disabled={found.length === 0}>
            <IconDown size={16} />
          </ActionIcon>
          <Text size="xs" c="dimmed" aria-live="polite">
            {query ? `${found.length === 0 ? 'no match' : `${hit + 1} of ${count(found.length)}`}` : ''}
          </Text>
        </Group>
        <Group gap="md" wrap="nowrap">
          <Text size="xs" c="dimmed">
            {count(lines.length)} lines{state ? ` · ${state}` : ''}
          </Text>
          <Switch
            size="xs"
            label="Follow"
            checked={following}
            onChange={(event) => setFollowing(event.currentTarget.checked)}
          />
          {downloadHref ? (
            <Button
              component="a"
              href={downloadHref}
              variant="default"
              download
              leftSection={<IconDownload size={14} />}
            >
              Download
            </Button>
          ) : null}
        </Group>
      </Group>
      <div
        ref={scroller}
        className={classes.scroller}
        style={{ height, ['--digits' as string]: `${width}ch` }}
        role="log"
        aria-label={label}
        aria-live="off"
        tabIndex={0}
        onWheel={(event) => {
          if (event.deltaY < 0) setFollowing(false);
        }}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => (
            <div
              key={item.key}
              className={classes.line}
              data-hit={hits.has(item.index) || undefined}
              data-current={found[hit] === item.index || undefined}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <span className={classes.number} aria-hidden>
                {item.index + 1}
              </span>
              <span className={classes.text}>{lines[item.index]}</span>
            </div>
          ))}
        </div>
        {lines.length === 0 ? <div className={classes.none}>Nothing has been written yet.</div> : null}
      </div>
    </div>
  );
}
