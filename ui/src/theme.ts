import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

/** Every colour and measure of the interface. Components use the variables; charts read `palette`. */
const lapis: MantineColorsTuple = [
  '#eef3fc', '#d9e4f7', '#b1c7ee', '#86a8e5', '#628dde', '#4a7bd9', '#26619c', '#1f5289', '#174276', '#0d3263',
]; // prettier-ignore

// Replaces the library's neutral greys, else inputs stay grey on the navy page.
const dark: MantineColorsTuple = [
  '#e3e8ef', '#c9d1dc', '#a3adba', '#8b97a8', '#2a3546', '#263142', '#1d2634', '#0f141c', '#161d28', '#0b0f15',
]; // prettier-ignore

const gray: MantineColorsTuple = [
  '#f7f9fb', '#eef2f6', '#e6ebf1', '#dde3ea', '#c3ccd7', '#8592a3', '#5b6573', '#475160', '#2c3745', '#16202c',
]; // prettier-ignore

const red: MantineColorsTuple = [
  '#fdecea', '#f9d5d2', '#f5b5b0', '#f28b82', '#e0645b', '#c9423a', '#b3261e', '#991f18', '#7f1913', '#66130e',
]; // prettier-ignore

export interface Palette {
  text: string;
  muted: string;
  border: string;
  surface: string;
  page: string;
  accent: string;
  soft: string;
  gold: string;
  series: readonly string[];
  status: {
    queued: string;
    running: string;
    completed: string;
    failed: string;
    canceled: string;
    warning: string;
  };
  sequential: readonly string[];
  diverging: readonly string[];
}

const light: Palette = {
  text: '#16202c',
  muted: '#5b6573',
  border: '#dde3ea',
  surface: '#f7f9fb',
  page: '#ffffff',
  accent: '#26619c',
  soft: '#d9e4f7',
  gold: '#8a6a00',
  series: ['#26619c', '#c77c11', '#217a3c', '#a13d7d', '#5b4bb3', '#0b8a8f', '#b3261e', '#6b7280'],
  status: {
    queued: '#5b6573',
    running: '#26619c',
    completed: '#217a3c',
    failed: '#b3261e',
    canceled: '#5b6573',
    warning: '#8a5a00',
  },
  sequential: lapis,
  diverging: ['#b3261e', '#f7f9fb', '#26619c'],
};

const night: Palette = {
  text: '#e3e8ef',
  muted: '#a3adba',
  border: '#2a3546',
  surface: '#161d28',
  page: '#0f141c',
  accent: '#86a8e5',
  soft: '#1a2c47',
  gold: '#e0bd4a',
  series: ['#86a8e5', '#e0a04d', '#5cc27d', '#d98abb', '#a79bf0', '#4cc3c7', '#f28b82', '#9aa4b2'],
  status: {
    queued: '#a3adba',
    running: '#86a8e5',
    completed: '#5cc27d',
    failed: '#f28b82',
    canceled: '#a3adba',
    warning: '#e6b450',
  },
  sequential: ['#1a2c47', '#174276', '#1f5289', '#26619c', '#4a7bd9', '#628dde', '#86a8e5', '#b1c7ee'],
  diverging: ['#f28b82', '#1d2634', '#86a8e5'],
};

export function palette(scheme: 'light' | 'dark'): Palette {
  return scheme === 'dark' ? night : light;
}

function variables(
  p: Palette,
  extra: { raised: string; control: string; fill: string },
): Record<string, string> {
  const series = Object.fromEntries(p.series.map((colour, slot) => [`--st-series-${slot}`, colour]));
  const status = Object.fromEntries(
    Object.entries(p.status).map(([name, colour]) => [`--st-${name}`, colour]),
  );
  return {
    ...series,
    ...status,
    '--st-bg': p.page,
    '--st-surface': p.surface,
    '--st-raised': extra.raised,
    '--st-border': p.border,
    '--st-control': extra.control,
    '--st-text': p.text,
    '--st-muted': p.muted,
    '--st-accent': p.accent,
    '--st-soft': p.soft,
    '--st-gold': p.gold,
    '--st-gold-fill': extra.fill,
    '--mantine-color-text': p.text,
    '--mantine-color-bright': p.text,
    '--mantine-color-body': p.page,
    '--mantine-color-dimmed': p.muted,
    '--mantine-color-placeholder': p.muted,
    '--mantine-color-anchor': p.accent,
    '--mantine-color-error': p.status.failed,
    '--mantine-color-success': p.status.completed,
    '--mantine-color-default': extra.raised,
    '--mantine-color-default-color': p.text,
    '--mantine-color-default-border': extra.control,
    '--mantine-color-default-hover': p.surface,
    '--mantine-color-lapis-light': p.soft,
    '--mantine-color-lapis-light-color': p.accent,
    '--mantine-color-lapis-outline': p.accent,
    '--mantine-color-lapis-text': p.accent,
    '--mantine-color-disabled-color': p.muted,
    '--mantine-color-red-light-color': p.status.failed,
    '--mantine-color-red-outline': p.status.failed,
    '--mantine-color-red-text': p.status.failed,
  };
}

export const cssVariables: CSSVariablesResolver = () => ({
  variables: { '--st-header': '48px', '--st-nav': '220px', '--st-nav-folded': '52px' },
  light: variables(light, { raised: '#ffffff', control: '#8592a3', fill: '#c9a227' }),
  dark: variables(night, { raised: '#1d2634', control: '#6b7a90', fill: '#e0bd4a' }),
});

// The library draws control borders with the same variable as hairlines; ours must stay at 3:1.
const control = () => ({ wrapper: { '--input-bd': 'var(--st-control)' } });

// A button that shows only a cross says to screen readers what it does, in every notification and dialog.
const close = { 'aria-label': 'Close' };

export const theme = createTheme({
  colors: { lapis, dark, gray, red },
  primaryColor: 'lapis',
  primaryShade: 6,
  black: '#16202c',
  fontFamily: "'Inter Variable', Inter, system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '16px', sm: '20px', md: '20px', lg: '24px', xl: '28px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  headings: { fontFamily: "'Inter Variable', Inter, system-ui, sans-serif", fontWeight: '600' },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: {
      defaultProps: { size: 'xs' },
      vars: () => ({ root: { '--button-fz': '13px', '--button-height': '32px' } }),
    },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 28 } },
    Input: {
      defaultProps: { size: 'sm' },
      vars: () => ({ wrapper: { '--input-height': '32px', ...control().wrapper } }),
    },
    InputWrapper: { defaultProps: { size: 'md' } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: false } },
    Anchor: { defaultProps: { underline: 'hover', inherit: true } },
    Badge: { defaultProps: { variant: 'light', tt: 'none', size: 'lg', fw: 500 } },
    Tabs: { defaultProps: { keepMounted: false } },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 120 }, closeButtonProps: close } },
    Notification: { defaultProps: { closeButtonProps: close } },
    // without the library's placeholder, which a menu may not hold, the focus goes to the first line, as in other menus
    Menu: {
      defaultProps: { transitionProps: { duration: 80 }, shadow: 'md', withInitialFocusPlaceholder: false },
    },
    Drawer: {
      defaultProps: { position: 'right', transitionProps: { duration: 140 }, closeButtonProps: close },
    },
    Combobox: { defaultProps: { keepMounted: false } }, // lists of hundreds of names are made when one is opened
    Skeleton: { defaultProps: { radius: 'sm' } },
  },
});
