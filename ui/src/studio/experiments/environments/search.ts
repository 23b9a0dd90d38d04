export const ENVIRONMENT_TABS = ['packages', 'definition', 'log', 'use'] as const;
