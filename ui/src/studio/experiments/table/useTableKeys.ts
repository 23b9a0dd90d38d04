import { usePageActions } from '@/kit/actions';

const focus = (selector: string) => document.querySelector<HTMLElement>(selector)?.focus();

const ACTIONS = [
  { id: 'search-runs', label: 'Search runs', key: '/', run: () => focus('[aria-label="Search runs"]') },
  {
    id: 'to-runs',
    label: 'Go to the table of runs',
    key: 't',
    run: () => focus('[role=grid][aria-label="Runs"]'),
  },
];

/** One key to the search and one to the table: a workspace has hundreds of experiments in front of them. */
export function useTableKeys(): void {
  usePageActions(ACTIONS);
}
