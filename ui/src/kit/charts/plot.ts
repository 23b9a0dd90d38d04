// The uPlot half of Curves, loaded when the first curve is drawn.
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { metric } from '@/kernel/format';
import type { Palette } from '@/theme';
import { align, type Curve } from './curves';

interface Look {
  height: number;
  xName: string;
  sync: string | undefined;
  logScale: boolean;
}

const DASHES: readonly (number[] | undefined)[] = [undefined, [8, 4], [2, 3]];

export function draw(host: HTMLElement, curves: readonly Curve[], p: Palette, look: Look): UPlot {
  const { xs, ys } = align(curves);
  const time = look.xName === 'time';
  const axis: UPlot.Axis = {
    stroke: p.muted,
    font: "12px 'Inter Variable', system-ui",
    grid: { stroke: p.border, width: 1 },
    ticks: { show: false },
  };
  const options: UPlot.Options = {
    width: Math.max(160, host.clientWidth),
    height: look.height,
    legend: { show: false },
    scales: { x: { time }, y: { distr: look.logScale ? 3 : 1 } },
    axes: [
      { ...axis, space: 60 },
      { ...axis, size: 60, values: (_plot, ticks) => ticks.map((tick) => metric(tick, 3)) },
    ],
    series: [
      { label: look.xName },
      ...curves.map((curve, index): UPlot.Series => {
        const slot = curve.slot ?? index;
        const dash = DASHES[Math.floor(slot / 4) % DASHES.length]; // colour alone is not enough past four
        return {
          label: curve.name,
          stroke: p.series[slot % p.series.length] ?? p.accent,
          width: 1.5,
          spanGaps: true,
          points: { show: xs.length < 60, size: 4 },
          ...(dash ? { dash } : {}),
        };
      }),
    ],
    cursor: { drag: { x: true, y: false }, ...(look.sync ? { sync: { key: look.sync } } : {}) },
    plugins: [tooltip(p)],
  };
  return new UPlot(options, [xs, ...ys], host);
}

function tooltip(p: Palette): UPlot.Plugin {
  const box = document.createElement('div');
  Object.assign(box.style, {
    position: 'absolute',
    pointerEvents: 'none',
    display: 'none',
    zIndex: '3',
    padding: '6px 8px',
    borderRadius: '6px',
    border: `1px solid ${p.border}`,
    background: p.page,
    color: p.text,
    font: "12px/16px 'Inter Variable', system-ui",
    whiteSpace: 'nowrap',
  });
  return {
    hooks: {
      init: (plot) => plot.over.append(box),
      setCursor: (plot) => {
        const index = plot.cursor.idx;
        if (index === null || index === undefined) {
          box.style.display = 'none';
          return;
        }
        const lines = [`${String(plot.series[0]?.label ?? 'x')} ${String(plot.data[0][index])}`];
        for (let s = 1; s < plot.series.length && s <= 12; s += 1) {
          const value = plot.data[s]?.[index];
          if (value !== null && value !== undefined)
            lines.push(`${String(plot.series[s]?.label)}: ${metric(value)}`);
        }
        box.replaceChildren(
          ...lines.map((line) => {
            const row = document.createElement('div');
            row.textContent = line;
            return row;
          }),
        );
        box.style.display = 'block';
        const left = (plot.cursor.left ?? 0) + 12;
        const over = left + box.offsetWidth > plot.over.clientWidth;
        box.style.left = `${over ? left - box.offsetWidth - 24 : left}px`;
        box.style.top = `${Math.max(0, (plot.cursor.top ?? 0) - box.offsetHeight - 4)}px`;
      },
    },
  };
}
