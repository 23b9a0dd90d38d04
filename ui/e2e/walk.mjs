// Visits addresses in both themes: `node e2e/walk.mjs URL [--login LINK] [--shots DIR] PATH…`
// Fails on console errors, failed or off-host requests, accessibility violations, or a missing title or h1.
import { mkdirSync } from 'node:fs';
import { axeInBothThemes, launch, watch } from './browser.mjs';

const args = process.argv.slice(2);
const option = (name) => {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
};
const login = option('--login');
const shots = option('--shots');
const settle = Number(option('--settle') ?? 700);
const [base, ...paths] = args;
const origin = new URL(base).origin;
if (shots) mkdirSync(shots, { recursive: true });
async function shoot(page, path, scheme) {
  const file = `${shots}/${path.replaceAll(/[^a-z0-9]+/gi, '_')}-${scheme}.png`;
  if (shots) await page.screenshot({ path: file });
}

const browser = await launch();
let failed = 0;
let passed = 0;
const context = await browser.newContext({ colorScheme: 'light', viewport: { width: 1280, height: 800 } });
if (login) {
  const tab = await context.newPage();
  await tab.goto(login);
  await tab.close();
}
for (const path of paths) {
  const { page, faults } = await watch(context, origin);
  await page.goto(new URL(path, base).href, { waitUntil: 'load' });
  await page.waitForSelector('h1', { timeout: 10_000 }).catch(() => faults.push('no h1'));
  await page.waitForTimeout(settle);
  if ((await page.locator('h1').count()) !== 1) faults.push(`${await page.locator('h1').count()} h1`);
  if (!(await page.title()).includes('Studiolo')) faults.push('no title');
  faults.push(...(await axeInBothThemes(page, (scheme) => shoot(page, path, scheme))));
  if (faults.length) failed += 1;
  else passed += 1;
  console.log(`${faults.length ? 'FAILED' : 'ok'} ${path}`);
  for (const fault of faults) console.log(`   ${fault}`);
  await page.close();
}
await context.close();
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
