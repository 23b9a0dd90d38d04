import { useMemo } from 'react';
import type { PageAction } from '@/kit/actions';
import { TABS, type CompareTab } from './search';

/** The numbers open the tabs. */
export function useTabKeys(
  labels: Record<CompareTab, string>,
  open: (tab: CompareTab) => void,
): readonly PageAction[] {
  return useMemo(
    () =>
      TABS.map((tab, index) => ({
        id: `compare-${tab}`,
        label: `Show ${labels[tab].toLowerCase()}`,
        key: String(index + 1),
        run: () => open(tab),
      })),
    [labels, open],
  );
}
