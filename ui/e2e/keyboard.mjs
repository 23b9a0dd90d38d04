// The table of runs by keyboard alone: `node e2e/keyboard.mjs URL --login LINK --runs N`
// After each step the focus is on something that is seen; a menu and a dialog give it back.
import { launch, watch } from './browser.mjs';

const args = process.argv.slice(2);
const option = (name) => args.splice(args.indexOf(name), 2)[1];
const login = option('--login');
const runs = Number(option('--runs'));
const [base] = args;
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1400, height: 860 } });
const { page, faults } = await watch(context, new URL(base).origin);
page.setDefaultTimeout(60_000);
const expect = (good, what) => {
  if (!good) throw new Error(what);
};
const press = async (...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
const focused = () =>
  page.evaluate(() => {
    const one = document.activeElement;
    return one === document.body ? '' : (one.getAttribute('aria-label') ?? one.textContent ?? '').trim();
  });
const holds = (name) =>
  page.waitForFunction((text) => {
    const one = document.activeElement;
    const said = `${one.getAttribute('aria-label') ?? ''} ${one.textContent} ${one.value ?? ''}`;
    return one !== document.body && said.includes(text);
  }, name);
/** Tab until something of this name has the focus. */
async function tabTo(name, key = 'Tab', most = 60) {
  for (let n = 0; n < most; n += 1) {
    if ((await focused()).startsWith(name)) return n;
    await press(key);
  }
  throw new Error(`${most} times ${key} do not reach "${name}"; the focus is on "${await focused()}"`);
}
const counted = (text) => page.locator('p', { hasText: new RegExp(`(^|· )${text}$`) }).waitFor();
let passed = 0;
async function step(what, work) {
  try {
    await work();
    expect((await focused()) !== '', 'the focus is on nothing');
    expect(faults.length === 0, faults.join('\n   '));
    passed += 1;
    console.log(`ok ${what}`);
  } catch (error) {
    console.log(`FAILED ${what}\n   ${error.message}\n${passed} passed, 1 failed`);
    await browser.close();
    process.exit(1);
  }
}

await page.goto(login);
await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
await page.getByRole('button', { name: /^Account/ }).waitFor();

await step('g e goes to the runs, and the table is one stop of the tab key', async () => {
  await press('g', 'e');
  await page.getByRole('grid', { name: 'Runs' }).getByRole('link').first().waitFor();
  await counted(`${runs} runs`);
  await press('/');
  await holds('Search runs');
  await press('Escape');
  await tabTo('Runs');
  await press('Tab');
  expect(
    await page.evaluate(() => !document.activeElement.closest('[role=row][aria-rowindex]')),
    'a row is a stop of its own',
  );
  await tabTo('Runs', 'Shift+Tab');
});

await step('heads stand over their columns, also when the table is scrolled aside', async () => {
  const places = () =>
    page.getByRole('grid', { name: 'Runs' }).evaluate((grid) => {
      const left = (row) => [...row.children].map((cell) => Math.round(cell.getBoundingClientRect().left));
      const [head, first] = grid.querySelectorAll('[role=row]');
      return [left(head), left(first)].map((all) => all.join());
    });
  const [heads, cells] = await places();
  expect(heads === cells, `heads at ${heads}, cells at ${cells}`);
  await page.getByRole('grid', { name: 'Runs' }).evaluate((grid) => grid.scrollTo({ left: 120 }));
  await page.locator('[role=grid][data-aside]').waitFor();
  const [asideHeads, asideCells] = await places();
  expect(asideHeads === asideCells, `aside: heads at ${asideHeads}, cells at ${asideCells}`);
  const pinned = (all) => all.split(',').slice(0, 2).join();
  expect(pinned(asideHeads) === pinned(heads), `what is pinned went from ${heads} to ${asideHeads}`);
  await page.getByRole('grid', { name: 'Runs' }).evaluate((grid) => grid.scrollTo({ left: 0 }));
});

await step('a menu closes with Escape and gives the focus back', async () => {
  await tabTo('Export', 'Shift+Tab');
  await press('Enter');
  await page.locator('[role=menuitem]:focus').waitFor();
  await press('Escape');
  await holds('Export');
});

await step('a dialog that a menu opened gives the focus back to the menu', async () => {
  await tabTo('Views', 'Shift+Tab');
  await press('Enter');
  await page.locator('[role=menuitem]:focus').waitFor();
  await page.getByRole('menuitem', { name: 'Save as…' }).press('Enter');
  await page.getByRole('dialog').waitFor();
  await press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await holds('Views');
});

await step(
  'a run is moved to the bin and brought back; what takes its bar away leaves the focus in the table',
  async () => {
    await press('t', 'ArrowDown', 'Space');
    await page.getByText('1 run chosen').waitFor();
    await tabTo('Move to the bin', 'Shift+Tab');
    await press('Enter');
    await counted(`${runs - 1} runs`);
    await page.getByText('1 run moved to the bin').waitFor();
    await page.getByRole('region', { name: 'Chosen runs' }).waitFor({ state: 'detached' });
    await page.locator('[role=grid][aria-label=Runs]:focus').waitFor();
    await press('Control+z');
    await counted(`${runs} runs`);
  },
);

await browser.close();
console.log(`${passed} passed, 0 failed`);
