// The registry in a real browser: `node e2e/models.mjs URL --login LINK --file model.txt --served MODEL:VERSION --endpoint NAME`
// A file is registered, described, tagged and named; versions are compared; what is deployed is not deleted, the rest is.
import { launch, watch } from './browser.mjs';

const args = process.argv.slice(2);
const option = (name) => {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
};
const login = option('--login');
const file = option('--file');
const [served, version] = option('--served').split(':');
const endpoint = option('--endpoint');
const [base] = args;

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const { page, faults } = await watch(context, new URL(base).origin);
const heading = (name) => page.getByRole('heading', { name, exact: true });
const button = (name) => page.getByRole('button', { name, exact: true });
const open = (path) => page.goto(`${base}/w/default/models${path}`);
async function step(what, work) {
  try {
    await work();
    console.log(`ok ${what}`);
  } catch (error) {
    console.log(`FAILED ${what}\n   ${error.message}\n   ${faults.join('\n   ')}`);
    await browser.close();
    process.exit(1);
  }
}
async function register() {
  await open('/new');
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByLabel('Name').fill('by-browser');
  await button('Register model').click();
}

await page.goto(login);
await step('a file is registered', async () => {
  await register();
  await heading('by-browser version 1').waitFor();
});
await step('the card is written and shown as Markdown, its HTML as text', async () => {
  await button('Write a card').click();
  await page.getByLabel('Card of version 1').fill('# Trees\n\n<img src=x onerror=alert(1)>');
  await button('Save card').click();
  await heading('Trees').waitFor();
  if ((await page.locator('img[src="x"]').count()) > 0)
    throw new Error('HTML of the card became part of the page');
});
await step('a tag and an alias are added', async () => {
  await page.getByLabel('New tag').fill('checked=yes');
  await button('Add tag').click();
  await button('Remove the tag checked').waitFor();
  await page.getByLabel('New alias').fill('best');
  await button('Add alias').click();
  await button('Remove the alias best').waitFor();
});
await step('the verdict of the scan appears by itself', async () => {
  await page.getByRole('tab', { name: 'Scan' }).click();
  await page.getByText('without loading anything').waitFor({ timeout: 30_000 });
});
await step('a file is previewed', async () => {
  await page.getByRole('tab', { name: 'Files' }).click();
  await page.getByText('MLmodel', { exact: true }).click();
  await page.getByText('loader_module: mlflow.lightgbm').waitFor();
});
await step('the same file again is the same version', async () => {
  await register();
  await heading('by-browser version 1').waitFor();
});
await step('versions of two models are compared, by address', async () => {
  await open(`/by-browser/compare?v=1,${served}:${version}`);
  await heading('Compare versions of by-browser').waitFor();
  await page.getByRole('table', { name: 'Files' }).waitFor();
});
await step('what is deployed is not deleted; the endpoint is named', async () => {
  await open(`/${served}?version=${version}`);
  await heading(`${served} version ${version}`).waitFor();
  await button('More').click();
  await page.getByRole('menuitem', { name: 'Delete this version' }).click();
  await page.getByRole('dialog').getByRole('link', { name: endpoint, exact: true }).waitFor();
});
await step('a model is deleted, comes back by Undo and is deleted again', async () => {
  const remove = async () => {
    await heading('by-browser').waitFor();
    await button('More').click();
    await page.getByRole('menuitem', { name: 'Delete the model' }).click();
    await page.waitForURL('**/models');
  };
  await open('/by-browser');
  await remove();
  await button('Undo').click();
  await remove();
});
await browser.close();
