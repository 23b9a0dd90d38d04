import { Drawer, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { count, counted, metric, percent } from '@/kernel/format';
import { Chart } from '@/kit/charts/Chart';
import { axis } from '@/kit/charts/style';
import { KeyValue } from '@/kit/KeyValue';
import { Answer } from '@/kit/Page';
import type { Palette } from '@/theme';
import { trend, type FeatureDrift, type Monitor } from './queries';
import { spoken, windowName } from './words';

interface Props {
  monitor: Monitor;
  feature: FeatureDrift | undefined;
  onClose: () => void;
  /** Arrow keys go to the next feature and back. */
  onStep: (by: number) => void;
}

/** One feature at the right: both distributions, every measure, and how it went over time. */
export function FeatureDrawer({ monitor, feature, onClose, onStep }: Props) {
  return (
    <Drawer
      opened={feature !== undefined}
      onClose={onClose}
      title={feature?.name}
      size={480}
      onKeyDown={(event) => {
        if (event.key === 'ArrowDown' || event.key === 'ArrowRight') onStep(1);
        else if (event.key === 'ArrowUp' || event.key === 'ArrowLeft') onStep(-1);
        else return;
        event.preventDefault();
      }}
    >
      {feature ? (
        <Stack gap="lg">
          <Text size="sm">{spoken(feature)}</Text>
          <Distributions feature={feature} />
          <Measures feature={feature} />
          <Trend monitor={monitor} name={feature.name} />
        </Stack>
      ) : null}
    </Drawer>
  );
}

function range(edges: readonly number[], index: number): string {
  return `${metric(edges[index])} – ${metric(edges[index + 1])}`;
}

function Distributions({ feature }: { feature: FeatureDrift }) {
  const bins = feature.bins;
  const labels = useMemo(() => {
    if (!bins) return [];
    return bins.labels?.length ? bins.labels : bins.target.map((_, index) => range(bins.edges ?? [], index));
  }, [bins]);
  const option = useCallback(
    (p: Palette) => ({
      grid: { left: 8, right: 8, top: 30, bottom: 8, containLabel: true },
      tooltip: { trigger: 'axis' as const, valueFormatter: (value: unknown) => percent(Number(value)) },
      xAxis: axis(p, '', {
        type: 'category',
        data: labels,
        axisLabel: {
          color: p.muted,
          hideOverlap: true,
          width: 90,
          overflow: 'truncate',
          formatter: (text: string) => (feature.kind === 'number' ? (text.split(' – ')[0] ?? text) : text),
        },
      }),
      yAxis: axis(p, '', {
        type: 'value',
        axisLabel: { color: p.muted, formatter: (value: number) => percent(value, 0) },
      }),
      series: [
        {
          name: 'Baseline',
          type: 'bar' as const,
          barGap: '0%',
          data: bins?.baseline ?? [],
          itemStyle: { color: p.series[7] },
        },
        {
          name: 'This window',
          type: 'bar' as const,
          data: bins?.target ?? [],
          itemStyle: { color: p.series[0] },
        },
      ],
    }),
    [labels, bins, feature.kind],
  );
  if (!bins) {
    return (
      <Text size="sm" c="dimmed">
        There are no values in this window to draw.
      </Text>
    );
  }
  return (
    <Chart
      title="Baseline and window"
      summary={`Shares of ${counted(feature.baseline.rows, 'baseline row')} and ${counted(feature.target.rows, 'row')} of the window.`}
      table={{
        columns: ['value', 'baseline', 'window'],
        rows: labels.map((label, index) => [label, bins.baseline[index] ?? null, bins.target[index] ?? null]),
      }}
      option={option}
      height={220}
    />
  );
}

function Measures({ feature: it }: { feature: FeatureDrift }) {
  const number = (value: number | null | undefined) => (value == null ? null : metric(value, 3));
  const both = (a: number | null | undefined, b: number | null | undefined) =>
    a == null && b == null ? null : `${metric(a, 4)} → ${metric(b, 4)}`;
  return (
    <KeyValue
      items={[
        [
          'Stability index (PSI)',
          `${number(it.psi) ?? '–'}, threshold ${metric(it.threshold, 2)}, noise up to ${metric(it.floor, 2)}`,
        ],
        ['By chance', `${metric(it.p, 2)}; among all features ${metric(it.adjusted, 2)}`],
        ['Jensen–Shannon', number(it.jensen_shannon)],
        ['Kolmogorov–Smirnov', it.ks == null ? null : `${number(it.ks)}, noise up to ${number(it.ks_floor)}`],
        ['Wasserstein / quartile distance', number(it.wasserstein)],
        [
          'χ²',
          it.chi_square == null ? null : `${number(it.chi_square)} with ${it.freedom} degrees of freedom`,
        ],
        ['Cramér’s V', number(it.cramers_v)],
        ['Contribution to the drift model', number(it.contribution)],
        ['Missing', `${percent(it.baseline.missing_share)} → ${percent(it.target.missing_share)}`],
        ['Mean', both(it.baseline.mean, it.target.mean)],
        ['Smallest', both(it.baseline.min, it.target.min)],
        ['Largest', both(it.baseline.max, it.target.max)],
        [
          'Categories',
          it.baseline.distinct == null
            ? null
            : `${count(it.baseline.distinct)} → ${count(it.target.distinct)}`,
        ],
        [
          'New categories',
          it.new_categories?.length
            ? `${it.new_categories.join(', ')} (${percent(it.new_share)} of the rows)`
            : null,
        ],
      ]}
    />
  );
}

function Trend({ monitor, name }: { monitor: Monitor; name: string }) {
  const found = useQuery(trend(monitor.name, name));
  const { frequency = 'day', zone = 'UTC' } = monitor.settings;
  const points = found.data?.points;
  const names = useMemo(
    () => (points ?? []).map((one) => windowName(one.start, frequency, zone)),
    [points, frequency, zone],
  );
  const threshold = found.data?.threshold ?? 0.1;
  const option = useCallback(
    (p: Palette) => ({
      grid: { left: 8, right: 20, top: 12, bottom: 8, containLabel: true },
      legend: { show: false },
      tooltip: { trigger: 'axis' as const, valueFormatter: (value: unknown) => metric(value as number, 3) },
      xAxis: axis(p, '', { type: 'category', data: names }),
      yAxis: axis(p, '', { type: 'value', min: 0 }),
      series: [
        {
          name: 'PSI',
          type: 'line' as const,
          data: (points ?? []).map((one) => ({
            value: one.psi ?? null,
            symbol: one.drifting ? 'diamond' : 'circle',
            symbolSize: one.drifting ? 10 : 6,
            itemStyle: { color: one.drifting ? p.status.warning : p.accent },
          })),
          lineStyle: { color: p.accent },
          markLine: {
            silent: true,
            symbol: 'none',
            lineStyle: { color: p.status.warning },
            label: { show: false },
            data: [{ yAxis: threshold }],
          },
        },
      ],
    }),
    [names, points, threshold],
  );
  return (
    <Answer query={found} rows={3} inline>
      {(it) => (
        <Chart
          title="Over time"
          summary={`Stability index in ${count(it.points.length)} windows; ${count(it.points.filter((one) => one.drifting).length)} drift. Threshold ${metric(it.threshold, 2)}.`}
          table={{
            columns: ['window', 'psi', 'drifting'],
            rows: it.points.map((one, index) => [
              names[index] ?? '',
              one.psi ?? null,
              one.drifting ? 'yes' : 'no',
            ]),
          }}
          option={option}
          height={180}
        />
      )}
    </Answer>
  );
}
