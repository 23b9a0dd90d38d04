// Looks at the page of runs of a studio that `run.py` filled: `node benchmarks/runs_page/look.mjs LOGIN-LINK [--rounds N] [--shots DIR]`
// Each time is taken in the page: from the event (a click, the Enter key) to the frame after the one that shows the new rows.
import { mkdirSync } from "node:fs";
import { launch } from "../../ui/e2e/browser.mjs";

const args = process.argv.slice(2);
const option = (name, usual) => {
  const at = args.indexOf(name);
  return at < 0 ? usual : args.splice(at, 2)[1];
};
const rounds = Number(option("--rounds", "7"));
const shots = option("--shots");
const [login] = args;
const base = new URL(login).origin;
const LIST = `${base}/w/default/experiments`;
const FIRST_ROWS_MS = 300;
const ANSWER_MS = 300;
const FRAME_MS = 33;
const GROWTH_MB = 30;
if (shots) mkdirSync(shots, { recursive: true });

const browser = await launch();
const context = await browser.newContext({
  viewport: { width: 1440, height: 900 },
});
const page = await context.newPage();
page.setDefaultTimeout(120_000);
page.on("pageerror", (e) => console.log("page error:", e.message));
const devtools = await context.newCDPSession(page);
await devtools.send("Performance.enable", { timeDomain: "threadTicks" });

/** CPU of the page's main thread by its own clock, which other load on the machine does not stretch. */
async function cpu() {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return 1000 * metrics.find((one) => one.name === "TaskDuration").value;
}
async function heap() {
  await devtools.send("HeapProfiler.collectGarbage");
  return (await devtools.send("Runtime.getHeapUsage")).usedSize / 1e6;
}
const quantile = (all, q) =>
  [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * q))];
const missed = [];
function row(name, p50, p95, limit, more = "") {
  if (limit !== null && p50 > limit) missed.push(name);
  const bar = limit === null ? "" : `bar ${limit}`;
  console.log(`${name.padEnd(48)} p50 ${p50.toFixed(0).padStart(5)}  p95 ${p95.toFixed(0).padStart(5)} ms  ${bar.padEnd(8)} ${more}`);
}

// what the page itself is given: waits for rows other than those it shows now
await context.addInitScript(() => {
  const shown = () => {
    const grid = document.querySelector('[role=grid][aria-label="Runs"]');
    if (!grid || grid.closest("[aria-busy=true]")) return null;
    const rows = grid.querySelectorAll("[role=rowgroup] [role=row]");
    // names are there; what their metrics come to may follow
    const named = (row) => [...row.querySelectorAll("[role=gridcell]")].slice(0, 2); // the box to tick, and the name
    const waits = (row) => named(row).some((cell) => cell.querySelector("[data-waiting]"));
    const ready = rows.length > 0 && ![...rows].slice(0, 3).some(waits);
    return ready ? [...rows].slice(0, 3).map((one) => one.textContent).join("|") : null;
  };
  window.__after = (event) => {
    const old = shown();
    window.__took = new Promise((done) => {
      const begin = () => {
        const from = performance.now();
        const look = () => {
          const now = shown();
          if (now === null || now === old) requestAnimationFrame(look);
          else requestAnimationFrame(() => done(performance.now() - from));
        };
        requestAnimationFrame(look);
      };
      document.addEventListener(event, begin, { capture: true, once: true });
    });
  };
  window.__frames = async (ms, step) => {
    const found = [];
    const end = performance.now() + ms;
    let last = performance.now();
    while (last < end) {
      step(found.length);
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      found.push(now - last);
      last = now;
    }
    return found.slice(1);
  };
});

/** Time from an event of `act` to new rows. */
async function answered(event, act) {
  await page.evaluate((name) => window.__after(name), event);
  await act();
  return page.evaluate(() =>
    Promise.race([
      window.__took,
      new Promise((_, fail) => setTimeout(() => fail(new Error("no new rows within 20 s")), 20_000)),
    ]),
  );
}
const rows = () => page.locator('[role=grid][aria-label="Runs"] [role=rowgroup] [role=row]').first();

await page.goto(login);
await page.waitForSelector("h1");
await page.goto(LIST);
await rows().waitFor();

// the whole application with it, as a link in a mail opens it
const whole = [];
const costs = [];
for (let n = 0; n < rounds; n += 1) {
  await page.goto("about:blank");
  const before = await cpu();
  const from = performance.now();
  await page.goto(LIST, { waitUntil: "commit" });
  await rows().waitFor();
  whole.push(performance.now() - from);
  costs.push((await cpu()) - before);
}
row("first rows, the application started anew", quantile(whole, 0.5), quantile(whole, 0.95), null, `CPU ${quantile(costs, 0.5).toFixed(0)} ms`);

// from another page of the studio
const within = [];
const effort = [];
for (let n = 0; n < rounds; n += 1) {
  await page.goto(`${base}/w/default/models`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.waitForTimeout(500);
  const before = await cpu();
  within.push(
    await answered("click", () => page.getByRole("navigation").getByRole("link", { name: "Experiments" }).first().click()),
  );
  effort.push((await cpu()) - before);
}
row("first rows, from another page", quantile(within, 0.5), quantile(within, 0.95), FIRST_ROWS_MS, `CPU ${quantile(effort, 0.5).toFixed(0)} ms`);
if (shots) await page.screenshot({ path: `${shots}/list.png` });

const grid = page.getByRole("grid", { name: "Runs" });
await page.goto(`${LIST}?cols=name,state,m.m1,m.m2,m.m3,p.p1,p.p2,t.t1`);
await rows().waitFor();
const columns = ["m3", "m2", "p1", "t1", "p2"];
for (const column of columns) {
  const times = [];
  const button = grid.getByRole("columnheader").getByRole("button", { name: column, exact: true });
  for (let n = 0; n < rounds; n += 1) times.push(await answered("click", () => button.click()));
  row(`sort by ${column}`, quantile(times, 0.5), quantile(times, 0.95), ANSWER_MS);
}
await page.goto(LIST);
await rows().waitFor();

const search = page.getByRole("textbox", { name: "Search runs" });
const FILTERS = [
  ["a range of a metric", (n) => `metrics.m1 > 0.${n} AND metrics.m1 < 0.${n + 1}`],
  ["a param", (n) => `params.p1 = '${4 + 2 * n}'`],
  ["a metric, a param and a tag", (n) => `metrics.m1 > 0.2 AND params.p1 = '${4 + 2 * n}' AND tags.t2 LIKE 'value%'`],
  ["words of the name", (n) => `run-99${n}`],
];
for (const [name, text] of FILTERS) {
  const times = [];
  for (let n = 0; n < rounds; n += 1) {
    await search.fill(text(n));
    await page.waitForTimeout(250); // suggestions come
    times.push(await answered("keydown", () => search.press("Enter")));
  }
  row(`filter by ${name}`, quantile(times, 0.5), quantile(times, 0.95), ANSWER_MS);
}
if (shots) await page.screenshot({ path: `${shots}/filtered.png` });

for (const group of ["p.p1", "experiment"]) {
  const times = [];
  for (let n = 0; n < Math.min(rounds, 5); n += 1) {
    await page.goto(LIST);
    await rows().waitFor();
    await page.getByPlaceholder("Group by").click();
    const choice = page.getByRole("option", { name: group.replace(/^p\./, ""), exact: true });
    await choice.waitFor();
    times.push(await answered("click", () => choice.click()));
  }
  row(`group by ${group}`, quantile(times, 0.5), quantile(times, 0.95), ANSWER_MS);
}

/** Frames of a steady scroll by the wheel's amount, and of jumps to far places. */
async function scrolled(name, address, limit) {
  await page.goto(address);
  await rows().waitFor();
  await page.waitForTimeout(1000); // the count, and whatever else the page asks for at its start
  const said = await grid.getAttribute("aria-rowcount");
  const before = await heap();
  const used = await cpu();
  const frames = await page.evaluate(() => {
    const element = document.querySelector('[role=grid][aria-label="Runs"]');
    return window.__frames(4000, () => {
      element.scrollTop += 90;
    });
  });
  const cost = ((await cpu()) - used) / frames.length;
  const jumps = await page.evaluate(() => {
    const element = document.querySelector('[role=grid][aria-label="Runs"]');
    const height = element.scrollHeight;
    return window.__frames(4000, (n) => {
      if (n % 6 === 0) element.scrollTop = (height * ((n * 7919) % 1000)) / 1000;
    });
  });
  await page.evaluate(() => document.querySelector('[role=grid][aria-label="Runs"]').scrollTo({ top: 0 }));
  await rows().waitFor();
  await page.waitForTimeout(800);
  const grown = (await heap()) - before;
  row(`${name} (${Number(said) - 1} rows): frames`, quantile(frames, 0.5), quantile(frames, 0.95), null, `CPU ${cost.toFixed(1)} ms a frame`);
  row(`${name}: frames while jumping`, quantile(jumps, 0.5), quantile(jumps, 0.95), null, `heap ${before.toFixed(1)} ${grown >= 0 ? "+" : ""}${grown.toFixed(1)} MB`);
  if (limit && quantile(frames, 0.95) > limit) missed.push(`${name}: p95 frame`);
  if (grown > GROWTH_MB) missed.push(`${name}: heap`);
}
await scrolled("100 runs", `${LIST}?q=${encodeURIComponent("attributes.run_name LIKE 'run-999__'")}`, FRAME_MS);
await scrolled("10,000 runs", `${LIST}?q=${encodeURIComponent("attributes.run_name LIKE 'run-9____'")}`, FRAME_MS);
await scrolled("all runs", LIST, FRAME_MS);
if (shots) await page.screenshot({ path: `${shots}/scrolled.png` });
await browser.close();
console.log(missed.length > 0 ? `missed: ${missed.join(", ")}` : "every bar is met");
process.exitCode = missed.length > 0 ? 1 : 0;
