// Follows a pipeline on its page while it runs: `node benchmarks/pipelines/page.mjs LOGIN-LINK SPEC [--shots DIR]`
// Scrolls the graph up and down until all steps are done, and writes down each frame, and how long after the server had counted a
// step the page said so.
import { mkdirSync, readFileSync } from "node:fs";
import { launch } from "../../ui/e2e/browser.mjs";

const args = process.argv.slice(2);
const option = (name, usual) => {
  const at = args.indexOf(name);
  return at < 0 ? usual : args.splice(at, 2)[1];
};
const shots = option("--shots");
const [login, spec] = args;
const FRAME_MS = 33;
if (shots) mkdirSync(shots, { recursive: true });

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
const page = await context.newPage();
page.setDefaultTimeout(120_000);
page.on("pageerror", (e) => console.log("page error:", e.message));
const devtools = await context.newCDPSession(page);
await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
const read = async () =>
  Object.fromEntries((await devtools.send("Performance.getMetrics")).metrics.map((one) => [one.name, one.value]));
const heap = async () => {
  await devtools.send("HeapProfiler.collectGarbage");
  return (await read()).JSHeapUsedSize / 1e6;
};
const quantile = (all, q) => [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.floor(all.length * q))];

await page.goto(login);
await page.waitForSelector("h1");
const runs = `${new URL(login).origin}/w/default/api/pipelines/runs`;
const asked = await context.request.post(runs, {
  data: JSON.parse(readFileSync(spec, "utf8")),
  headers: { Origin: new URL(login).origin },
});
if (!asked.ok()) throw new Error(await asked.text());
const { id } = (await asked.json()).run;
await page.goto(`${new URL(login).origin}/w/default/pipelines/${id}?fold=each`);
await page.getByText(/ of 500 steps done/).waitFor();
const region = page.getByRole("region", { name: /^Graph of the steps/ });
await region.waitFor();

const [held, before, began] = [await heap(), await read(), Date.now()];
await region.evaluate((element) => {
  const kept = { frames: [], stop: false };
  window.__kept = kept;
  let last = performance.now();
  let step = 24;
  const frame = (now) => {
    kept.frames.push(now - last);
    last = now;
    const end = element.scrollHeight - element.clientHeight;
    if (element.scrollTop + step >= end || element.scrollTop + step <= 0) step = -step;
    element.scrollTop += step;
    if (!kept.stop) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
});
const shown = () => page.evaluate(() => Number(/([\d,]+) of 500 steps done/.exec(document.body.textContent)[1]));
const delays = [];
for (let over = false; !over; ) {
  const { run, counts } = await (await context.request.get(`${runs}/${id}`)).json();
  const known = counts.total - counts.waiting - counts.running;
  const from = performance.now();
  while ((await shown()) < known && performance.now() - from < 30_000) await page.waitForTimeout(20);
  delays.push(performance.now() - from);
  over = ["Completed", "Failed", "Canceled"].includes(run.state);
  if (shots && delays.length === 20) await page.screenshot({ path: `${shots}/running.png` });
  await page.waitForTimeout(300);
}
const seconds = (Date.now() - began) / 1000;
const frames = await page.evaluate(() => {
  window.__kept.stop = true;
  return window.__kept.frames;
});
const after = await read();
const grown = (await heap()) - held;
if (shots) await page.screenshot({ path: `${shots}/over.png` });
await browser.close();
const p95 = quantile(frames, 0.95);
const cost = (1000 * (after.TaskDuration - before.TaskDuration)) / frames.length;
console.log(
  `500 steps in ${seconds.toFixed(0)} s, ${frames.length} frames: p50 ${quantile(frames, 0.5).toFixed(1)}, p95 ${p95.toFixed(1)} ms (bar ${FRAME_MS}), ` +
    `slowest ${Math.max(...frames).toFixed(0)}, CPU ${cost.toFixed(1)} ms a frame; the page is behind the server by p50 ${quantile(delays, 0.5).toFixed(0)}, ` +
    `p95 ${quantile(delays, 0.95).toFixed(0)} ms; heap ${held.toFixed(1)} ${grown < 0 ? "" : "+"}${grown.toFixed(1)} MB`,
);
process.exitCode = p95 > FRAME_MS ? 1 : 0;
