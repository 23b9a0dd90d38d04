import { metric } from '@/kernel/format';
import { scaleOf, type ParallelAxis } from '@/kit/charts/parallel';
import classes from './compare.module.css';

interface Props {
  axis: ParallelAxis;
  ramp: readonly string[];
  series: readonly string[];
}

/** What the colours of the points mean. */
export function ColourScale({ axis, ramp, series }: Props) {
  if (axis.categories)
    return (
      <div className={classes.scale} role="group" aria-label={`Colours of ${axis.name}`}>
        <span>{axis.name}</span>
        {axis.categories.slice(0, 16).map((text, index) => (
          <span key={text}>
            <i style={{ background: series[index % series.length] }} aria-hidden /> {text}
          </span>
        ))}
      </div>
    );
  const { low, high } = scaleOf(axis);
  return (
    <div className={classes.scale} role="group" aria-label={`Colours of ${axis.name}`}>
      <span>{axis.name}</span>
      <span>{metric(low)}</span>
      <b style={{ background: `linear-gradient(to right, ${ramp.join(', ')})` }} aria-hidden />
      <span>{metric(high)}</span>
    </div>
  );
}
