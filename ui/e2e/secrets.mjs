// A secret by mouse and keyboard: `node e2e/secrets.mjs URL --login LINK --value VALUE [--shots DIR]`
// After it was written the value is nowhere in the browser: no storage, no cookie, no cache, no field, no answer.
/* global caches, indexedDB, performance, sessionStorage -- what runs in the page */
import { mkdirSync } from 'node:fs';
import { axe, launch, watch } from './browser.mjs';

const args = process.argv.slice(2);
const option = (name) => {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
};
const login = option('--login');
const value = option('--value');
const shots = option('--shots');
const [base] = args;
const origin = new URL(base).origin;
if (shots) mkdirSync(shots, { recursive: true });

const browser = await launch();
const context = await browser.newContext({ colorScheme: 'light', viewport: { width: 1280, height: 900 } });
const { page, faults } = await watch(context, origin);
const answers = []; // everything that the server said to the page
page.on('response', (response) => {
  // the feed of events never ends: what it tells reaches the page, which is looked at itself
  if (/json|text\/html/.test(response.headers()['content-type'] ?? ''))
    answers.push(
      response
        .text()
        .catch(() => '')
        .then((text) => ({ url: response.url(), text })),
    );
});
let passed = 0;
async function step(what, work) {
  try {
    await work();
    const wrong = [...faults.splice(0), ...(await axe(page))];
    if (wrong.length > 0) throw new Error(wrong.join('\n   '));
    passed += 1;
    console.log(`ok ${what}`);
    if (shots) await page.screenshot({ path: `${shots}/secrets-${passed}.png`, fullPage: true });
  } catch (error) {
    console.log(`FAILED ${what}\n   ${error.message}`);
    if (shots) await page.screenshot({ path: `${shots}/secrets-failed.png` });
    await browser.close();
    console.log(`${passed} passed, 1 failed`);
    process.exit(1);
  }
}

/** Everything that a browser keeps of a page, and the page itself, as text. */
async function kept() {
  const inside = await page.evaluate(async () => {
    const found = { dom: document.documentElement.outerHTML };
    found.fields = [...document.querySelectorAll('input, textarea')].map((field) => field.value).join('\n');
    found.local = JSON.stringify({ ...localStorage });
    found.session = JSON.stringify({ ...sessionStorage });
    found.addresses = performance
      .getEntries()
      .map((entry) => entry.name)
      .join('\n');
    found.caches = '';
    for (const name of (await globalThis.caches?.keys()) ?? []) {
      const cache = await caches.open(name);
      for (const request of await cache.keys())
        found.caches += request.url + (await (await cache.match(request)).text());
    }
    found.databases = '';
    for (const { name } of (await indexedDB.databases?.()) ?? []) {
      const database = await new Promise((good, bad) => {
        const asked = indexedDB.open(name);
        asked.onsuccess = () => good(asked.result);
        asked.onerror = () => bad(asked.error);
      });
      for (const store of database.objectStoreNames)
        found.databases += JSON.stringify(
          await new Promise((good) => {
            const asked = database.transaction(store).objectStore(store).getAll();
            asked.onsuccess = () => good(asked.result);
          }),
        );
      database.close();
    }
    return found;
  });
  return {
    ...inside,
    address: page.url(),
    cookies: JSON.stringify(await context.cookies()),
    state: JSON.stringify(await context.storageState({ indexedDB: true })),
  };
}

async function expectNowhere() {
  const places = await kept();
  for (const one of await Promise.all(answers)) places[`the answer of ${one.url}`] = one.text;
  const wanted = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)];
  const bad = Object.keys(places).filter((place) => wanted.some((word) => places[place].includes(word)));
  if (bad.length > 0) throw new Error(`the value is in: ${bad.join(', ')}`);
}

const form = (name) => page.getByRole('form', { name });

await step('an empty vault teaches', async () => {
  await page.goto(login);
  await page.getByRole('heading', { level: 1, name: 'Home' }).waitFor();
  await page.goto(new URL('/w/default/workspace?tab=secrets', base).href);
  await page.getByRole('heading', { name: 'No secrets' }).waitFor();
});

await step('a secret is written, and its value is in no place of the browser', async () => {
  await page.getByRole('button', { name: 'New secret' }).click();
  const fields = form('New secret');
  await fields.getByLabel('Name').fill('warehouse');
  await fields.getByLabel('Value').and(page.locator('input')).fill(value);
  await fields.getByLabel('Description').fill('read-only');
  await fields.getByRole('button', { name: 'Make the secret' }).click();
  await page.getByRole('heading', { name: 'warehouse', exact: true }).waitFor();
  await page.getByRole('table', { name: 'Versions of warehouse' }).waitFor();
  await expectNowhere();
});

await step('after a reload and on the way back it is not there either', async () => {
  await page.reload();
  await page.getByRole('table', { name: 'Versions of warehouse' }).waitFor();
  await expectNowhere();
  await page.goto(new URL('/w/default/workspace?tab=audit', base).href);
  await page.getByText('secret.set').first().waitFor();
  await expectNowhere();
  await page.goBack();
  await page.getByRole('table', { name: 'Versions of warehouse' }).waitFor();
  await expectNowhere();
});

await step('a new version of several lines, then the old one is disabled', async () => {
  await page.getByRole('button', { name: 'New version' }).click();
  const fields = form('New version of warehouse');
  await fields.getByRole('switch', { name: 'Several lines, such as a key file' }).check();
  await fields.locator('textarea').first().fill(`${value}\nsecond line`);
  await fields.getByRole('button', { name: 'Write the version' }).click();
  await page.getByRole('button', { name: 'Disable version 1' }).click();
  await page.getByRole('button', { name: 'Enable version 1' }).waitFor();
  await expectNowhere();
});

await step('a role is let use it, and that is taken back', async () => {
  await page
    .getByRole('combobox', { name: 'Allow another' })
    .or(page.getByRole('textbox', { name: 'Allow another' }))
    .click();
  await page.getByRole('option', { name: 'every Data Scientist' }).click();
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  await page.getByRole('button', { name: 'Take it back from every Data Scientist' }).click();
  await page
    .getByRole('button', { name: 'Take it back from every Data Scientist' })
    .waitFor({ state: 'detached' });
});

await step('it goes into the bin and comes back', async () => {
  await page.getByRole('button', { name: 'Delete warehouse' }).click();
  await page.getByRole('heading', { name: 'No secrets' }).waitFor();
  await page.getByRole('button', { name: 'Bin' }).click();
  await page.getByRole('button', { name: 'Restore warehouse' }).click();
  await page.getByRole('heading', { name: 'The bin is empty' }).waitFor();
  await page.getByRole('button', { name: 'Back to the secrets' }).click();
  await page.getByRole('button', { name: 'Open warehouse' }).waitFor();
  await expectNowhere();
});

await browser.close();
console.log(`${passed} passed, 0 failed`);
