// Measures the compare page of a studio that `fill.py` filled: `node benchmarks/compare/look.mjs LOGIN-LINK IDS-FILE [--shots DIR]`
// Time to interactive (navigation to a table that answers a click), and frames while a brush is dragged.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { chromium } = createRequire(
  new URL("../../ui/package.json", import.meta.url),
)("playwright-core");

const args = process.argv.slice(2);
const at = args.indexOf("--shots");
const shots = at < 0 ? null : args.splice(at, 2)[1];
const [login, file] = args;
const ids = readFileSync(file, "utf8").trim().split("\n");
const base = new URL(login).origin;
if (shots) mkdirSync(shots, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.STUDIOLO_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu"],
});
const context = await browser.newContext({
  viewport: { width: 1440, height: 900 },
});
const page = await context.newPage();
page.on(
  "console",
  (m) =>
    ["error", "warning"].includes(m.type()) &&
    console.log("console:", m.text()),
);
page.on("pageerror", (e) => console.log("page error:", e.message));
await page.goto(login);
await page.waitForSelector("h1");

// CPU time of the page's main thread: other people's load on the machine does not count
const devtools = await context.newCDPSession(page);
await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
const cpu = async () => {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return 1000 * (metrics.find((one) => one.name === 'TaskDuration')?.value ?? 0);
};

const median = (all) =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const p95 = (all) =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length * 0.95)];
const row = (name, value) => console.log(`${name.padEnd(44)} ${value}`);

async function settled() {
  await page.waitForSelector("[role=grid] [role=gridcell]");
  // interactive: a click on the page is answered within the same frame or two
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => setTimeout(done))),
  );
}

async function opens(address, ready) {
  const times = [];
  const costs = [];
  for (let n = 0; n < 5; n += 1) {
    await page.goto("about:blank");
    const before = await cpu();
    const start = performance.now();
    await page.goto(address, { waitUntil: "commit" });
    await ready();
    times.push(performance.now() - start);
    costs.push((await cpu()) - before);
  }
  return `${Math.round(median(times))} ms (slowest ${Math.round(Math.max(...times))}), CPU ${Math.round(median(costs))} ms`;
}

const whole = `${base}/w/default/experiments/compare?runs=${ids.join(",")}`;
await page.goto(whole);
await page.waitForURL(/set=/);
const short = page.url();
row("runs", ids.length);
row("address", `${whole.length} characters, then ${short.length}`);
row("table interactive", await opens(short, settled));
if (shots) await page.screenshot({ path: `${shots}/table.png` });
const drawn = async () => {
  await page.waitForSelector("canvas");
  await page.waitForSelector("[role=grid] [role=row] >> nth=3");
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => setTimeout(done))),
  );
};
row(
  "parallel coordinates interactive",
  await opens(`${short}&tab=parallel`, drawn),
);
if (shots) await page.screenshot({ path: `${shots}/parallel.png` });

/** Frames while `act` goes on, as the page sees them. */
async function frames(act) {
  await page.evaluate(() => {
    window.__frames = [];
    let last = performance.now();
    const tick = (now) => {
      window.__frames.push(now - last);
      last = now;
      window.__watch = requestAnimationFrame(tick);
    };
    window.__watch = requestAnimationFrame(tick);
  });
  const before = await cpu();
  await act();
  const cost = (await cpu()) - before;
  const all = await page.evaluate(() => {
    cancelAnimationFrame(window.__watch);
    return window.__frames.slice(1);
  });
  return `p95 ${p95(all).toFixed(1)} ms, median ${median(all).toFixed(1)} (${all.length} frames, slowest ${Math.max(...all).toFixed(1)}), CPU ${(cost / all.length).toFixed(1)} ms a frame`;
}

const box = await page.locator("canvas").first().boundingBox();
const x = box.x + 60;
async function drag(steps) {
  await page.mouse.move(x, box.y + 60);
  await page.mouse.down();
  for (let n = 0; n < steps; n += 1) {
    await page.mouse.move(
      x,
      box.y + 60 + ((box.height - 90) * (1 + Math.sin(n / 12))) / 2,
    );
    await page.waitForTimeout(8);
  }
  await page.mouse.up();
}
row("frames while brushing", await frames(() => drag(240)));
if (shots) await page.screenshot({ path: `${shots}/brushed.png` });
row(
  "frames while moving over the lines",
  await frames(async () => {
    for (let n = 0; n < 150; n += 1) {
      await page.mouse.move(box.x + 100 + n * 6, box.y + 100 + (n % 40) * 4);
      await page.waitForTimeout(8);
    }
  }),
);

const curves = async () => {
  await page.waitForFunction(
    () => document.querySelectorAll(".u-over").length >= 4,
    null,
    { timeout: 60_000 },
  );
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => setTimeout(done))),
  );
};
row("four charts of 200 curves", await opens(`${short}&tab=curves`, curves));
await page.waitForTimeout(500);
if (shots) await page.screenshot({ path: `${shots}/curves.png` });
const chart = await page.locator(".u-over").first().boundingBox();
row(
  "frames while moving over curves",
  await frames(async () => {
    for (let n = 0; n < 150; n += 1) {
      await page.mouse.move(chart.x + 20 + n * 2, chart.y + 40 + (n % 50) * 2);
      await page.waitForTimeout(8);
    }
  }),
);
if (shots) await page.screenshot({ path: `${shots}/hover.png` });
await page.goto(`${short}&tab=table`);
await settled();
row(
  "frames while scrolling the table",
  await frames(async () => {
    const grid = await page.locator("[role=grid]").boundingBox();
    await page.mouse.move(grid.x + 500, grid.y + 200);
    for (let n = 0; n < 120; n += 1) {
      await page.mouse.wheel(n % 2 ? 90 : 0, n % 2 ? 0 : 60);
      await page.waitForTimeout(8);
    }
  }),
);
await browser.close();
