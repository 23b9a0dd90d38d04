// The table of runs in a real browser: `node e2e/runs.mjs URL --login LINK --runs N [--shots DIR]`
// Search with completion, columns, groups, a saved view, the bin with undo; then a long scroll whose memory stays flat.
/* global performance, requestAnimationFrame -- what runs in the page */
import { mkdirSync } from 'node:fs';
import { axe, launch, watch } from './browser.mjs';

const args = process.argv.slice(2);
const option = (name, usual) => {
  const at = args.indexOf(name);
  return at < 0 ? usual : args.splice(at, 2)[1];
};
const login = option('--login');
const runs = Number(option('--runs', '0'));
const shots = option('--shots');
const [base] = args;
const origin = new URL(base).origin;
if (shots) mkdirSync(shots, { recursive: true });

const browser = await launch();
const context = await browser.newContext({ colorScheme: 'light', viewport: { width: 1400, height: 860 } });
const { page, faults } = await watch(context, origin);
let passed = 0;
async function step(what, work, { look = true } = {}) {
  try {
    await work();
    const wrong = [...faults.splice(0), ...(look ? await axe(page) : [])];
    if (wrong.length > 0) throw new Error(wrong.join('\n   '));
    passed += 1;
    console.log(`ok ${what}`);
    if (shots) await page.screenshot({ path: `${shots}/runs-${String(passed).padStart(2, '0')}.png` });
  } catch (error) {
    console.log(`FAILED ${what}\n   ${error.message}`);
    if (shots) await page.screenshot({ path: `${shots}/runs-failed.png` });
    await browser.close();
    console.log(`${passed} passed, 1 failed`);
    process.exit(1);
  }
}
const grid = page.getByRole('grid', { name: 'Runs' });
const search = page.getByRole('textbox', { name: 'Search runs' });
const counted = (text) => page.locator('p', { hasText: new RegExp(`(^|· )${text}$`) }).waitFor();
const expect = (good, what) => {
  if (!good) throw new Error(what);
};
const number = (n) => n.toLocaleString('en-US');

await step('the table shows how many runs there are', async () => {
  await page.goto(login);
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  await page.goto(new URL('/w/default/experiments', base).href);
  await grid.getByRole('link').first().waitFor();
  await counted(`${number(runs)} runs`);
});

await step('a search is completed by keyboard and finds', async () => {
  await search.fill('params.opt');
  await page.getByRole('option', { name: /params\.optimizer/ }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.type("= 'ad");
  await page.getByRole('option', { name: /adam/ }).waitFor();
  await page.keyboard.press('Tab');
  expect((await search.inputValue()) === "params.optimizer = 'adam'", await search.inputValue());
  await page.keyboard.press('Enter');
  await counted(`${number(runs / 2)} runs`);
  expect(page.url().includes('q='), 'the search is not in the address');
});

await step(
  'a click anywhere in the head of a column sorts on the server, and the address says so',
  async () => {
    // beside its name, which stands at the right
    await grid.getByRole('columnheader', { name: 'auc', exact: true }).click({ position: { x: 8, y: 6 } });
    await grid
      .getByRole('columnheader', { name: 'auc' })
      .and(page.locator('[aria-sort=descending]'))
      .waitFor();
    expect(page.url().includes('sort=-m.auc'), page.url());
  },
);

await step('a view is saved under a name and opened again', async () => {
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Save as…' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Adam first');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: 'Adam first' }).waitFor();
  await page.goto(new URL('/w/default/experiments', base).href);
  await page.getByRole('button', { name: 'Views' }).click();
  await page.getByRole('menuitem', { name: 'Adam first' }).click();
  await counted(`${number(runs / 2)} runs`);
});

await step('an open menu begins with its first line', async () => {
  await page.getByRole('button', { name: 'Export' }).click();
  await page.locator('[role=menuitem]:focus', { hasText: 'CSV' }).waitFor();
});

await step('groups open to their runs', async () => {
  await page.goto(new URL('/w/default/experiments?group=p.optimizer', base).href);
  await page.getByRole('button', { name: 'Open adam' }).click();
  await grid.getByRole('link').first().waitFor();
  await counted(`2 groups of ${number(runs)} runs`);
});

await step('a column is chosen', async () => {
  await page.goto(new URL('/w/default/experiments', base).href);
  await grid.getByRole('link').first().waitFor();
  await page.getByRole('button', { name: 'Choose columns' }).click();
  await page.getByRole('checkbox', { name: 'auc best' }).click();
  await page.keyboard.press('Escape');
  await grid.getByRole('columnheader', { name: 'auc best' }).waitFor();
});

await step('chosen runs go to the bin and come back', async () => {
  const boxes = page.getByRole('checkbox', { name: 'Select row' });
  await boxes.nth(0).click();
  await boxes.nth(2).click({ modifiers: ['Shift'] });
  await page.getByRole('button', { name: 'Move to the bin' }).click();
  await counted(`${number(runs - 3)} runs`);
  await page.getByRole('button', { name: 'Undo' }).click();
  await counted(`${number(runs)} runs`);
});

await step('a search that cannot be read says where', async () => {
  await search.fill('metrics.auc >> 1');
  await page.keyboard.press('Enter');
  await page.getByTitle('Here').waitFor();
  faults.splice(0); // the browser writes the refused search down
});

await step('what could not be asked while the studio was away is asked when it is back', async () => {
  const away = /\/api\/(events|experiments\/search)$/;
  await page.route(/\/api\/events$/, (route) => route.abort());
  await page.goto(new URL('/w/default/experiments', base).href);
  await grid.getByRole('link').first().waitFor();
  await page.route(away, (route) => route.abort());
  await grid.getByRole('button', { name: 'auc' }).click();
  await page.getByRole('alert').getByText('The studio does not answer').waitFor();
  await page.unrouteAll();
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await grid.getByRole('link', { name: 'run-000' }).waitFor(); // its last auc is the highest
  faults.splice(0); // the browser writes down what failed
});

// not looked at by axe: a row half under the head is no small target
const scroll = async () => {
  await page.goto(new URL('/w/default/experiments', base).href);
  await grid.getByRole('link').first().waitFor();
  const cdp = await context.newCDPSession(page);
  const heap = async () => {
    await cdp.send('HeapProfiler.collectGarbage');
    return (await cdp.send('Runtime.getHeapUsage')).usedSize / 1e6;
  };
  const before = await heap();
  const frames = await grid.evaluate(async (element) => {
    const found = [];
    const end = Math.min(element.scrollHeight - element.clientHeight, 20_000 * 40);
    const stride = Math.max(120, end / 400);
    let last = performance.now();
    for (let top = 0; top < end; top += stride) {
      element.scrollTop = top;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      found.push(now - last);
      last = now;
    }
    element.scrollTop = element.scrollHeight;
    return found.sort((a, b) => a - b);
  });
  await grid.getByRole('link').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('[role=grid] [data-waiting]'));
  const after = await heap();
  const p95 = frames[Math.floor(frames.length * 0.95)] ?? 0;
  console.log(
    `   frames ${frames.length}, median ${(frames[frames.length >> 1] ?? 0).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms; ` +
      `heap ${before.toFixed(1)} MB, then ${after.toFixed(1)} MB`,
  );
  expect(after - before < 30, `the heap grew by ${(after - before).toFixed(1)} MB`);
};
await step('the end of the list is a scroll away, and memory stays flat', scroll, { look: false });

await browser.close();
console.log(`${passed} passed, 0 failed`);
