import { SimpleGrid } from '@mantine/core';
import { useCallback } from 'react';
import { count, metric, percent } from '@/kernel/format';
import { Chart } from '@/kit/charts/Chart';
import { axis } from '@/kit/charts/style';
import type { Palette } from '@/theme';
import type { ClassCharts as Data, Line } from '../documents';
import { lineOption } from './lineOption';

interface Look {
  title: string;
  x: string;
  y: string;
  lines: Line[];
  rows: number;
  reference?: [[number, number], [number, number]] | undefined;
  markers?: boolean;
  yMax?: number;
}

/** ROC, precision-recall, calibration, lift, gains and the confusion matrix, from predictions no model had trained on. */
export function ClassCharts({ data }: { data: Data }) {
  const share = data.precision_recall[0]?.share;
  const one = data.precision_recall.length === 1 && share !== undefined;
  return (
    <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="md">
      <Lines
        title="ROC"
        x="false positive rate"
        y="true positive rate"
        lines={data.roc}
        rows={data.rows}
        reference={[
          [0, 0],
          [1, 1],
        ]}
        yMax={1}
      />
      <Lines
        title="Precision and recall"
        x="recall"
        y="precision"
        lines={data.precision_recall}
        rows={data.rows}
        reference={
          one
            ? [
                [0, share],
                [1, share],
              ]
            : undefined
        }
        yMax={1}
      />
      {data.confusion_matrix ? <Confusion matrix={data.confusion_matrix} labels={data.labels} /> : null}
      <Lines
        title="Calibration"
        x="predicted probability"
        y="observed share"
        lines={data.calibration}
        rows={data.rows}
        reference={[
          [0, 0],
          [1, 1],
        ]}
        markers
        yMax={1}
      />
      <Lines
        title="Lift"
        x="share of rows, highest scores first"
        y="lift"
        lines={data.lift}
        rows={data.rows}
        reference={[
          [0, 1],
          [1, 1],
        ]}
      />
      <Lines
        title="Cumulative gains"
        x="share of rows, highest scores first"
        y="share of positives"
        lines={data.gains}
        rows={data.rows}
        reference={[
          [0, 0],
          [1, 1],
        ]}
        yMax={1}
      />
    </SimpleGrid>
  );
}

function Lines({ title, x, y, lines, rows, reference, markers, yMax }: Look) {
  const option = useCallback(
    (p: Palette) => lineOption(p, lines, { x, y, reference, markers: markers ?? false, yMax }),
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the reference is written inline, its value never changes
    [lines, x, y, markers, yMax],
  );
  const areas = lines.filter((line) => line.area !== undefined).slice(0, 3);
  const said = areas.map((line) => `${line.name} ${metric(line.area)}`).join(', ');
  return (
    <Chart
      title={title}
      summary={`${said ? `Area: ${said}. ` : ''}n = ${count(rows)}${lines.length > 1 ? `, ${lines.length} curves` : ''}.`}
      table={{
        columns: ['class', x, y],
        rows: lines.flatMap((line) =>
          line.x.map((value, index) => [line.name, value, line.y[index] ?? null]),
        ),
      }}
      option={option}
    />
  );
}

function Confusion({ matrix, labels }: { matrix: number[][]; labels: string[] }) {
  const totals = matrix.map((row) => row.reduce((sum, value) => sum + value, 0));
  const rows = totals.reduce((sum, value) => sum + value, 0);
  const right = matrix.reduce((sum, row, index) => sum + (row[index] ?? 0), 0);
  const option = useCallback(
    (p: Palette) => ({
      grid: { left: 28, right: 12, top: 8, bottom: 26, containLabel: true },
      legend: { show: false },
      tooltip: {
        formatter: (point: unknown) => {
          const [x, y] = (point as { data: [number, number] }).data;
          const value = matrix[y]?.[x] ?? 0;
          return `${count(value)} rows, ${percent(value / Math.max(1, matrix[y]?.reduce((a, b) => a + b, 0) ?? 1))} of that class`;
        },
      },
      xAxis: axis(p, 'predicted', { type: 'category', data: labels }),
      yAxis: axis(p, 'true', { type: 'category', data: labels, inverse: true, nameGap: 44 }),
      visualMap: {
        show: false,
        min: 0,
        max: 1,
        dimension: 2,
        inRange: { color: [p.surface, p.sequential[3] ?? p.accent] },
      },
      series: [
        {
          type: 'heatmap' as const,
          data: matrix.flatMap((row, y) => {
            const total = row.reduce((sum, value) => sum + value, 0) || 1;
            return row.map((value, x) => [x, y, value / total]);
          }),
          label: {
            show: labels.length <= 12,
            color: p.text,
            fontSize: 12,
            formatter: (point: { data?: unknown }) => {
              const [x, y] = point.data as [number, number];
              return count(matrix[y]?.[x]);
            },
          },
        },
      ],
    }),
    [matrix, labels],
  );
  return (
    <Chart
      title="Confusion matrix"
      summary={`${percent(right / Math.max(1, rows))} of ${count(rows)} rows on the diagonal; colour is the share within the true class.`}
      table={{
        columns: ['true', ...labels.map((label) => `predicted ${label}`)],
        rows: matrix.map((row, index) => [labels[index] ?? '', ...row]),
      }}
      option={option}
    />
  );
}
