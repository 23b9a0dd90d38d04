import { lazy } from 'react';

// the first page of the studio names this one file of the slice; what each page needs is named here
export const PipelinesPage = lazy(() =>
  import('./PipelinesPage').then((m) => ({ default: m.PipelinesPage })),
);
export const PipelinePage = lazy(() => import('./PipelinePage').then((m) => ({ default: m.PipelinePage })));
export const SubmitPage = lazy(() => import('./submit/SubmitPage').then((m) => ({ default: m.SubmitPage })));
export const ComparePage = lazy(() =>
  import('./compare/ComparePage').then((m) => ({ default: m.ComparePage })),
);
export const ComponentPage = lazy(() =>
  import('./components/ComponentPage').then((m) => ({ default: m.ComponentPage })),
);
