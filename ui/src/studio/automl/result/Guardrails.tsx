import { StatusBadge } from '@/kit/StatusBadge';
import type { Tone } from '@/kit/status';
import type { Guardrail } from '../documents';
import classes from './result.module.css';

const LOOK: Record<Guardrail['state'], { tone: Tone; word: string }> = {
  passed: { tone: 'completed', word: 'Passed' },
  done: { tone: 'completed', word: 'Done' },
  fixed: { tone: 'completed', word: 'Fixed' },
  alerted: { tone: 'warning', word: 'Look at this' },
};

const ORDER: Guardrail['state'][] = ['alerted', 'fixed', 'done', 'passed'];

/** Checks of the data before training, those that need a look first. */
export function Guardrails({ items }: { items: Guardrail[] }) {
  const sorted = [...items].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return (
    <ul className={classes.guards}>
      {sorted.map((item) => {
        const look = LOOK[item.state];
        return (
          <li key={item.name}>
            <StatusBadge state={item.state} tone={look.tone} label={look.word} />
            <div>
              <strong>{item.title}</strong>
              <p>{item.detail}</p>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
