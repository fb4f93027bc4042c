// Goal: the page as somebody uses it: it opens on the made day, time moves, a card opens, what it shows
// is what the API and `delever brief` say, and nothing is wrong with it for who cannot see or point.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { asked, brief, browse, missing, PROGRAM, ROOT, serve } from "./serving.mjs";

const why = missing();
const TAPE = "samples/day.tape";
const CLAIMS = "episodes/2026-01-30/claims.csv";
const NAMES = ["price_usd", "oi_change_24h_coins", "liq_total_usd_24h", "liq_long_share", "realized_vol_24h"];

describe("the page", { skip: why ?? false, timeout: 560_000 }, () => {
  let server, browser;
  before(async () => {
    server = await serve("--tape", TAPE, "--claims", CLAIMS);
    browser = await browse();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  // A page whose every complaint is a failure.
  async function open(hash = "", size = { width: 1400, height: 900 }, url = server.url) {
    const context = await browser.newContext({ viewport: size, timezoneId: "America/New_York" });
    const page = await context.newPage();
    const faults = [];
    page.on("console", (m) => m.type() === "error" && faults.push(m.text()));
    page.on("pageerror", (e) => faults.push(String(e)));
    page.on("requestfailed", (r) => r.failure()?.errorText !== "net::ERR_ABORTED" && faults.push(r.url()));
    await page.goto(url + "/" + hash);
    await page.waitForSelector(".tile[data-name=price_usd]");
    return { page, faults, close: () => context.close() };
  }
  const settled = (page) => page.waitForFunction(() => document.getElementById("busy").hidden, null, { timeout: 60_000 });
  const value = (page, name) => page.locator(`.tile[data-name=${name}]`).getAttribute("data-value");

  test("opens on the made day without a complaint, and asks nobody else", async () => {
    const { page, faults, close } = await open();
    const elsewhere = [];
    page.on("request", (r) => r.url().startsWith(server.url) || r.url().startsWith("data:") || r.url().startsWith("blob:") || elsewhere.push(r.url()));
    await settled(page);
    assert.equal(await page.locator("#asset-none").count(), 0);
    for (const id of ["verdict", "interest", "price", "share", "funding", "levels", "stress", "strikes", "hedge", "smile", "term", "claims", "readings", "pending", "health"]) assert.equal(await page.locator(`section#${id}`).count(), 1, id);
    assert.ok((await page.locator("#price canvas").count()) > 0);
    assert.ok((await page.locator("#interest canvas").count()) > 0);
    assert.match(await page.locator("#known").textContent(), /2026-01-06 00:00:00 UTC/);
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(faults, []);
    await close();
  });

  // The made day is of BTC alone: this is the first hour of a market of both coins.
  test("a number on the page is the API's and brief's, at ten times, BTC and ETH", async () => {
    const folder = mkdtempSync(join(tmpdir(), "delever-coins-")), scenario = join(folder, "market.toml"), tape = join(folder, "both.tape");
    const market = readFileSync(join(ROOT, "scenarios/rehearsal.toml"), "utf8");
    writeFileSync(scenario, market.replaceAll("2026-02-03T00:00:00Z", "2026-02-02T00:55:00Z"));
    const made = spawnSync(PROGRAM, ["simulate", scenario, "--seed", "1", "--out", tape], { cwd: ROOT });
    assert.equal(made.status, 0, String(made.stderr));
    const own = await serve("--tape", tape, "--claims", CLAIMS);
    const times = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n) => Date.UTC(2026, 1, 2, 0, 5 * n));
    for (const asset of ["BTC", "ETH"]) await same_numbers(asset, own.url, tape, times);
    await own.close();
    rmSync(folder, { recursive: true });
  });

  async function same_numbers(asset, url, tape, times) {
    const { page, faults, close } = await open("", undefined, url);
    for (const time of times) {
      const at = new Date(time).toISOString().replace(".000", "");
      await page.goto("about:blank");
      await page.goto(`${url}/#asset=${asset}&at=${at}`);
      await page.waitForFunction(([a, t]) => document.body.dataset.asset === a && document.body.dataset.asOf === t, [asset, at]);
      const api = await asked(url, `/api/v1/readings?asset=${asset}&at=${at}`);
      const said = brief("--tape", tape, "--asset", asset, "--at", at, "--claims", CLAIMS);
      assert.deepEqual(api.readings, said.readings);
      assert.equal(typeof said.readings.price_usd.value, "number", `a price of ${asset} at ${at}`);
      for (const name of NAMES) {
        const one = [said.readings[name]].flat().find((r) => !r.venue && !r.expiry);
        assert.equal(await value(page, name), one.value === null ? "" : String(one.value), `${name} of ${asset} at ${at}`);
      }
    }
    assert.deepEqual(faults, []);
    await close();
  }

  test("the slider moves time, by pointer and by keys, and a link restores it", async () => {
    const { page, faults, close } = await open();
    await page.waitForFunction(() => Number(document.getElementById("time").max) > 10);
    const latest = await value(page, "price_usd");
    await page.locator("#time").focus();
    await page.keyboard.press("Home");
    await page.waitForFunction(() => document.body.dataset.asOf < "2026-01-05T02");
    for (let i = 0; i < 5; ++i) await page.keyboard.press("]");
    await settled(page);
    const early = await value(page, "price_usd");
    assert.notEqual(early, latest);
    assert.match(await page.locator("#known").textContent(), /^Known at 2026-01-05 0/);
    const link = page.url();
    const other = await open(link.slice(link.indexOf("#")));
    await settled(other.page);
    assert.equal(await value(other.page, "price_usd"), early);
    await other.close();
    await page.keyboard.press("End");
    await page.waitForFunction(() => document.body.dataset.asOf.startsWith("2026-01-06T00"));
    assert.deepEqual(faults, []);
    await close();
  });

  test("a number opens its card, and Escape closes it", async () => {
    const { page, faults, close } = await open();
    await settled(page);
    await page.locator(".tile[data-name=liq_total_usd_24h]").focus();
    await page.keyboard.press("Enter");
    const card = page.locator("dialog[open]");
    await card.waitFor();
    const text = await card.textContent();
    const reading = [(await asked(server.url, "/api/v1/readings")).readings.liq_total_usd_24h].flat()[0];
    for (const part of [reading.rule, ...reading.sources, reading.name, "interval", "as of", "sources"]) assert.ok(text.includes(part), part);
    assert.match(page.url(), /card=liq_total_usd_24h/);
    await page.keyboard.press("Escape");
    await page.locator("dialog[open]").waitFor({ state: "detached" }).catch(() => {});
    assert.equal(await page.locator("dialog[open]").count(), 0);
    assert.deepEqual(faults, []);
    await close();
  });

  // The record among them: one of later would tell what was not known yet.
  test("every question of a page at a time is of that time", async () => {
    const at = "2026-01-05T12:00:00Z";
    const { page, faults, close } = await open();
    await settled(page);
    const other = [];
    page.on("request", (r) => {
      const url = new URL(r.url()), what = url.pathname.replace("/api/v1/", "");
      if (url.pathname.startsWith("/api/v1/") && !["status", "meanings", "track", "events"].includes(what)) other.push([what, url.searchParams.get("at")]);
    });
    await page.goto("about:blank");
    await page.goto(`${server.url}/#at=${at}`);
    await page.waitForFunction((t) => document.body.dataset.asOf === t, at);
    await settled(page);
    assert.ok(other.some(([what]) => what === "record"));
    assert.deepEqual(other.filter(([, time]) => time !== at), []);
    assert.deepEqual(faults, []);
    await close();
  });

  test("the numbers of one coin are not shown under the name of another", async () => {
    const { page, faults, close } = await open("#asset=ETH");
    await settled(page);
    let go = () => {};
    const held = new Promise((done) => (go = done));
    await page.route("**/api/v1/*asset=BTC*", async (route) => (await held, route.continue()));
    await page.locator("#assets button", { hasText: "BTC" }).click();
    const seen = () => page.evaluate(() => ["#price .panel-body", "#verdict .panel-body", "#interest .panel-body", ".tile .tile-value"].map((s) => getComputedStyle(document.querySelector(s)).visibility));
    assert.deepEqual(await seen(), ["hidden", "hidden", "hidden", "hidden"]);
    go();
    await settled(page);
    assert.deepEqual(await seen(), ["visible", "visible", "visible", "visible"]);
    assert.equal(await page.locator("[data-old]").count(), 0);
    assert.deepEqual(faults, []);
    await close();
  });

  test("a coin that the tape does not know stands there, and nothing is drawn of it", async () => {
    const { page, faults, close } = await open("#asset=SOL");
    await settled(page);
    assert.equal(await page.locator("#assets select").inputValue(), "SOL");
    assert.match(await page.locator("#price .unknown").textContent(), /No price of SOL/);
    assert.equal(await page.locator("#price .chart").isVisible(), false);
    assert.doesNotMatch(await page.locator("#price .note").textContent(), /no wave/);
    assert.deepEqual(faults, []);
    await close();
  });

  test("what the tapes cannot tell is said in each panel, and no empty list stands for it", async () => {
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
    const page = await context.newPage(), faults = [];
    page.on("pageerror", (e) => faults.push(String(e)));
    await page.route(/\/api\/v1\/(readings|verdict|claims|pending|chain|series|history|track|levels|stress|gaps|health|record)/, (route) => route.fulfill({ json: { unknown: { what: "the tape holds no event", where: "a.tape" } } }));
    await page.goto(server.url);
    await page.waitForSelector(".tiles .unknown");
    await settled(page);
    for (const id of ["verdict", "interest", "price", "share", "funding", "levels", "stress", "strikes", "hedge", "smile", "term", "claims", "readings", "pending", "health"]) {
      assert.equal(await page.locator(`#${id} .panel-body`).evaluate((body) => body.innerText.trim()), "the tape holds no event", id);
      assert.equal(await page.locator(`#${id} .chart:visible`).count(), 0, id);
    }
    assert.deepEqual(faults, []);
    await context.close();
  });

  // Trades of one venue for twelve hours, of which five are missing: nothing is known of waves, and
  // the line does not lead over the hole, which is as long as it was.
  test("a hole in the prices is a hole, and no liquidations are not 0", async () => {
    const folder = mkdtempSync(join(tmpdir(), "delever-gap-")), csv = join(folder, "t.csv"), tape = join(folder, "t.tape");
    const rows = ["exchange,symbol,timestamp,local_timestamp,id,side,price,amount"];
    for (let minute = 0; minute < 720; ++minute) {
      const at = 1767614400000000 + minute * 60e6;
      if (minute < 120 || minute >= 420) rows.push(`binance-futures,BTCUSDT,${at},${at},${minute},buy,${(90000 + (minute % 7)).toFixed(1)},0.010`);
    }
    writeFileSync(csv, rows.join("\n") + "\n");
    const made = spawnSync(PROGRAM, ["import", "csv", "--map", "maps/tardis-trades.toml", csv, "--out", tape], { cwd: ROOT });
    assert.equal(made.status, 0, String(made.stderr));
    const own = await serve("--tape", tape);
    const { page, faults, close } = await open("", { width: 1400, height: 900 }, own.url);
    await settled(page);
    assert.match(await page.locator("#price .note").textContent(), /waves are not known/);
    await page.locator("#price button[aria-controls=price-table]").click();
    assert.equal(await page.locator("#price-table tbody tr").count(), 420);
    assert.deepEqual(await page.locator("#price-table tbody tr").first().locator("td").evaluateAll((cells) => cells.slice(-2).map((c) => c.textContent)), ["–", "–"]);
    // Of each column of pixels: whether the line's colour is in it.
    const drawn = await page.evaluate(() => {
      const canvas = document.querySelector("#price .chart canvas"), brush = canvas.getContext("2d");
      const { width, height, data } = brush.getImageData(0, 0, canvas.width, Math.floor(canvas.height * 0.98));
      return Array.from({ length: width }, (_, x) => Array.from({ length: height }, (_, y) => 4 * (y * width + x)).some((i) => data[i + 3] > 100 && data[i] < 90 && data[i + 1] < 90 && data[i + 2] < 100));
    });
    const share = (from, to) => drawn.slice(Math.ceil(from * drawn.length), Math.floor(to * drawn.length)).filter(Boolean).length / ((to - from) * drawn.length);
    assert.ok(share(0.02, 0.14) > 0.9, `before: ${share(0.02, 0.14)}`);
    assert.equal(share(0.19, 0.55), 0);
    assert.ok(share(0.62, 0.95) > 0.9, `after: ${share(0.62, 0.95)}`);
    assert.deepEqual(faults, []);
    await close();
    await own.close();
    rmSync(folder, { recursive: true });
  });

  test("every chart is a table and a CSV as well", async () => {
    const { page, close } = await open();
    await settled(page);
    for (const id of ["price", "interest", "funding", "strikes"]) {
      await page.locator(`#${id} button[aria-controls=${id}-table]`).click();
      assert.ok((await page.locator(`#${id}-table tbody tr`).count()) > 1, id);
      const saving = page.waitForEvent("download");
      await page.locator(`#${id} .tools button`, { hasText: "CSV" }).click();
      const csv = readFileSync(await (await saving).path(), "utf8");
      assert.ok(csv.split("\n").length > 3, id);
    }
    await close();
  });

  test("nothing is wider than a phone, and fingers find what they press", async () => {
    const { page, faults, close } = await open("", { width: 390, height: 844 });
    await settled(page);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    const small = await page.evaluate(() => [...document.querySelectorAll("button:not(.number), select")].filter((b) => b.offsetParent && b.getBoundingClientRect().height < 24).map((b) => b.outerHTML.slice(0, 80)));
    assert.deepEqual(small, []);
    assert.deepEqual(faults, []);
    await close();
  });

  for (const theme of ["light", "dark"]) {
    test(`axe finds no serious fault, ${theme}`, async () => {
      const { page, close } = await open(`#theme=${theme}`);
      await settled(page);
      const axe = readFileSync(join(ROOT, "web/node_modules/axe-core/axe.min.js"), "utf8");
      for (const card of [false, true]) {
        if (card) await page.locator(".tile[data-name=price_usd]").click();
        // By the debugger, for the page's own policy lets no script in.
        await page.evaluate(axe);
        const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        const serious = found.violations.filter((v) => ["serious", "critical"].includes(v.impact));
        assert.deepEqual(serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`), []);
      }
      await close();
    });
  }
});
