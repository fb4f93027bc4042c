// Measures what docs/page.md states: first paint, answers at 200 requests a second, panning a year of minutes.
//   node web/test/measure.mjs paint|load|pan TAPE [SERVE OPTIONS]
import { asked, browse, serve } from "./serving.mjs";

const [what, tape, ...options] = process.argv.slice(2);
const server = await serve("--tape", tape, ...options);
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
const line = (name, list) => {
  const s = [...list].sort((a, b) => a - b);
  console.log(`${name}: median ${quantile(s, 0.5).toFixed(1)} ms, 99 % ${quantile(s, 0.99).toFixed(1)} ms, most ${s.at(-1).toFixed(1)} ms of ${s.length}`);
};

async function load() {
  await asked(server.url, "/api/v1/readings");
  const paths = ["readings", "status", "readings?asset=ETH", "series", "chain", "pending", "health", "gaps", "history", "verdict"].map((p) => "/api/v1/" + p);
  for (const p of paths) await asked(server.url, p);
  const rate = 200, seconds = 20, took = [], metrics = [], waiting = [];
  const begin = performance.now();
  for (let i = 0; i < rate * seconds; ++i) {
    const due = begin + (i * 1000) / rate;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((go) => setTimeout(go, wait));
    const path = i % 100 === 50 ? "/metrics" : paths[i % paths.length];
    const sent = performance.now();
    waiting.push(fetch(server.url + path).then(async (a) => {
      await a.arrayBuffer();
      (path === "/metrics" ? metrics : took).push(performance.now() - sent);
      if (a.status !== 200) console.log(path, a.status);
    }));
  }
  await Promise.all(waiting);
  line(`answers at ${rate}/s`, took);
  line("/metrics", metrics);
}

async function paint() {
  const browser = await browse(), first = [], drawn = [], work = [];
  for (let i = 0; i < 7; ++i) {
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    await page.goto(server.url);
    await page.waitForFunction(() => performance.getEntriesByName("readings-drawn").length > 0);
    work.push((await session.send("Performance.getMetrics")).metrics.find((m) => m.name === "TaskDuration").value * 1000);
    const [fcp, done] = await page.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN, performance.getEntriesByName("readings-drawn")[0].startTime]);
    first.push(fcp), drawn.push(done);
    await page.close();
  }
  line("first contentful paint", first);
  line("readings and price drawn", drawn);
  line("processor time of the page's thread until then", work);
  await browser.close();
}

// A year of minutes through the page's own chart: how long a frame takes while it is dragged.
async function pan() {
  const browser = await browse();
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.route("**/api/v1/series*", (route) => {
    const n = 500_000, t = [], close = [];
    for (let i = 0; i < n; ++i) t.push(1735689600 + 60 * i), close.push(90000 + 8000 * Math.sin(i / 40000) + 300 * Math.sin(i / 37));
    route.fulfill({ json: { asset: "BTC", as_of: "2026-01-01T00:00:00Z", span_s: 60, waves: [], liquidations: [], prices: [{ venue: "made", symbol: "BTC", name: "BTC", kind: "linear", from: "trades", span_s: 60, t, open: close, high: close, low: close, close, coins: t.map(() => 0) }] } });
  });
  await page.goto(server.url);
  await page.waitForFunction(() => document.getElementById("busy").hidden, null, { timeout: 120_000 });
  const box = await page.locator("#price .chart").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 100);
  for (let i = 0; i < 25; ++i) await page.mouse.wheel(0, -200), await page.waitForTimeout(20);
  await page.evaluate(() => {
    const frames = (window.frames_ = []);
    let last = performance.now();
    const next = (now) => (frames.push(now - last), (last = now), requestAnimationFrame(next));
    requestAnimationFrame(next);
  });
  await page.mouse.down();
  for (let i = 0; i < 120; ++i) await page.mouse.move(box.x + box.width / 2 + 300 * Math.sin(i / 15), box.y + 100), await page.waitForTimeout(16);
  await page.mouse.up();
  line("a frame while panning 500,000 minutes", (await page.evaluate(() => window.frames_)).slice(2));
  await browser.close();
}

await { load, paint, pan }[what]();
await server.close();
