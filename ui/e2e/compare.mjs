// The story of comparing runs: `node e2e/compare.mjs URL --login LINK ID,ID,…` (the first is the baseline)
// Marks a baseline, turns the table, brushes an axis with the mouse and with numbers, and finds all of it again by address.
import { axe, launch, watch } from './browser.mjs';

const args = process.argv.slice(2);
const at = args.indexOf('--login');
const login = at < 0 ? undefined : args.splice(at, 2)[1];
const [base, list] = args;
const ids = list.split(',');
const faults = [];
const check = (fine, what) => {
  console.log(`${fine ? 'ok' : 'FAILED'} ${what}`);
  if (!fine) faults.push(what);
};

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const { page, faults: seen } = await watch(context, new URL(base).origin);
if (login) await page.goto(login);
const open = async (more) => {
  await page.goto(new URL(`/w/default/experiments/compare${more}`, base).href);
  await page.waitForSelector('h1');
};

await open('');
check(
  await page.getByRole('heading', { name: 'Choose runs to compare' }).isVisible(),
  'an empty page explains',
);
await open(`?runs=${list}`);
await page.getByRole('grid', { name: 'Compared runs' }).waitFor();
const rows = async () => page.getByRole('grid', { name: 'Compared runs' }).getAttribute('aria-rowcount');
const few = Number(await rows());
await page.getByRole('switch', { name: /Only what differs/ }).press('Space');
await page.waitForURL(/all=true/);
check(Number(await rows()) > few, 'the switch shows what is the same, too');
await page.getByRole('switch', { name: /Only what differs/ }).press('Space');

await page
  .getByRole('button', { name: /^Do something with/ })
  .first()
  .click();
await page.getByRole('menuitem', { name: 'Make it the baseline' }).click();
await page.waitForURL(/base=/);
check(page.url().includes(ids[0].slice(-10)), 'a run becomes the baseline');
check((await page.locator('small[data-tone]').count()) > 0, 'numbers show their distance from it');
await page
  .getByRole('button', { name: /^Sort by/ })
  .nth(1)
  .click();
await page.waitForURL(/sort=/);
await page.getByRole('switch', { name: 'Runs as rows' }).press('Space');
await page.waitForURL(/turn=true/);
faults.push(...(await axe(page)));

await page.getByRole('tab', { name: 'Parallel coordinates' }).click();
const canvas = page.locator('canvas').first();
await canvas.waitFor();
await page.waitForTimeout(300);
const box = await canvas.boundingBox();
await page.mouse.move(box.x + 60, box.y + 5);
await page.mouse.down();
for (let n = 0; n <= 10; n += 1) await page.mouse.move(box.x + 60, box.y + 5 + (n * (box.height / 2)) / 10);
await page.mouse.up();
await page.waitForURL(/brush=/);
const pass = /(\d+) of (\d+) runs pass/;
const told = async () => pass.exec(await page.locator('main').innerText());
check(Number((await told())?.[1]) < ids.length, `a brush leaves fewer runs: ${(await told())?.[0]}`);
const [whole] = await told();
await page.getByRole('button', { name: 'Ranges as numbers' }).click();
await page.getByRole('region', { name: 'Ranges of the axes' }).waitFor();
faults.push(...(await axe(page)));
const address = page.url();
await page.goto('about:blank');
await page.goto(address);
await page.locator('canvas').first().waitFor();
await page.waitForFunction((text) => document.querySelector('main').innerText.includes(text), whole);
check(true, 'the address holds tab, baseline, sort and brush');
await page.getByRole('button', { name: 'Clear brushes' }).click();
await page.waitForURL((url) => !url.search.includes('brush='));

for (const tab of ['Curves', 'Scatter', 'Code and environment', 'Artifacts']) {
  await page.getByRole('tab', { name: tab }).click();
  await page.waitForTimeout(800);
  faults.push(...(await axe(page)).map((fault) => `${tab}: ${fault}`));
  if (tab !== 'Scatter') continue;
  const plane = page.getByRole('application');
  await plane.focus();
  await page.keyboard.press('ArrowRight');
  const told = await plane.getByRole('status').innerText();
  await page.keyboard.press('Escape');
  const left = await plane.getByRole('status').count();
  check(
    told.includes('\n') && left === 0,
    `an arrow key shows a run, Escape leaves it: ${told.split('\n')[0]}`,
  );
}
await open(`?runs=${ids[0]},${'f'.repeat(32)}`);
await page.getByText('One run is not in this workspace').waitFor();
check(await page.getByText('One run alone').isVisible(), 'missing runs and a run alone are told');
await open('?set=nothinglikethis');
await page.getByRole('alert').waitFor();
check((await page.getByRole('alert').innerText()).includes('nothinglikethis'), 'an unknown set says so');
faults.push(...seen.filter((fault) => !fault.includes('404')));
await browser.close();
for (const fault of faults) console.log(`   ${fault}`);
process.exit(faults.length ? 1 : 0);
