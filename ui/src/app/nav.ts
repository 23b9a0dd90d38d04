import type { Icon } from '@tabler/icons-react';
import {
  IconBox,
  IconClock,
  IconCpu,
  IconDatabase,
  IconFlask,
  IconHome,
  IconPipeline,
  IconPlug,
  IconTable,
  IconWand,
} from '@/kit/icons';

export interface NavItem {
  label: string;
  /** Path below the workspace; '' is home. */
  path: string;
  icon: Icon;
  /** `g` then this letter. */
  letter: string;
}

/** The side pane, in the order of the house; an entry is here when its page works. */
export const NAV: readonly { title: string | null; items: readonly NavItem[] }[] = [
  { title: null, items: [{ label: 'Home', path: '', icon: IconHome, letter: 'h' }] },
  {
    title: 'Author',
    items: [{ label: 'Automated ML', path: 'automl', icon: IconWand, letter: 'a' }],
  },
  {
    title: 'Assets',
    items: [
      { label: 'Datasets', path: 'datasets', icon: IconTable, letter: 'd' },
      { label: 'Experiments', path: 'experiments', icon: IconFlask, letter: 'e' },
      { label: 'Pipelines', path: 'pipelines', icon: IconPipeline, letter: 'p' },
      { label: 'Schedules', path: 'schedules', icon: IconClock, letter: 's' },
      { label: 'Models', path: 'models', icon: IconBox, letter: 'm' },
      { label: 'Endpoints', path: 'endpoints', icon: IconPlug, letter: 'o' },
    ],
  },
  {
    title: 'Manage',
    items: [
      { label: 'Compute', path: 'compute', icon: IconCpu, letter: 'c' },
      { label: 'Datastores', path: 'datastores', icon: IconDatabase, letter: 't' },
    ],
  },
];

export const NAV_ITEMS = NAV.flatMap((group) => group.items);
