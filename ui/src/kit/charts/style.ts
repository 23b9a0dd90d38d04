import type { Palette } from '@/theme';
import type { EChartsOption } from 'echarts';

export type { EChartsOption };

const FONT = "'Inter Variable', system-ui, sans-serif";

/** Axis, legend and tooltip in the colours of the scheme; an option says only what is its own. */
export function base(p: Palette, reduced: boolean): EChartsOption {
  return {
    animation: !reduced,
    animationDuration: 160,
    animationDurationUpdate: 160,
    color: [...p.series],
    backgroundColor: 'transparent',
    textStyle: { fontFamily: FONT, fontSize: 12, color: p.muted },
    grid: { left: 8, right: 16, top: 28, bottom: 8, containLabel: true },
    tooltip: {
      backgroundColor: p.page,
      borderColor: p.border,
      textStyle: { color: p.text, fontSize: 12, fontFamily: FONT },
      confine: true,
      transitionDuration: 0,
    },
    legend: {
      top: 0,
      left: 0,
      itemWidth: 14,
      itemHeight: 8,
      textStyle: { color: p.text, fontSize: 12 },
      type: 'plain',
    },
  };
}

export function axis(p: Palette, name: string, more: object = {}): object {
  return {
    name,
    nameLocation: 'middle',
    nameGap: 28,
    nameTextStyle: { color: p.muted, fontSize: 12 },
    axisLine: { show: true, lineStyle: { color: p.border } },
    axisTick: { show: false },
    axisLabel: { color: p.muted, fontSize: 12, hideOverlap: true },
    splitLine: { lineStyle: { color: p.border, opacity: 0.6 } },
    ...more,
  };
}

/** Space for axis names, which the library does not count. */
export const NAMED = { left: 28, right: 16, top: 28, bottom: 26, containLabel: true };
