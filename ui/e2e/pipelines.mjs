// Pipelines in a real browser: `node e2e/pipelines.mjs URL LOGIN SHOTS SPEC`
// Submits the example of the empty list, follows it live, looks at a step, runs it again and compares; then the pipeline of
// the file SPEC, which is a large one.
/* global performance, requestAnimationFrame -- what runs in the page */
import { mkdirSync, readFileSync } from 'node:fs';
import { axe, launch, watch } from './browser.mjs';

const [base, login, shots, spec] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });
const browser = await launch();
const context = await browser.newContext({ colorScheme: 'light', viewport: { width: 1280, height: 800 } });
const { page, faults } = await watch(context, new URL(base).origin);
let passed = 0;
async function step(what, work, { look = true } = {}) {
  try {
    await work();
    const wrong = [...faults.splice(0), ...(look ? await axe(page) : [])];
    if (wrong.length > 0) throw new Error(wrong.join('\n   '));
    passed += 1;
    console.log(`ok ${what}`);
    await page.screenshot({ path: `${shots}/pipelines-${String(passed).padStart(2, '0')}.png` });
  } catch (error) {
    console.log(`FAILED ${what}\n   ${error.message}`);
    await page.screenshot({ path: `${shots}/pipelines-failed.png` });
    await browser.close();
    console.log(`${passed} passed, 1 failed`);
    process.exit(1);
  }
}
const expect = (good, what) => {
  if (!good) throw new Error(what);
};
const at = (path) => new URL(`/w/default${path}`, base).href;
const done = () => page.getByText('2 of 2 steps done').waitFor({ timeout: 60_000 });
const node = (name) => page.locator(`[id="step-${name}"]`);
const ask = (path, body) =>
  page.evaluate(
    async ([url, sent]) => {
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(url, { method: 'POST', headers, body: sent });
      return answer.json();
    },
    [at(`/api/pipelines/runs${path}`), body],
  );
let first;

await step('an empty list teaches, and its example is read and checked', async () => {
  await page.goto(login);
  await page.goto(at('/pipelines'));
  await page.getByRole('link', { name: 'Try this one' }).click();
  await page.getByText('Nothing is wrong with it').waitFor({ timeout: 60_000 });
});

await step('what is wrong with the file stands below it', async () => {
  const file = page.getByRole('textbox', { name: 'Pipeline file' });
  const good = await file.inputValue();
  await file.fill(good.replace('parent.jobs.make.outputs.greeting', 'parent.jobs.mak.outputs.greeting'));
  await page
    .getByRole('status', { name: 'What is wrong with the pipeline' })
    .getByText('Step read')
    .waitFor();
  expect(
    await page.getByRole('button', { name: 'Submit' }).isDisabled(),
    'a wrong pipeline can be submitted',
  );
  await file.fill(good);
  await page.getByText('Nothing is wrong with it').waitFor();
});

await step('it is kept as a draft, and nothing runs', async () => {
  await page.getByRole('textbox', { name: 'name', exact: true }).fill('browser');
  await page.getByRole('button', { name: 'Save draft' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'Draft hello' }).waitFor();
  const { items } = await page.evaluate(
    (url) => fetch(url).then((answer) => answer.json()),
    at('/api/pipelines/runs'),
  );
  expect(items.length === 0, 'saving a draft has run it');
  await page.goto(at('/pipelines?tab=drafts'));
  await page.getByRole('grid', { name: 'Drafts of pipelines' }).getByRole('link', { name: 'hello' }).click();
});

await step('it runs, and the page follows it to its end', async () => {
  const name = page.getByRole('textbox', { name: 'name', exact: true });
  await name.waitFor();
  expect((await name.inputValue()) === 'browser', 'the draft has lost what was filled in');
  await page.getByText('Nothing is wrong with it').waitFor();
  await page.getByRole('button', { name: 'Submit' }).click();
  await node('make').waitFor({ timeout: 30_000 });
  first = page.url();
  await done();
});

await step('a step is reached by keyboard, and its log is read', async () => {
  await node('make').focus();
  await page.keyboard.press('ArrowDown');
  await page.locator('[id="step-read"]:focus').waitFor();
  await page.keyboard.press('Enter');
  const pane = page.getByRole('complementary', { name: 'Step read' });
  await pane.getByRole('tab', { name: 'Log' }).click();
  await pane.getByText('hello browser').waitFor();
  expect(page.url().includes('step=read') && page.url().includes('part=log'), page.url());
});

await step('what a step made can be looked at', async () => {
  await page.goto(`${first}?step=make&part=data`);
  await page.getByRole('button', { name: 'Look into greeting' }).click();
  await page.getByRole('list', { name: 'Files of greeting' }).getByRole('button').first().click();
  await page.getByText('hello browser').waitFor();
});

await step('the steps stand on a line of time and in a table', async () => {
  await page.goto(`${first}?tab=gantt`);
  await page.getByRole('treeitem', { name: /^read: completed, waited .*, ran / }).waitFor();
  await page.getByRole('tab', { name: 'Steps' }).click();
  await page.getByRole('grid', { name: 'Steps' }).getByText('read', { exact: true }).waitFor();
});

await step('run again, every step takes its earlier result and says so', async () => {
  await page.goto(first);
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByRole('menuitem', { name: /As it was/ }).click();
  await page.waitForURL((url) => url.href !== first);
  await page.getByText('2 of 2 steps done, 2 reused').waitFor({ timeout: 60_000 });
  await node('read').click();
  await page.getByRole('tab', { name: 'Reuse' }).click();
  await page.getByText('It is the result of').waitFor();
});

await step('two runs are compared', async () => {
  const [one, other] = [first, page.url().split('?')[0]].map((url) => url.split('/').at(-1));
  await page.goto(at(`/pipelines/compare?first=${one}&second=${other}&step=read`));
  await page.getByRole('grid', { name: 'Steps of both runs' }).getByText('state').first().waitFor();
  await page
    .getByRole('table', { name: 'Differences of read' })
    .getByRole('cell', { name: 'Reused' })
    .waitFor();
  await page.goto(at('/pipelines'));
  await page.getByRole('grid', { name: 'Runs of pipelines' }).getByRole('link').nth(1).waitFor();
});

await step('what a run made stands on its page when it ends', async () => {
  const steps = {
    slow: {
      task: { command: ['sleep 8; echo 1 > ${{outputs.o}}/f'] },
      makes: { o: { type: 'uri_folder' } },
      outputs: { o: { bind: 'whole' } },
    },
  };
  const made = await ask('', JSON.stringify({ name: 'ends', graph: { steps, outputs: { whole: {} } } }));
  await page.goto(at(`/pipelines/${made.run.id}?tab=details`));
  await page.getByText('They are there when the steps').waitFor();
  await page
    .getByRole('table', { name: 'Outputs of the pipeline' })
    .getByText('whole')
    .waitFor({ timeout: 60_000 });
});

await step('in the dark, too', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${first}?step=read&part=reuse`);
  await page.getByText('What the key is made of').waitFor();
});

// not looked at by axe: what is half scrolled away is no small target
await step(
  'a wide run moves as a small one does',
  async () => {
    const made = await ask('', readFileSync(spec, 'utf8'));
    await page.goto(at(`/pipelines/${made.run.id}?fold=each`));
    await page.getByText('of 500 steps done').waitFor({ timeout: 60_000 });
    await node('each').waitFor({ timeout: 30_000 });
    const region = page.getByRole('region', { name: /^Graph of the steps/ });
    const [frames, most] = await region.evaluate(async (element) => {
      const found = [];
      let most = 0;
      let last = performance.now();
      const end = element.scrollHeight - element.clientHeight;
      for (let n = 0; n <= 300; n += 1) {
        element.scrollTop = (end * n) / 300;
        await new Promise(requestAnimationFrame);
        const now = performance.now();
        found.push(now - last);
        last = now;
        most = Math.max(most, element.querySelectorAll('button').length);
      }
      return [found.sort((a, b) => a - b), most];
    });
    const p95 = frames[Math.floor(frames.length * 0.95)] ?? 0;
    console.log(
      `   median ${frames[frames.length >> 1].toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, at most ${most} buttons`,
    );
    await ask(`/${made.run.id}/cancel`, '{}');
    expect(most < 250, `${most} buttons are in the document at once`);
  },
  { look: false },
);

await browser.close();
console.log(`${passed} passed, 0 failed`);
