import { memo, type KeyboardEvent } from 'react';
import { count } from '@/kernel/format';
import { IconChevronDown, IconRight } from '@/kit/icons';
import { statusOf, type Tone } from '@/kit/status';
import type { Step } from '../queries';
import { StepTime } from '../StepTime';
import { titleOf } from '../words';
import type { SceneNode } from './scene';
import type { Tally } from './tree';
import classes from './graph.module.css';

interface Props {
  node: SceneNode;
  step: Step;
  parts: number;
  tally: Tally | undefined;
  selected: boolean;
  /** The one that Tab leads to. */
  entry: boolean;
  onSelect: (id: string) => void;
  onFold: (id: string) => void;
  onKey: (id: string, event: KeyboardEvent) => void;
}

/** A step on the canvas; drawn again only when something of it changes. */
export const Node = memo(function Node(props: Props) {
  const { node, step, parts, tally, selected, entry, onSelect, onFold, onKey } = props;
  const status = statusOf(step.state);
  const Icon = status.icon;
  const title = titleOf(step);
  const member = node.look === 'member';
  const frame = node.look === 'frame'; // its name needs the room of the word, which the mark beside it says
  return (
    <div
      className={classes.node}
      data-look={node.look}
      data-tone={status.tone}
      data-selected={selected || undefined}
      style={{ left: node.x, top: node.y, width: node.width, height: node.height }}
    >
      <button
        type="button"
        className={classes.main}
        id={`step-${step.id}`}
        tabIndex={entry ? 0 : -1}
        aria-pressed={selected}
        aria-label={member || frame ? `${title}, ${status.word}` : undefined}
        onClick={() => onSelect(step.id)}
        onKeyDown={(event) => onKey(step.id, event)}
      >
        <span className={classes.title}>
          <Icon
            size={16}
            stroke={2}
            aria-hidden
            className={status.tone === 'running' ? classes.spin : undefined}
          />
          <span className={classes.name} title={title}>
            {title}
          </span>
        </span>
        {member ? null : (
          <span className={classes.facts}>
            {frame ? null : <span>{status.word}</span>}
            {parts > 0 ? (
              <span>
                {count(parts)} {step.kind === 'pipeline' ? 'step' : 'part'}
                {parts === 1 ? '' : 's'}
              </span>
            ) : null}
            <span>
              <StepTime step={step} />
            </span>
          </span>
        )}
        {node.look === 'folded' && tally ? <Shares tally={tally} /> : null}
      </button>
      {parts > 0 ? (
        <button
          type="button"
          className={classes.fold}
          tabIndex={entry ? 0 : -1}
          aria-expanded={node.look === 'frame'}
          aria-label={`${node.look === 'frame' ? 'Fold' : 'Show the parts of'} ${title}`}
          onClick={() => onFold(step.id)}
        >
          {node.look === 'frame' ? (
            <IconChevronDown size={16} aria-hidden />
          ) : (
            <IconRight size={16} aria-hidden />
          )}
        </button>
      ) : null}
    </div>
  );
});

const ORDER: readonly Tone[] = ['completed', 'running', 'failed', 'warning', 'canceled', 'queued'];

/** The parts by state, as shares of a line and in words. */
export function Shares({ tally }: { tally: Tally }) {
  const all = Object.values(tally).reduce((sum, number) => sum + number, 0);
  const known = ORDER.filter((tone) => tally[tone]);
  return (
    <span
      className={classes.shares}
      role="img"
      aria-label={known.map((tone) => `${count(tally[tone])} ${tone}`).join(', ')}
      title={known.map((tone) => `${count(tally[tone])} ${tone}`).join(', ')}
    >
      {known.map((tone) => (
        <span key={tone} data-tone={tone} style={{ width: `${((tally[tone] ?? 0) / all) * 100}%` }} />
      ))}
    </span>
  );
}
