// The page: what is asked, in which order it is drawn, and the keys.
import "./style.css";
import { ApiError, ask, listen, takeToken } from "./api";
import { Cards, flat, keyOf, stateBadge, whole } from "./cards";
import { colours, isDark } from "./colours";
import { byId, el, toast } from "./dom";
import { Chart, loadLibrary } from "./draw";
import { clock, dayName, duration, label, percent, price as dollars, shortNumber, shown, utc } from "./format";
import * as options from "./option_charts";
import { Panel, Rows } from "./panel";
import { PriceChart } from "./price_chart";
import { hashOf, readView, View, writeView } from "./state";
import * as time from "./time_charts";
import type { Chain, Claims, Gaps, Health, History, Levels, Meanings, Pending, Reading, Readings, Record_, Series, Status, Stress, Stream, Track, Unknown, VerdictAnswer } from "./types";
import { claimRows, verdictRows, verdictView } from "./verdict";

const { view, hash } = readView();
takeToken(hash);
writeView(view);

let status: Status;
let track: Track | null = null; // of the whole tape: the slider's positions and the series over time
let round = new AbortController();
let asked = 0;
const cards = new Cards((key) => keep({ card: key }));

const panels = {
  verdict: new Panel("verdict", "Verdict", "did the flush clear the leverage?"),
  interest: new Panel("interest", "Open interest", "perpetuals; the day's change first; cut where a venue joins or leaves the sum"),
  price: new Panel("price", "Price, waves and liquidations", "USD", true),
  share: new Panel("share", "Long share and oscillator", "liquidations of 24 h"),
  funding: new Panel("funding", "Funding by venue", "a year, simple"),
  levels: new Panel("levels", "Liquidation levels", "inferred from the tape"),
  stress: new Panel("stress", "The next wave", "what a move would close"),
  strikes: new Panel("strikes", "Open interest by strike", ""),
  hedge: new Panel("hedge", "Hedging curve", "coins that hedgers buy over a move"),
  smile: new Panel("smile", "Smile", "implied volatility by strike"),
  term: new Panel("term", "Term structure", "at the money, by expiry"),
  claims: new Panel("claims", "Published claims", "", true),
  readings: new Panel("readings", "All readings", "", true),
  pending: new Panel("pending", "Pending", "and what is missing"),
  health: new Panel("health", "Feed health", "lag, silence, gaps"),
};
const tiles = el("div", { class: "tiles", role: "group", "aria-label": "Main readings" });

const hooks = { hover: (t: number | null) => linked(t, null) };
const price = new PriceChart(panels.price.body, (t) => linked(t, "price"), (from, to) => zoomed(from, to));
const figures = { interest: el("div", { class: "figures" }), share: el("div", { class: "figures" }), funding: el("div", { class: "figures" }) };
panels.interest.body.append(figures.interest);
panels.share.body.append(figures.share);
panels.funding.body.append(figures.funding);
const interestChart = new Chart(panels.interest.body, "Open interest over time", "", hooks);
const shareChart = new Chart(panels.share.body, "Long share and oscillator over time", "", hooks);
const daysHead = el("h3", {}, "Past days, sorted by their oscillator");
panels.share.body.append(daysHead);
const daysChart = new Chart(panels.share.body, "Oscillator of past days", "low");
const fundingChart = new Chart(panels.funding.body, "Funding over time, by venue", "", hooks);
const fundingTable = el("div", {});
panels.funding.body.append(fundingTable);
const timeCharts = [interestChart, shareChart, fundingChart];
const charts = {
  levels: new Chart(panels.levels.body, "Liquidation levels by price", "tall"),
  strikes: new Chart(panels.strikes.body, "Open interest by strike", ""),
  hedge: new Chart(panels.hedge.body, "Hedging flow by move", ""),
  smile: new Chart(panels.smile.body, "Implied volatility by strike", ""),
  term: new Chart(panels.term.body, "At-the-money volatility by expiry", ""),
};
const notes = new Map<Panel, HTMLElement>();

let linking = false;
function linked(t: number | null, from: "price" | null): void {
  if (linking) return;
  linking = true;
  if (from !== "price") price.hover(t);
  for (const chart of timeCharts) chart.hover(t);
  linking = false;
}
let zooming = 0;
function zoomed(from: number, to: number): void {
  window.clearTimeout(zooming);
  zooming = window.setTimeout(() => {
    for (const chart of timeCharts) chart.zoom(from, to);
    const first = status?.first ? Date.parse(status.first) / 1000 : from, last = status?.last ? Date.parse(status.last) / 1000 : to;
    const whole = from <= first + 120 && to >= last - 3600;
    keep(whole ? { from: "", to: "" } : { from: String(Math.round(from)), to: String(Math.round(to)) });
  }, 150);
}

function keep(change: Partial<View>): void {
  Object.assign(view, change);
  writeView(view);
}

// Puts a sentence where a chart would be, or takes it away.
function unknown(panel: Panel, chart: { area: HTMLElement } | null, why: string | null): void {
  let box = notes.get(panel);
  if (!box) {
    box = el("p", { class: "unknown" });
    notes.set(panel, box);
  }
  if (box.parentNode !== panel.body) panel.body.append(box);
  box.hidden = why === null;
  box.textContent = why ?? "";
  if (chart) chart.area.hidden = why !== null;
}

const failed = new Set<Panel>();

// From a move of time or coin on, until each panel's answer has come: what is drawn is not of what is named.
function old(of: "time" | "coin"): void {
  tiles.dataset.old = of;
  for (const panel of Object.values(panels)) panel.old(of);
}

// One question into one panel; what fails says so in its place and harms nothing else.
// `others`: panels that the same answer draws.
async function fill<T extends Unknown>(panel: Panel, what: string, parameters: Record<string, string | undefined>, draw: (answer: T) => void, others: Panel[] = []): Promise<void> {
  const mine = round;
  busy(1);
  try {
    const answer = await ask<T>(what, parameters, mine.signal);
    if (mine.signal.aborted) return;
    const all = [panel, ...others], what_not = answer.unknown?.what ?? null;
    for (const one of all) {
      // A panel of which nothing is known says why, and nothing else: no list that is empty, no axes without a line.
      if (what_not !== null || one.blank || failed.delete(one)) unknown(one, null, what_not);
      one.blank = what_not !== null;
      if (one.blank) one.setRows(null), one.say("");
      one.old(null);
    }
    if (what_not === null || panel === panels.readings) draw(answer);
  } catch (error) {
    if (mine.signal.aborted) return;
    failed.add(panel);
    unknown(panel, null, error instanceof Error ? `Not answered: ${error.message}` : "Not answered");
    for (const one of [panel, ...others]) one.old(null);
  } finally {
    busy(-1);
  }
}
function busy(change: number): void {
  asked += change;
  byId("busy").hidden = asked === 0;
}

const HEAD_TILES = ["price_usd", "oi_change_24h_coins", "liq_total_usd_24h", "liq_long_share", "liq_dominance_osc", "funding_annual_oi_weighted", "basis_annual", "realized_vol_24h", "vol_index_30d", "options_put_call"];

let oscillator: number | null = null; // of the 24 hours up to what is shown

function drawReadings(readings: Readings): void {
  oscillator = readings.unknown ? null : (whole(readings, "liq_dominance_osc")?.value ?? null);
  const at = view.at;
  delete tiles.dataset.old;
  cards.set(readings, track, at);
  if (readings.unknown) {
    tiles.replaceChildren(el("p", { class: "unknown" }, readings.unknown.what));
    return;
  }
  tiles.replaceChildren(...HEAD_TILES.map((name) => cards.tile(name)));
  const figure = (name: string, text = label(name)) => {
    const r = whole(readings, name);
    return el("div", { class: "figure" }, el("span", {}, text), cards.number(r, name), r ? stateBadge(r.state) : null, why(r));
  };
  const why = (r?: Reading) => (r?.value === null && r.reason ? el("span", { class: "soft reason" }, r.reason) : null);
  const change = whole(readings, "oi_change_24h_coins"), coins = whole(readings, "oi_coins");
  const relative = change?.value != null && coins?.value != null && coins.value - change.value > 0 ? change.value / (coins.value - change.value) : null;
  figures.interest.replaceChildren(
    el("div", { class: "figure" }, el("span", {}, "Change of 24 h, coins"), el("span", {}, cards.number(change, "oi_change_24h_coins"), relative === null ? "" : ` (${percent(relative)})`), change ? stateBadge(change.state) : null),
    figure("oi_change_24h_usd", "Change of 24 h, dollars"), figure("oi_coins", "Coins"), figure("oi_usd", "Dollars"));
  panels.interest.say(change?.value == null && change ? `The day's change is not known: ${change.reason}` : "");
  figures.share.replaceChildren(figure("liq_long_share"), figure("liq_dominance_osc"), figure("liq_dominance_osc_ma30"), figure("liq_dominance_osc_percentile"));
  figures.funding.replaceChildren(figure("funding_annual_oi_weighted", "Weighted by open interest"));
  const all = flat(readings);
  panels.readings.body.replaceChildren(
    el("div", {}, Rows.of(
      [
        { name: "reading", cell: (r: Reading) => [label(r.name), r.venue, r.expiry].filter(Boolean).join(", ") },
        { name: "value", number: true, cell: (r) => cards.number(r, r.name) },
        { name: "state", cell: (r) => stateBadge(r.state) },
        { name: "as of", cell: (r) => utc(r.as_of) },
        { name: "sources", cell: (r) => r.sources.join(", ") || r.reason },
      ], all).element("All readings")));
  panels.readings.setRows(Rows.of(
    [
      { name: "name", cell: (r: Reading) => r.name }, { name: "venue", cell: (r) => r.venue ?? "" }, { name: "expiry", cell: (r) => r.expiry ?? "" },
      { name: "value", cell: (r) => shown(r.value, r.unit, r.asset), text: (r) => r.value }, { name: "low", cell: (r) => String(r.low ?? ""), text: (r) => r.low },
      { name: "high", cell: (r) => String(r.high ?? ""), text: (r) => r.high }, { name: "unit", cell: (r) => r.unit }, { name: "state", cell: (r) => r.state },
      { name: "as_of", cell: (r) => r.as_of ?? "" }, { name: "sources", cell: (r) => r.sources.join(" ") }, { name: "reason", cell: (r) => r.reason }, { name: "rule", cell: (r) => r.rule },
    ], all));
  panels.readings.say([...readings.notes, readings.remarks].filter(Boolean).join(" "));
  document.body.dataset.asOf = readings.as_of;
  document.body.dataset.asset = readings.asset;
  if (view.card) cards.open(view.card);
}

function drawTrack(): void {
  if (!track || track.unknown) return;
  const until = view.at ? Date.parse(view.at) / 1000 : Infinity;
  const known = time.clipped(track, until), asset = track.asset;
  const c = colours();
  const line = (name: string, text: string, colour: string, more: Partial<time.Line> = {}): time.Line[] => {
    const series = time.find(known, name);
    return series ? [{ name: text, unit: series.unit, colour, series, ...more }] : [];
  };
  const interest = (k: typeof c) => [...line("oi_coins", `${asset} (left)`, k.long, { band: true, cuts: time.joinsAndLeaves(known, "oi_coins") }), ...line("oi_usd", "dollars (right)", k.short, { axis: 1, dashed: true, cuts: time.joinsAndLeaves(known, "oi_usd") })];
  interestChart.set((k) => time.timeChart(known, interest(k), [{ format: time.axisCoins }, { format: time.axisMoney }], asset)(k));
  panels.interest.setRows(time.trackRows(known, [...known.series.filter((s) => s.expiry === null && ["oi_change_24h_coins", "oi_coins", "oi_usd"].includes(s.name))]));
  const share = (k: typeof c) => [...line("liq_long_share", "long share", k.long, { band: true }), ...line("liq_dominance_osc", "oscillator", k.short), ...line("liq_long_share_ma30", "long share, 30-day mean", k.text, { dashed: true, mean: true }), ...line("liq_dominance_osc_ma30", "oscillator, 30-day mean", k.text, { mean: true })];
  shareChart.set((k) => time.timeChart(known, share(k), [{ format: time.axisPercent, min: -1, max: 1 }], asset)(k));
  const venues = time.byVenue(known, "funding_annual");
  fundingChart.set((k) => time.timeChart(known, [...venues.map((s, i) => ({ name: s.venue ?? "", unit: s.unit, colour: k.series[i % k.series.length], series: s })), ...line("funding_annual_oi_weighted", "weighted", k.text, { dashed: true })], [{ format: time.axisPercent }], asset)(k));
  const dead = (name: string) => known.series.filter((s) => s.name === name).every((s) => s.value.every((v) => v === null));
  unknown(panels.interest, interestChart, dead("oi_coins") ? "Open interest is not known at any time up to here." : null);
  unknown(panels.share, shareChart, dead("liq_long_share") ? "No long share is known at any time up to here." : null);
  unknown(panels.funding, fundingChart, dead("funding_annual") ? "No funding is known at any time up to here." : null);
}

function drawSeries(series: Series): void {
  price.paint();
  price.set(series);
  price.fit(view.from, view.to);
  const when = (from: number, to: number) => `${dayName(from)} ${clock(from)} to ${dayName(from) === dayName(to) ? "" : `${dayName(to)} `}${clock(to)} UTC`;
  const waves = series.waves.map((w, i) => `wave ${i + 1}: ${when(Date.parse(w.from) / 1000, Date.parse(w.to) / 1000)}, longs $${shortNumber(w.long_usd, 3)}, shorts $${shortNumber(w.short_usd, 3)}${w.price_from && w.price_to ? `, price ${percent(w.price_to / w.price_from - 1)}` : ""}`);
  const missing = series.left_out.length ? ` Left out: ${series.left_out.join("; ")}.` : "";
  // Without a single liquidation on the tape nobody knows whether there was a wave.
  const heard = series.liquidations.some((v) => v.t.length > 0);
  panels.price.say((!heard ? "No single liquidation is on the tape up to here: waves are not known." : waves.length ? `Shaded: quarters of an hour with 4 % or more of all that was liquidated. ${waves.join("; ")}.` : "No quarter of an hour stands out: no wave.") + (heard ? " Bars: USD closed by force, longs downwards, shorts upwards." : "") + missing);
  const main = series.prices[0];
  unknown(panels.price, price, main || heard ? null : `No price of ${series.asset} and no liquidation is known up to here.`);
  const sums = new Map<number, [number, number]>();
  for (const v of series.liquidations) v.t.forEach((t, i) => sums.set(t, [(sums.get(t)?.[0] ?? 0) + v.long_usd[i], (sums.get(t)?.[1] ?? 0) + v.short_usd[i]]));
  panels.price.setRows(main ? Rows.of(
    [
      { name: "time (UTC)", cell: (i: number) => utc(new Date(main.t[i] * 1000).toISOString()), text: (i) => new Date(main.t[i] * 1000).toISOString() },
      ...(["open", "high", "low", "close"] as const).map((n) => ({ name: n, number: true, cell: (i: number) => dollars(main[n][i]), text: (i: number) => main[n][i] })),
      { name: "coins", number: true, cell: (i: number) => main.coins[i] === null ? "–" : shortNumber(main.coins[i]!), text: (i: number) => main.coins[i] },
      ...["longs closed USD", "shorts closed USD"].map((name, side) => {
        // Nothing closed is 0 only where closing is recorded at all.
        const closed = (i: number) => sums.get(main.t[i])?.[side] ?? (heard ? 0 : null);
        return { name, number: true, cell: (i: number) => { const usd = closed(i); return usd === null ? "–" : shortNumber(usd); }, text: closed };
      }),
    ], main.t.map((_, i) => i).reverse()) : null);
}

function drawHistory(history: History): void {
  const days = history.liquidation_days.filter((d) => d.valid && d.oscillator !== null).length;
  daysHead.hidden = daysChart.area.hidden = days < 2;
  daysChart.set(time.daysChart(history, oscillator));
  panels.share.setRows(time.dayRows(history));
  panels.share.say(days < 2 ? `${days === 0 ? "No" : "One"} whole day of liquidations is on the tape up to here; where today stands in history needs more.` : "");
  const last = new Map<string, History["funding"][number]>();
  for (const f of history.funding) if (f.main && f.kind !== "predicted") last.set(f.venue, f);
  const settled = [...last.values()].every((f) => f.kind === "settled");
  fundingTable.replaceChildren(Rows.of(
    [
      { name: "venue", cell: (f: History["funding"][number]) => f.venue },
      { name: "last rate", number: true, cell: (f) => `${(f.rate * 100).toFixed(5)} %` },
      { name: "every", number: true, cell: (f) => duration(f.interval_s) },
      { name: "a year", number: true, cell: (f) => `${(f.annual * 100).toFixed(2)} %` },
      ...(settled ? [] : [{ name: "kind", cell: (f: History["funding"][number]) => f.kind }]),
      { name: "at (UTC)", cell: (f) => utc(f.at) },
    ], [...last.values()], "No settlement is known.").element("The last rate of each venue"));
  panels.funding.setRows(time.fundingRows(history));
}

let chain: Chain | null = null;
const expirySelect = el("select", { class: "tool", "aria-label": "Expiry", onchange: () => { keep({ expiry: expirySelect.value }); drawExpiry(); } });
panels.strikes.tools.prepend(expirySelect);

function drawChain(answer: Chain): void {
  chain = answer;
  const list = answer.unknown ? [] : answer.expiries;
  expirySelect.hidden = list.length === 0;
  expirySelect.replaceChildren(...list.map((e) => el("option", { value: options.keyOf(e) }, options.keyOf(e))));
  const nearest = list.find((e) => options.keyOf(e) === view.expiry) ?? list.reduce<(typeof list)[number] | undefined>((a, b) => (!a || (b.open_interest ?? 0) > (a.open_interest ?? 0) ? b : a), undefined);
  if (nearest) expirySelect.value = options.keyOf(nearest);
  const board = answer.unknown ? undefined : answer.boards[0];
  panels.term.say(board ? `30-day index ${board.vol_index_30d === null ? "not known" : percent(board.vol_index_30d).replace("+", "")}; ${answer.boards.map((b) => `${b.venue} ${b.settle} as of ${utc(b.as_of)}`).join(", ")}.` : "");
  drawExpiry();
}

function drawExpiry(): void {
  const none = chain?.unknown?.what ?? null;
  const chosen = none ? undefined : chain?.expiries.find((e) => options.keyOf(e) === expirySelect.value);
  const asset = chain?.asset ?? view.asset;
  for (const [panel, chart] of [[panels.strikes, charts.strikes], [panels.hedge, charts.hedge], [panels.smile, charts.smile], [panels.term, charts.term]] as const) {
    unknown(panel, chart, none ?? (chosen ? null : "No expiry is known."));
    if (!chosen) panel.setRows(null);
  }
  if (!chosen || !chain) return;
  const all = chain;
  charts.strikes.set(options.strikesChart(chosen, asset));
  panels.strikes.say(`${chosen.expiry}, ${chosen.venue}: calls up, puts down. Max pain ${chosen.max_pain === null ? "not known" : "$" + shortNumber(chosen.max_pain, 6)}, puts over calls ${chosen.put_call === null ? "not known" : chosen.put_call.toFixed(2)}.`);
  panels.strikes.setRows(options.strikeRows(chosen));
  const refused = chosen.refused.map((r) => r.what).join("; ");
  unknown(panels.hedge, charts.hedge, chosen.hedge_flow.length ? null : `No curve: ${refused || "not known"}`);
  charts.hedge.set(options.hedgeChart(chosen, asset));
  panels.hedge.say(chosen.hedge_flow.some((f) => f.mean !== null) ? "The band is 90 %, from signed trades." : "Open interest alone gives no sign: hatched from all hedgers short to all long.");
  panels.hedge.setRows(options.hedgeRows(chosen));
  unknown(panels.smile, charts.smile, options.smileChart(chosen)(colours()) ? null : "No quote is known.");
  charts.smile.set(options.smileChart(chosen));
  panels.smile.say(chosen.surface ? `Out of the money; ${(chosen.surface.inside_bid_ask * 100).toFixed(0)} % of the quotes have the smile inside.` : `No smile: ${refused || "not known"}`);
  panels.smile.setRows(options.smileRows(chosen));
  unknown(panels.term, charts.term, all.expiries.some((e) => e.surface?.atm_vol != null) ? null : "No expiry has a smile.");
  charts.term.set(options.termChart(all));
  panels.term.setRows(options.termRows(all));
}

const unscored = el("input", { type: "checkbox", id: "unscored", onchange: () => void loadSlow() });
panels.levels.tools.prepend(el("label", { class: "soft", for: "unscored" }, unscored, " unscored"));

// A hint of the command line, in the page's own words.
const inPage = (text: string | null) => text?.replaceAll("--unscored shows", "the box \u201cunscored\u201d of the levels shows") ?? null;

function drawLevels(answer: Levels): void {
  const market = answer.unknown ? undefined : (answer.markets.find((m) => m.levels.length > 0) ?? answer.markets[0]);
  const why = answer.unknown?.what ?? (market ? (market.levels.length ? null : `${market.market}: not shown, ${market.refused.join("; ") || market.scores_missing || "not scored"}.`) : "No perpetual with trades and open interest is on the tape.");
  unknown(panels.levels, charts.levels, inPage(why));
  if (!market || market.levels.length === 0) {
    panels.levels.say("");
    panels.levels.setRows(null);
    return;
  }
  const score = market.scores ? `Scored on ${market.scores.counts} counts: ${market.scores.publish ? "earned" : `not earned (${market.scores.failed.join("; ")})`}; 90 % intervals held ${(market.scores.coverage_90 * 100).toFixed(0)} %.` : `Not scored: ${market.scores_missing ?? ""}.`;
  panels.levels.say(`${market.market} at ${utc(market.at)}, about $${dollars(market.price)}. ${score} Hatched: prior only.`);
  charts.levels.set(options.levelsChart(market, answer.asset));
  panels.levels.setRows(options.levelRows(market));
}

function drawStress(answer: Stress): void {
  const why = inPage(answer.unknown?.what ?? null);
  if (why) {
    panels.stress.body.replaceChildren(el("p", { class: "unknown" }, why));
    panels.stress.setRows(null);
    return;
  }
  const rows = options.stressRows(answer);
  panels.stress.body.replaceChildren(rows.element("What a move would close"), el("ul", { class: "list soft" }, ...[...answer.notes, ...answer.missing.map((m) => `missing: ${m}`)].map((n) => el("li", {}, n))));
  panels.stress.setRows(rows);
}

function drawHealth(health: Health, gaps: Gaps): void {
  const columns = [
    { name: "stream", cell: (s: Stream) => s.name }, { name: "messages", number: true, cell: (s: Stream) => s.messages.toLocaleString("en-GB"), text: (s: Stream) => s.messages },
    { name: "undecoded", number: true, cell: (s: Stream) => String(s.undecoded), text: (s: Stream) => s.undecoded }, { name: "lag median", number: true, cell: (s: Stream) => duration(s.lag_median_s), text: (s: Stream) => s.lag_median_s },
    { name: "lag 99 %", number: true, cell: (s: Stream) => duration(s.lag_p99_s), text: (s: Stream) => s.lag_p99_s }, { name: "silent for", number: true, cell: (s: Stream) => duration(s.silent_s), text: (s: Stream) => s.silent_s },
    { name: "gaps", number: true, cell: (s: Stream) => String(s.gaps), text: (s: Stream) => s.gaps },
  ];
  const list = gaps.gaps ?? [];
  panels.health.body.replaceChildren(Rows.of(columns, health.streams ?? [], "No stream was heard.").element("Streams"),
    el("h3", {}, `Gaps: ${list.length === 0 ? "none recorded" : list.length}`),
    list.length ? Rows.of(
      [
        { name: "stream", cell: (g: (typeof list)[number]) => `${g.stream} ${g.symbol}` }, { name: "from", cell: (g) => utc(g.from) }, { name: "to", cell: (g) => utc(g.to) },
        { name: "kind", cell: (g) => g.kind }, { name: "why", cell: (g) => g.reason },
      ], list.slice(-200)).element("Gaps") : "");
  panels.health.setRows(Rows.of(columns, health.streams ?? []));
}

async function loadTrack(): Promise<void> {
  await fill<Track>(panels.interest, "track", { asset: view.asset, only: "price_usd,oi_coins,oi_usd,oi_change_24h_coins,liq_long_share,liq_dominance_osc,liq_long_share_ma30,liq_dominance_osc_ma30,funding_annual,funding_annual_oi_weighted,liq_total_usd_24h,basis_annual,realized_vol_24h,vol_index_30d,options_put_call" }, (answer) => {
    track = answer;
    setSlider();
    drawTrack();
  }, [panels.share, panels.funding]);
}

// Levels and stress rest on a fit, which takes longest.
async function loadSlow(): Promise<void> {
  const query = { asset: view.asset, at: view.at || undefined, unscored: unscored.checked ? "true" : undefined };
  await fill<Levels>(panels.levels, "levels", query, drawLevels);
  await fill<Stress>(panels.stress, "stress", query, drawStress);
}

async function load(): Promise<void> {
  round.abort();
  round = new AbortController();
  const signal = round.signal;
  const query = { asset: view.asset, at: view.at || undefined };
  drawKnown();
  const first = fill<Readings>(panels.readings, "readings", query, drawReadings, [panels.interest, panels.share]);
  void fill<Series>(panels.price, "series", query, drawSeries);
  await first;
  if (signal.aborted) return;
  performance.mark("readings-drawn");
  drawTrack();
  // Of the same time as everything else: a later record would tell what was not known yet.
  const record = ask<Record_>("record", query, signal).catch(() => null);
  void fill<VerdictAnswer>(panels.verdict, "verdict", query, (v) => {
    void record.then((r) => signal.aborted || panels.verdict.body.replaceChildren(v.unknown ? el("p", { class: "unknown" }, v.unknown.what) : verdictView(v.verdict, r)));
    panels.verdict.setRows(verdictRows(v.verdict ?? null));
  });
  void fill<History>(panels.funding, "history", query, drawHistory);
  void fill<Chain>(panels.strikes, "chain", query, drawChain, [panels.hedge, panels.smile, panels.term]);
  void fill<Claims>(panels.claims, "claims", query, (c) => {
    const rows = claimRows(c.claims ?? []);
    panels.claims.body.replaceChildren(rows.element("Published claims"));
    panels.claims.setRows(rows);
  });
  void fill<Pending>(panels.pending, "pending", query, (p) => {
    const lines = p.pending ?? [];
    panels.pending.body.replaceChildren(lines.length ? el("ul", { class: "list" }, ...lines.map((l) => el("li", {}, l))) : el("p", { class: "soft" }, "Nothing is pending."));
    panels.pending.setRows(Rows.of([{ name: "what", cell: (l: string) => l.slice(0, l.indexOf(":")) }, { name: "why", cell: (l: string) => l.slice(l.indexOf(":") + 2) }], lines));
  });
  void fill<Health>(panels.health, "health", query, (h) => void fill<Gaps>(panels.health, "gaps", query, (g) => drawHealth(h, g)));
  await loadSlow();
}

// ---- time

const slider = byId<HTMLInputElement>("time");

function setSlider(): void {
  const times = track?.t ?? [];
  slider.max = String(times.length);
  slider.value = String(view.at ? Math.max(0, times.findLastIndex((t) => t <= Date.parse(view.at) / 1000)) : times.length);
  slider.disabled = times.length === 0;
  drawKnown();
}
function sliderTime(): string {
  const times = track?.t ?? [], i = Number(slider.value);
  return i >= times.length ? "" : new Date(times[i] * 1000).toISOString().replace(".000Z", "Z");
}
function drawKnown(): void {
  const text = view.at ? `Known at ${utc(view.at)}` : `Latest: ${utc(document.body.dataset.asOf && !view.at ? document.body.dataset.asOf : (status?.as_of ?? status?.last ?? null))}`;
  byId("known").textContent = text;
  slider.setAttribute("aria-valuetext", text);
  byId("latest").toggleAttribute("disabled", view.at === "");
}
// At once what the track says of that time; the whole page follows when the tape has been read to it.
function drawAhead(): void {
  const times = track?.t ?? [], i = Number(slider.value);
  if (!track || i >= times.length) return;
  for (const name of HEAD_TILES) {
    const series = time.find(track, name);
    const tile = tiles.querySelector(`.tile[data-name=${name}] .tile-value`);
    if (series && tile) tile.textContent = series.value[i] === null ? "not known" : shown(series.value[i], series.unit, track.asset);
  }
  drawTrack();
}
let sliding = 0;
function slide(): void {
  keep({ at: sliderTime() });
  old("time");
  drawKnown();
  drawAhead();
  if (sliding) window.clearTimeout(sliding);
  else busy(1); // from the first move on: what is shown is not yet of the time that is named
  sliding = window.setTimeout(() => {
    sliding = 0;
    void load().then(drawKnown);
    busy(-1);
  }, 140);
}
function step(by: number): void {
  slider.value = String(Math.min(Number(slider.max), Math.max(0, Number(slider.value) + by)));
  slide();
}

// ---- coin, theme, keys

function drawAssets(): void {
  const known = status.assets.length ? status.assets : [status.asset];
  // A coin that a link names stands there too, though the tape may know nothing of it.
  const shownFirst = [...new Set([status.asset, ...known])].slice(0, 6), rest = [...new Set([...known, view.asset])].filter((a) => a && !shownFirst.includes(a));
  byId("assets").replaceChildren(
    ...shownFirst.map((asset) => el("button", { type: "button", "aria-pressed": String(asset === view.asset), onclick: () => choose(asset) }, asset)),
    rest.length ? el("select", { class: "tool", "aria-label": "Other coins", onchange: (e) => choose((e.target as HTMLSelectElement).value) }, el("option", { value: "" }, "Other"), ...rest.map((a) => el("option", { value: a, selected: a === view.asset }, a))) : "");
}
function choose(asset: string): void {
  if (!asset || asset === view.asset) return;
  keep({ asset, card: "", expiry: "" });
  track = null;
  delete document.body.dataset.asOf;
  old("coin");
  for (const chart of [...timeCharts, daysChart, ...Object.values(charts)]) chart.set(() => null);
  drawAssets();
  void load();
  void loadTrack();
}

function applyTheme(): void {
  if (view.theme) document.documentElement.dataset.theme = view.theme;
  else delete document.documentElement.dataset.theme;
  price.paint();
  for (const chart of [...timeCharts, daysChart, ...Object.values(charts)]) void chart.paint();
}
function turnTheme(): void {
  keep({ theme: isDark() ? "light" : "dark" });
  applyTheme();
}

const KEYS: [string, string][] = [["[ or ]", "one step earlier, later"], ["Home or End", "the first time, the latest"], ["1 to 6", "another coin"], ["t", "light or dark"], ["c", "copy a link to this view"], ["?", "these keys"], ["Esc", "close a card"]];
function help(): void {
  const dialog = byId<HTMLDialogElement>("card");
  dialog.replaceChildren(el("form", { method: "dialog", class: "card-head" }, el("h2", { id: "card-title" }, "Keys"), el("button", { class: "tool", "aria-label": "Close" }, "✕")),
    el("dl", {}, ...KEYS.flatMap(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)])));
  dialog.showModal();
}
async function copyLink(): Promise<void> {
  const link = `${location.origin}${location.pathname}#${hashOf({ ...view, asset: view.asset })}`;
  try {
    await navigator.clipboard.writeText(link);
    toast("The link is copied.");
  } catch {
    toast(link);
  }
}

document.addEventListener("keydown", (event) => {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input:not([type=range]):not([type=checkbox]), select, textarea") || byId<HTMLDialogElement>("card").open) return;
  const own = target === slider;
  if (event.key === "[") step(-1);
  else if (event.key === "]") step(1);
  else if (event.key === "Home" && !own) (slider.value = "0"), slide();
  else if (event.key === "End" && !own) (slider.value = slider.max), slide();
  else if (event.key === "t") turnTheme();
  else if (event.key === "c") void copyLink();
  else if (event.key === "?") help();
  else if (/^[1-6]$/.test(event.key)) byId("assets").querySelectorAll("button")[Number(event.key) - 1]?.click();
  else return;
  event.preventDefault();
});

async function refresh(): Promise<void> {
  status = await ask<Status>("status");
  if (status.control === null) byId("subject").textContent = status.title;
  byId("foot").textContent = `${status.tapes.map((t) => `${t.path}: ${t.messages.toLocaleString("en-GB")} messages${t.closed ? "" : ", growing"}`).join("; ")}. delever ${status.build.slice(0, 12)}. Every number opens its card. No advice. Charts: Lightweight Charts by TradingView (tradingview.com), Apache ECharts.`;
  const control = byId<HTMLAnchorElement>("control");
  control.hidden = status.control === null;
  if (status.control) control.href = status.control;
  if (!view.asset) keep({ asset: status.asset });
  drawAssets();
}

interface Pace { now: string; over: boolean; speed: number; paused: boolean; behind_seconds: number; recording: { ended?: string } }

// Of a rehearsal: where its market stands, beside the title.
function drawPace(pace: Pace): void {
  const how = pace.over ? "over" : pace.paused ? "paused" : pace.speed === 0 ? "as fast as it goes" : pace.speed === 1 ? "" : `${pace.speed} times as fast`;
  const late = pace.behind_seconds > 1 ? `${duration(pace.behind_seconds)} behind its clock` : "";
  byId("subject").textContent = [status.title, `market time ${utc(pace.now)}`, how, late, pace.recording.ended ? `no longer recorded: ${pace.recording.ended}` : ""].filter(Boolean).join(", ");
}

async function begin(): Promise<void> {
  if (view.theme) document.documentElement.dataset.theme = view.theme;
  byId("main").append(tiles, ...Object.values(panels).map((p) => p.element));
  panels.readings.onlyCsv();
  panels.claims.onlyCsv();
  panels.pending.onlyCsv();
  panels.health.onlyCsv();
  panels.stress.onlyCsv();
  panels.verdict.onlyCsv();
  slider.addEventListener("input", slide);
  byId("earlier").addEventListener("click", () => step(-1));
  byId("later").addEventListener("click", () => step(1));
  byId("latest").addEventListener("click", () => ((slider.value = slider.max), slide()));
  byId("link").addEventListener("click", () => void copyLink());
  byId("theme").addEventListener("click", turnTheme);
  byId("help").addEventListener("click", help);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);
  window.addEventListener("hashchange", () => location.reload());
  await refresh();
  void ask<Meanings>("meanings").then((m) => cards.setMeanings(m));
  const loaded = load();
  void loadTrack();
  await loaded;
  void loadLibrary();
  if (status.assets.length === 0) await refresh();
  drawKnown();
  let version = status.version;
  void listen((event, data) => {
    if (event === "rehearsal") drawPace(data as Pace);
    if (event !== "tape") return;
    const news = data as { version: number; growing: boolean; behind_s: number | null; stale: Status["stale"] };
    const live = byId("live");
    live.textContent = news.stale ? `stale since ${utc(news.stale.since)}: ${news.stale.what}; it is tried again` : news.growing ? `live${news.behind_s === null ? "" : `, ${duration(news.behind_s)} behind`}` : "";
    live.className = news.stale ? "live off" : news.growing ? "live on" : "live";
    if (news.version === version) return;
    version = news.version;
    void refresh().then(() => (view.at ? undefined : load()));
  }, (up) => {
    const live = byId("live");
    if (!up) (live.textContent = "not connected"), (live.className = "live off");
    else if (live.textContent === "not connected") live.textContent = "";
  });
}

begin().catch((error: unknown) => {
  const text = error instanceof ApiError && error.status === 401 ? "A token is asked for: open the page as …/#token=TOKEN." : `The server does not answer: ${error instanceof Error ? error.message : String(error)}`;
  byId("main").replaceChildren(el("p", { class: "unknown" }, text));
});

export { keyOf };
