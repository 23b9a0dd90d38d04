import { useComputedColorScheme } from '@mantine/core';
import { useReducedMotion } from '@mantine/hooks';
import type { EChartsOption } from 'echarts';
import { useEffect, useRef } from 'react';
import { palette, type Palette } from '@/theme';
import { ChartFrame } from './ChartFrame';
import type { EChartsType } from './engine';
import { base } from './style';
import { fileName, save, type Tabular } from './table';

interface Props {
  title: string;
  summary: string;
  table: Tabular;
  /** Drawn again when the colour scheme changes. Keep it stable with useCallback. */
  option: (p: Palette) => EChartsOption;
  height?: number;
  /** Called with the data index of a clicked point. */
  onPick?: (index: number, series: string) => void;
}

/** Any chart but curves over steps (see Curves): ECharts, loaded when first needed. */
export function Chart({ title, summary, table, option, height = 260, onPick }: Props) {
  const scheme = useComputedColorScheme('light');
  const reduced = useReducedMotion();
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const pick = useRef(onPick);
  useEffect(() => {
    pick.current = onPick;
  }, [onPick]);

  useEffect(() => {
    let gone = false;
    let observer: ResizeObserver | undefined;
    void import('./engine').then(({ init }) => {
      if (gone || !host.current) return;
      const made = init(host.current);
      chart.current = made;
      made.setOption(drawn());
      made.on('click', (event) => pick.current?.(event.dataIndex, event.seriesName ?? ''));
      made.getZr().on('dblclick', () => made.dispatchAction({ type: 'dataZoom', start: 0, end: 100 }));
      observer = new ResizeObserver(() => made.resize());
      observer.observe(host.current);
    });
    const drawn = () => {
      const p = palette(scheme);
      const own = option(p);
      const shared = base(p, reduced);
      return {
        ...shared,
        ...own,
        tooltip: { ...(shared.tooltip as object), ...((own.tooltip as object | undefined) ?? {}) },
      };
    };
    return () => {
      gone = true;
      observer?.disconnect();
      chart.current?.dispose();
      chart.current = null;
    };
  }, [option, scheme, reduced]);

  const png = () => {
    const url = chart.current?.getDataURL({
      type: 'png',
      pixelRatio: 2,
      backgroundColor: palette(scheme).page,
    });
    const body = url?.split(',')[1];
    if (!body) return;
    const bytes = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
    save(fileName(title, 'png'), new Blob([bytes], { type: 'image/png' }));
  };

  return (
    <ChartFrame title={title} summary={summary} table={table} onPng={png} height={height}>
      <div ref={host} style={{ height }} aria-hidden />
    </ChartFrame>
  );
}
