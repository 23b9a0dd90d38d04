import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { diffTones, type Token } from './tokens';
import classes from './code.module.css';

interface Props {
  text: string;
  /** As the highlighter calls it; `diff` colours added and removed lines; none: plain. */
  language?: string | undefined;
  label: string;
  wrap?: boolean;
  maxHeight?: number | string;
}

const LINE = 18;
const COLOURED = 400_000; // characters; what is longer is shown plain

/** Code with line numbers and colours; a file of a hundred thousand lines draws those in view. */
export function CodeView({ text, language, label, wrap = false, maxHeight = 'calc(100dvh - 320px)' }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const plain = useMemo(() => text.replace(/\n$/, '').split('\n'), [text]);
  const coloured = useColours(text, language);
  const tones = useMemo(() => (language === 'diff' ? diffTones(plain) : null), [plain, language]);
  const virtual = useVirtualizer({
    count: plain.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 30,
  });
  const digits = String(plain.length).length;
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      style={{ maxHeight, ['--digits' as string]: `${digits}ch` }}
      tabIndex={0}
      role="region"
      aria-label={label}
      data-wrap={wrap || undefined}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((item) => (
          <div
            key={item.key}
            ref={wrap ? virtual.measureElement : undefined}
            data-index={item.index}
            className={classes.line}
            data-tone={tones?.[item.index]}
            style={{ transform: `translateY(${item.start}px)` }}
          >
            <span className={classes.number} aria-hidden>
              {item.index + 1}
            </span>
            <code>
              {coloured?.[item.index]?.map((token, index) => (
                <span key={index} data-kind={token.kind}>
                  {token.text}
                </span>
              )) ?? plain[item.index]}
            </code>
          </div>
        ))}
      </div>
    </div>
  );
}

function useColours(text: string, language: string | undefined): Token[][] | null {
  const [found, setFound] = useState<{ of: string; lines: Token[][] } | null>(null);
  useEffect(() => {
    if (!language || language === 'diff' || text.length > COLOURED) return;
    let gone = false;
    void import('./highlight').then(({ highlight }) => {
      if (!gone) setFound({ of: text, lines: highlight(text, language) });
    });
    return () => {
      gone = true;
    };
  }, [text, language]);
  return found?.of === text ? found.lines : null;
}
