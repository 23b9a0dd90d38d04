// The main story in a real browser: `node e2e/story.mjs URL --login LINK --file table.csv --target COLUMN [--shots DIR]`
// A file is uploaded and looked at, models are trained on it, one is deployed and answers; the page follows without a reload.
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { launch, watch } from './browser.mjs';

const args = process.argv.slice(2);
const option = (name, usual) => {
  const at = args.indexOf(name);
  return at < 0 ? usual : args.splice(at, 2)[1];
};
const login = option('--login');
const file = option('--file');
const target = option('--target');
const shots = option('--shots');
const name = option('--name', 'story');
const [base] = args;
const origin = new URL(base).origin;
if (shots) mkdirSync(shots, { recursive: true });

const browser = await launch();
const context = await browser.newContext({ colorScheme: 'light', viewport: { width: 1280, height: 800 } });
const { page, faults } = await watch(context, origin);
let passed = 0;
async function step(what, work) {
  try {
    await work();
    passed += 1;
    console.log(`ok ${what}`);
    if (shots) await page.screenshot({ path: `${shots}/story-${String(passed).padStart(2, '0')}.png` });
  } catch (error) {
    console.log(`FAILED ${what}\n   ${error.message}`);
    if (shots) await page.screenshot({ path: `${shots}/story-failed.png` });
    for (const fault of faults) console.log(`   ${fault}`);
    await browser.close();
    console.log(`${passed} passed, 1 failed`);
    process.exit(1);
  }
}
const heading = (text) => page.getByRole('heading', { level: 1, name: text });
const expect = (good, what) => {
  if (!good) throw new Error(what);
};

await step('the login link leads home', async () => {
  await page.goto(login);
  await heading('Home').waitFor();
});

await step('Tab reaches the skip link first', async () => {
  await page.keyboard.press('Tab');
  expect(
    (await page.evaluate(() => document.activeElement?.textContent)) === 'Skip to content',
    'no skip link',
  );
});

await step('the palette goes to a page by keyboard', async () => {
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Find a dataset').waitFor();
  await page.keyboard.type('datasets');
  await page.keyboard.press('Enter');
  await heading('Datasets').waitFor();
});

await step('g then h goes home, ? shows the keys', async () => {
  await page.keyboard.press('g');
  await page.keyboard.press('h');
  await heading('Home').waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
});

await step('a file that is no table is refused beside the choices, and nothing is made', async () => {
  await page.goto(new URL('/w/default/datasets/-/new', base).href);
  const input = page.getByLabel('Files', { exact: true });
  await input.setInputFiles({ name: 'empty.csv', mimeType: 'text/csv', buffer: Buffer.from('') });
  await page.getByText('1 file is here').waitFor();
  await page.getByRole('button', { name: 'Name', exact: false }).first().click();
  await page.getByRole('button', { name: 'Create dataset' }).click();
  await page.getByRole('alert').getByText(/empty/i).first().waitFor({ timeout: 30_000 });
  expect(page.url().includes('/datasets/-/new'), 'left the wizard');
});

await step('a table is uploaded and shown', async () => {
  await page.goto(new URL('/w/default/datasets/-/new', base).href);
  await page.getByLabel('Files', { exact: true }).setInputFiles(file);
  await page.getByText('1 file is here').waitFor();
  await page.getByRole('button', { name: 'Name', exact: false }).first().click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Create dataset' }).click();
  await heading(name).waitFor({ timeout: 60_000 });
  await page.getByRole('tab', { name: /^(Preview|Explore)/ }).waitFor();
  await page.getByRole('row').nth(10).waitFor({ timeout: 30_000 });
  expect((await page.getByRole('row').count()) > 10, `no rows of ${basename(file)}`);
});

await step('Go to row goes to one row and then to another, and the keyboard stays in its field', async () => {
  const field = page.getByLabel('Go to row');
  for (const row of ['700', '20', '300']) {
    await field.fill(row);
    await field.press('Enter');
    await page.getByRole('rowheader', { name: row, exact: true }).waitFor();
    expect(await field.evaluate((one) => one === document.activeElement), `row ${row} took the focus`);
  }
});

await step('its profile appears without a reload', async () => {
  await page.getByRole('tab', { name: 'Profile' }).click();
  await page.getByRole('grid', { name: 'Columns', exact: true }).waitFor({ timeout: 60_000 });
  expect(page.url().includes('tab=profile'), 'the tab is not in the address');
});

await step('a column opens beside the table, Escape closes it, Back keeps the tab', async () => {
  await page.getByRole('grid', { name: 'Columns', exact: true }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

await step('models are trained from the wizard', async () => {
  await page.getByRole('link', { name: 'Train models' }).click();
  await heading('Train models').waitFor();
  await page.getByRole('button', { name: 'Next: target' }).click();
  await page
    .getByRole('combobox', { name: 'Target column' })
    .or(page.getByLabel('Target column'))
    .first()
    .click();
  await page.getByRole('option', { name: new RegExp(`^${target} `) }).click();
  await page.getByRole('button', { name: 'Next: limits' }).click();
  await page.getByText('After a number of models').click();
  await page.getByLabel('Models', { exact: true }).fill('2');
  await page.getByRole('button', { name: 'Next: review' }).click();
  await page.getByText(`studiolo automl submit --dataset ${name}:1`).waitFor();
  await page.getByRole('button', { name: 'Start training' }).click();
  await page.getByRole('heading', { level: 1, name: target }).waitFor();
});

await step('the leaderboard fills while the page stays, and the model is registered', async () => {
  await page.getByRole('grid', { name: 'Leaderboard' }).waitFor();
  await page.getByText('Completed').first().waitFor({ timeout: 180_000 });
  await page.getByText('Registered').waitFor({ timeout: 60_000 });
  await page.getByRole('heading', { level: 2, name: 'ensemble' }).waitFor();
  await page.locator('figure canvas').first().waitFor();
});

await step('the model is deployed and goes live', async () => {
  await page.getByRole('link', { name: 'Deploy' }).first().click();
  await heading('Deploy').waitFor();
  await page.getByLabel('Endpoint name').fill(name);
  await page.getByRole('button', { name: 'Deploy', exact: true }).click();
  await heading(name).waitFor();
  await page.getByText('Live', { exact: true }).first().waitFor({ timeout: 120_000 });
});

await step('it answers a row from the test form', async () => {
  await page.getByRole('tab', { name: 'Test' }).click();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByRole('table', { name: 'Probability of each class' }).waitFor();
});

await step('dark is chosen once and kept, without a flash', async () => {
  await page.getByRole('button', { name: 'Colour scheme' }).click();
  await page.getByRole('menuitemradio', { name: 'Dark' }).click();
  await page.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => {
      window.firstScheme = document.documentElement.getAttribute('data-mantine-color-scheme');
    });
  });
  await page.reload();
  expect((await page.evaluate(() => window.firstScheme)) === 'dark', 'light before dark');
});

await step('what another tab changes appears here without a reload', async () => {
  await page.goto(new URL('/w/default/datasets?q=live_', base).href);
  await heading('Datasets').waitFor();
  await page.waitForTimeout(1000); // the feed starts with what happens from now on
  const other = await context.newPage();
  await other.goto(new URL('/w/default', base).href);
  const status = await other.evaluate(async (title) => {
    const query = new URLSearchParams({ name: title, filename: 'live.csv' });
    const answer = await fetch(`/w/default/api/datasets/uploads?${query}`, {
      method: 'POST',
      body: 'a,b\n1,2\n3,4\n',
    });
    return answer.status;
  }, `live_${name}`);
  expect(status === 201, `upload answered ${status}`);
  await page.getByRole('grid', { name: 'Datasets' }).getByText(`live_${name}`).waitFor({ timeout: 10_000 });
  await other.close();
});

await step('no console error, no failed or off-host request on the way', () => {
  const unexpected = faults.filter((fault) => !fault.includes('status of 422')); // the browser writes the refusal down
  expect(unexpected.length === 0, unexpected.join('\n   '));
});

await browser.close();
console.log(`${passed} passed, 0 failed`);
