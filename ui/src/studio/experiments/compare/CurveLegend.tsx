import { useComputedColorScheme } from '@mantine/core';
import { palette } from '@/theme';
import { groupsOf } from './CurveCard';
import { coloursOf } from './colours';
import type { Field } from './fields';
import type { View } from './useComparison';
import classes from './compare.module.css';

const MOST = 24;

interface Props {
  view: View;
  group: Field | undefined;
  alone: string | undefined;
  onHighlight: (id: string | null) => void;
  onPick: (id: string) => void;
}

/** Whose curve is which, while they are few enough for names; with many, the pointer tells. */
export function CurveLegend({ view, group, alone, onHighlight, onPick }: Props) {
  const scheme = useComputedColorScheme('light');
  const { runs, shown, search } = view;
  if (group) {
    const { series } = palette(scheme);
    return (
      <div className={classes.legend}>
        {groupsOf(group, shown).map(({ name, members }, index) => {
          const id = `${group.key} ${name}`;
          return (
            <button
              key={name}
              type="button"
              title={id}
              onMouseEnter={() => onHighlight(id)}
              onMouseLeave={() => onHighlight(null)}
              onFocus={() => onHighlight(id)}
              onBlur={() => onHighlight(null)}
            >
              <i aria-hidden style={{ color: series[index % series.length] }} />
              <span>
                {id} ({members.length})
              </span>
            </button>
          );
        })}
      </div>
    );
  }
  if (shown.length > MOST) return null;
  const colours = coloursOf(view, search.colour, palette(scheme), scheme);
  return (
    <div className={classes.legend}>
      {shown.map((index) => {
        const run = runs[index];
        return run ? (
          <button
            key={run.id}
            type="button"
            title={run.name}
            aria-pressed={alone === run.id}
            onClick={() => onPick(run.id)}
            onMouseEnter={() => onHighlight(run.id)}
            onMouseLeave={() => onHighlight(null)}
            onFocus={() => onHighlight(run.id)}
            onBlur={() => onHighlight(null)}
          >
            <i aria-hidden data-dash={Math.floor(index / 8) || undefined} style={{ color: colours[index] }} />
            <span>{run.name || run.id.slice(-8)}</span>
          </button>
        ) : null;
      })}
    </div>
  );
}
