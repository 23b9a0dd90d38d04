// The page of a run, used: `node e2e/run.mjs URL LINK RUN JOB [SHOTS]`. RUN was logged by MLflow's client, JOB submitted.
// Fails on the first thing that is not as it should be, and on console errors, failed requests, accessibility violations.
import { mkdirSync } from 'node:fs';
import { axeInBothThemes, launch } from './browser.mjs';

const [base, login, run, job, shots] = process.argv.slice(2);
const origin = new URL(base).origin;
if (shots) mkdirSync(shots, { recursive: true });
const browser = await launch();
const faults = [];
let context;

function must(condition, what) {
  if (!condition) throw new Error(what);
  console.log(`ok ${what}`);
}

async function open(path) {
  const page = await context.newPage();
  page.on('console', (message) => {
    // what the sandbox refuses is said in the console of its own frame
    const own = !message.location().url.includes('/c/');
    if (own && ['error', 'warning'].includes(message.type())) faults.push(`${path}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`${path}: ${error.message}`));
  await page.goto(`${origin}/w/default/experiments/runs/${path}`);
  await page.waitForSelector('[role="tab"]');
  return page;
}

async function done(page, name) {
  const shoot = (scheme) => shots && page.screenshot({ path: `${shots}/run-${name}-${scheme}.png` });
  for (const line of await axeInBothThemes(page, shoot)) faults.push(`${name}: ${line}`);
  await page.close();
}

async function sandbox() {
  const page = await open(`${run}?tab=artifacts&path=report/index.html`);
  const frame = page.frameLocator('iframe[title="report/index.html"]');
  await frame.locator('#done').waitFor();
  const said = JSON.parse(await frame.locator('#done').textContent());
  must(said.beside === 'beside', 'a script in a report reads the file beside it');
  must(said.origin === 'null', 'it has an origin of its own');
  must(said.cookie.startsWith('refused'), 'it cannot read a cookie');
  must(said.parent.startsWith('refused'), 'it cannot look into the studio’s page');
  must(said.api.startsWith('refused'), 'it cannot ask the API');
  must(said.outside.startsWith('refused'), 'it cannot send anything to another host');
  must(new URL(page.frames().at(-1).url()).origin !== origin, 'it comes from the second origin');
  await done(page, 'html');
}

async function charts() {
  const page = await open(`${run}?tab=metrics`);
  const figure = page.getByRole('figure', { name: 'train/loss' });
  const plot = figure.locator('.u-over');
  await plot.waitFor();
  const box = await plot.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForFunction(() => document.querySelector('[data-x]')?.textContent.startsWith('step'));
  const other = page.getByRole('figure', { name: 'val/loss' }).locator('[data-x]');
  must((await other.textContent()).startsWith('step'), 'the cursor is shared by the charts of the page');
  const part = (key) =>
    page.waitForRequest((it) => {
      const wanted = it.url().endsWith('/curves') ? it.postDataJSON() : { low: null };
      return wanted.low !== null && wanted.metrics.includes(key);
    });
  const [asked, beside] = [part('train/loss'), part('val/loss')];
  await page.mouse.move(box.x + box.width * 0.4, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 5 });
  await page.mouse.up();
  const { low, high } = (await asked).postDataJSON();
  must(low > 0 && high > low, 'a zoom asks for that part again');
  const also = (await beside).postDataJSON();
  must(also.low === low && also.high === high, 'and all charts of the page show the same part');
  await page.waitForURL(/zoom=/);
  await page
    .getByRole('figure', { name: 'train/loss' })
    .getByText(/^\d[\d,]* points\. Last/)
    .waitFor();
  must(true, 'and shows it in full');
  await page.mouse.dblclick(box.x + 50, box.y + 50);
  await page.waitForURL((url) => !url.search.includes('zoom'));
  must(true, 'a double click shows all again');
  await page.getByRole('slider', { name: 'Smoothing' }).press('End');
  await page.waitForURL(/smooth=99/);
  await page.getByRole('button', { name: 'Pin val/loss' }).click();
  await page.getByRole('heading', { name: 'Pinned' }).waitFor();
  await page.getByRole('button', { name: 'Pin val/loss' }).click();
  must(true, 'a metric is pinned and unpinned');
  await done(page, 'metrics');
}

async function compared() {
  const page = await open(`../compare?runs=${run}&tab=curves`);
  const figure = page.getByRole('figure', { name: 'train/loss' });
  const plot = figure.locator('.u-over');
  await plot.waitFor();
  await plot.scrollIntoViewIfNeeded();
  const box = await plot.boundingBox();
  const points = async () => Number(/([\d,]+) points/.exec(await figure.innerText())[1].replace(',', ''));
  const before = await points();
  await page.mouse.move(box.x + box.width * 0.4, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
  await page.mouse.up();
  const all = figure.getByRole('button', { name: /^step 1,\d.* to step 1,\d.*: show all$/ });
  await all.waitFor();
  const deadline = Date.now() + 20_000;
  while ((await points()) <= before && Date.now() < deadline) await page.waitForTimeout(50);
  must((await points()) > before, 'a zoom among compared curves brings more points of that part');
  await page.waitForTimeout(100); // a plot that is made again has told of its scales
  must(await all.isVisible(), 'and is still there when they have come');
  await figure.getByRole('button', { name: 'Options of train/loss' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Zoom to…' }).press('Enter');
  await page.getByRole('textbox', { name: 'From' }).fill('100');
  await page.getByRole('textbox', { name: 'To', exact: true }).fill('250');
  await page.getByRole('textbox', { name: 'To', exact: true }).press('Enter');
  await figure.getByRole('button', { name: 'step 100 to step 250: show all' }).press('Enter');
  await figure.getByRole('button', { name: /show all$/ }).waitFor({ state: 'detached' });
  must(true, 'a part is chosen by keyboard, and all of it again');
  await done(page, 'compared');
}

async function overview() {
  const page = await open(run);
  await page.getByRole('button', { name: 'Add tag' }).click();
  await page.getByLabel('Name of the tag').fill('mark');
  await page.getByLabel('Value of the tag').fill('good');
  await page.getByRole('button', { name: 'Save tag' }).click();
  const tag = page.getByRole('row', { name: 'mark' });
  await tag.getByText('good').waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await tag.waitFor({ state: 'detached' });
  must(true, 'a tag is added and taken back');
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Description in Markdown').fill('# Better\n<b>no</b>');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('heading', { name: 'Better' }).waitFor();
  must(
    (await page.getByText('<b>no</b>').count()) === 1,
    'the description is Markdown, and HTML in it is text',
  );
  await page.getByText('Open this run in Python').waitFor();
  await done(page, 'overview');
}

async function gallery() {
  const page = await open(`${run}?tab=gallery`);
  await page.getByAltText('samples/digits at step 20').waitFor();
  await page.getByRole('slider', { name: 'Step' }).press('ArrowLeft');
  await page.getByAltText('samples/digits at step 10').waitFor();
  must(page.url().includes('step=10'), 'the slider goes through the steps');
  await page.getByRole('gridcell').first().waitFor();
  await done(page, 'gallery');
}

async function files() {
  let page = await open(`${run}?tab=artifacts`);
  const tree = page.getByRole('tree', { name: 'Artifacts' });
  await tree.focus();
  await page.getByLabel('Find in artifacts').fill('rows');
  await page.getByRole('treeitem', { name: /rows\.parquet/ }).click();
  await page.getByRole('columnheader', { name: /int64/ }).waitFor();
  must(page.url().includes('rows.parquet'), 'a Parquet file is a table');
  await done(page, 'files');
  page = await open(`${run}?tab=artifacts&path=analysis.ipynb`);
  await page.frameLocator('iframe').getByText('from html').waitFor();
  must(true, 'a notebook shows its HTML outputs in the sandbox');
  await done(page, 'notebook');
}

async function family() {
  const page = await open(`${run}?tab=children`);
  await page.getByRole('button', { name: /2 children of/ }).click();
  await page.getByText('fold 1').click();
  await page.getByRole('navigation', { name: 'Runs above this one' }).getByRole('link').nth(1).waitFor();
  must(true, 'children open under their parent, and name those above them');
  await done(page, 'child');
}

async function jobs() {
  let page = await open(`${job}?tab=code`);
  await page.getByText('+# changed').waitFor();
  await page.getByRole('treeitem', { name: /train\.py/ }).waitFor();
  await page.locator('[data-kind="keyword"]').first().waitFor();
  await page.getByText('Processor', { exact: true }).waitFor();
  must(true, 'code, its difference from the commit and the environment are shown');
  await done(page, 'code');
  page = await open(`${job}?tab=log`);
  await page.getByText(/ended/).first().waitFor();
  await page.getByLabel('Find in log').fill('step 123 ');
  await page.getByText('1 of 1').waitFor();
  await page.getByRole('button', { name: 'Next match' }).click();
  await page.getByText('step 123 loss').waitFor();
  must(/line=\d+/.test(page.url()), 'a line is found in the part of a log that is not loaded');
  await page.getByRole('button', { name: 'First error' }).click();
  await page.getByText('Traceback (most recent call last)').waitFor();
  await done(page, 'log');
}

try {
  context = await browser.newContext({ colorScheme: 'light', viewport: { width: 1280, height: 860 } });
  const tab = await context.newPage();
  await tab.goto(login);
  await tab.close();
  for (const part of [sandbox, charts, compared, overview, gallery, files, family, jobs]) await part();
  await context.close();
} catch (error) {
  faults.push(error.message);
}
await browser.close();
for (const fault of faults) console.log(`FAILED ${fault}`);
process.exit(faults.length ? 1 : 0);
