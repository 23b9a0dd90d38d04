// Debian's Chromium through playwright-core, and the checks every page must pass.
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

export const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

export function launch() {
  return chromium.launch({
    executablePath: process.env.STUDIOLO_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A tab that writes down console errors, failed requests and requests to other hosts. */
export async function watch(context, origin) {
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      faults.push(`console ${message.type()}: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => faults.push(`page error: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith('data:') && !url.startsWith('blob:'))
      faults.push(`off host: ${url}`);
  });
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? '';
    if (!why.includes('ERR_ABORTED')) faults.push(`request failed: ${request.url()} ${why}`);
  });
  return { page, faults };
}

/** Accessibility violations of the page as it stands, as lines of text; of some rules, or of all. */
export async function axe(page, rules) {
  const builder = new AxeBuilder({ page });
  const { violations } = await (rules ? builder.withRules(rules) : builder.withTags(TAGS)).analyze();
  return violations.flatMap((violation) =>
    violation.nodes
      .slice(0, 4)
      .map(
        (node) =>
          `axe ${violation.id} (${violation.impact}): ${node.target.join(' ')} ${node.any[0]?.message ?? ''}`,
      ),
  );
}

/**
 * The same in both themes: the page turns dark as it does in the evening, where only contrast can differ.
 * shoot: takes a picture, of `light` and of `dark`.
 */
export async function axeInBothThemes(page, shoot, settle = 300) {
  const light = await axe(page);
  await shoot('light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor({ timeout: 10_000 });
  await page.waitForTimeout(settle);
  const dark = await axe(page, ['color-contrast']);
  await shoot('dark');
  return [...light, ...dark.map((line) => `dark: ${line}`)];
}
