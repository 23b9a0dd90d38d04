import classes from '../kit.module.css';

interface Props {
  /** Heights, e.g. the counts of a histogram. */
  values: readonly number[];
  /** In words: range and peak. */
  label: string;
  height?: number;
}

/** A histogram as small as a word: plain SVG, so that a table may hold hundreds. */
export function Bars({ values, label, height = 28 }: Props) {
  const top = Math.max(1, ...values);
  const width = 100 / Math.max(1, values.length);
  return (
    <svg
      className={classes.bars}
      viewBox={`0 0 100 ${height}`}
      height={height}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {values.map((value, index) => {
        const tall = value > 0 ? Math.max(1, (value / top) * height) : 0;
        return <rect key={index} x={index * width} y={height - tall} width={width * 0.88} height={tall} />;
      })}
    </svg>
  );
}
