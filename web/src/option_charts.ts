// Options: open interest by strike with max pain, the hedging curve with its band, smile, term structure.
import type { Colours } from "./colours";
import { hatch, Option } from "./draw";
import { axisNumber, percent, price, shortNumber, utc } from "./format";
import { Rows } from "./panel";
import type { Chain, Expiry, Level, Levels, Stress } from "./types";

const volume = (v: number) => `${(v * 100).toFixed(1)} %`;

// What an axis counts: at its upper end, or under its middle.
const named = (name: string) => ({ name, nameLocation: "end", nameGap: 8, nameTextStyle: { align: "right" } });
const under = (name: string) => ({ name, nameLocation: "middle", nameGap: 22 });

export const keyOf = (e: Expiry) => `${e.expiry} ${e.venue} ${e.settle}`;

export function strikesChart(e: Expiry, asset: string) {
  return (c: Colours): Option => {
    const marks: unknown[] = [];
    if (e.max_pain !== null) marks.push({ xAxis: String(e.max_pain), label: { formatter: `max pain ${shortNumber(e.max_pain, 5)}`, color: c.text, position: "end" } });
    const near = e.forward === null ? null : e.strikes.reduce((a, b) => (Math.abs(b.strike - (e.forward as number)) < Math.abs(a.strike - (e.forward as number)) ? b : a), e.strikes[0]);
    if (near) marks.push({ xAxis: String(near.strike), lineStyle: { type: "dotted" }, label: { formatter: `forward ${shortNumber(e.forward as number, 6)}`, color: c.soft, position: "end", offset: [0, -13] } });
    return {
      grid: { left: 8, right: 12, top: 58, bottom: 26, containLabel: true },
      legend: { data: ["calls", "puts"] },
      tooltip: { axisPointer: { type: "shadow" }, valueFormatter: (v: unknown) => `${shortNumber(Math.abs(v as number))} ${asset}` },
      xAxis: { type: "category", data: e.strikes.map((s) => String(s.strike)), ...under("strike, USD"), axisLabel: { formatter: (v: string) => axisNumber(Number(v)) } },
      yAxis: { type: "value", ...named(asset), axisLabel: { formatter: (v: number) => axisNumber(Math.abs(v)) } },
      series: [
        { type: "bar", name: "calls", stack: "s", data: e.strikes.map((s) => s.calls), itemStyle: { color: c.long }, markLine: { symbol: "none", silent: true, lineStyle: { color: c.text }, data: marks } },
        { type: "bar", name: "puts", stack: "s", data: e.strikes.map((s) => -s.puts), itemStyle: { color: c.short } },
      ],
    };
  };
}
export function strikeRows(e: Expiry): Rows {
  return Rows.of(
    [
      { name: "strike", number: true, cell: (s: Expiry["strikes"][number]) => String(s.strike), text: (s) => s.strike },
      { name: "calls", number: true, cell: (s) => shortNumber(s.calls), text: (s) => s.calls },
      { name: "puts", number: true, cell: (s) => shortNumber(s.puts), text: (s) => s.puts },
      { name: "pain USD", number: true, cell: (s) => (s.pain_usd === null ? "–" : shortNumber(s.pain_usd, 5)), text: (s) => s.pain_usd },
      { name: "surface vol", number: true, cell: (s) => (s.surface_vol === null ? "–" : volume(s.surface_vol)), text: (s) => s.surface_vol },
    ],
    e.strikes,
  );
}

export function hedgeChart(e: Expiry, asset: string) {
  return (c: Colours): Option | null => {
    const flow = e.hedge_flow;
    if (flow.length === 0) return null;
    const x = (m: number) => m * 100;
    const mean = flow.filter((f) => f.mean !== null).map((f) => [x(f.move), f.mean]);
    return {
      legend: { data: mean.length ? ["band", "from signed trades"] : ["band"] },
      tooltip: {
        formatter: (items: unknown) => {
          const value = (items as { value: number[] }[])[0]?.value[0];
          const f = flow.find((one) => Math.abs(x(one.move) - value) < 1e-6);
          return f ? `${percent(f.move)}: ${shortNumber(f.low, 3)} to ${shortNumber(f.high, 3)} ${asset}` : "";
        },
      },
      xAxis: { type: "value", ...under("move of the forward, %"), axisLabel: { formatter: (v: number) => `${v}` }, splitLine: { show: false } },
      yAxis: { type: "value", ...named(asset), axisLabel: { formatter: axisNumber } },
      grid: { left: 8, right: 12, top: 34, bottom: 26, containLabel: true },
      series: [
        { type: "line", name: "low", stack: "band", stackStrategy: "all", symbol: "none", lineStyle: { opacity: 0 }, data: flow.map((f) => [x(f.move), f.low]), silent: true },
        { type: "line", name: "band", stack: "band", stackStrategy: "all", symbol: "none", lineStyle: { opacity: 0 }, itemStyle: { color: c.long }, areaStyle: mean.length ? { color: c.long, opacity: 0.25 } : { color: hatch(c.long), opacity: 0.6 }, data: flow.map((f) => [x(f.move), f.high - f.low]) },
        ...(mean.length ? [{ type: "line", name: "from signed trades", symbol: "none", lineStyle: { color: c.text }, itemStyle: { color: c.text }, data: mean }] : []),
      ],
    };
  };
}
export function hedgeRows(e: Expiry): Rows {
  return Rows.of(
    [
      { name: "move", number: true, cell: (f: Expiry["hedge_flow"][number]) => percent(f.move), text: (f) => f.move },
      { name: "low", number: true, cell: (f) => shortNumber(f.low), text: (f) => f.low },
      { name: "high", number: true, cell: (f) => shortNumber(f.high), text: (f) => f.high },
      { name: "gross", number: true, cell: (f) => shortNumber(f.gross), text: (f) => f.gross },
      { name: "mean", number: true, cell: (f) => (f.mean === null ? "not known" : shortNumber(f.mean)), text: (f) => f.mean },
    ],
    e.hedge_flow,
  );
}

// Quotes out of the money, each from bid to ask, under the fitted smile.
export function smileChart(e: Expiry) {
  return (c: Colours): Option | null => {
    const quotes: { strike: number; bid: number | null; ask: number | null; mark: number | null; put: boolean }[] = [];
    for (const s of e.strikes) {
      for (const o of s.options) {
        const put = o.type === "put";
        if (e.forward !== null && put !== s.strike < e.forward) continue;
        quotes.push({ strike: s.strike, bid: o.bid_iv, ask: o.ask_iv, mark: o.mark_iv, put });
      }
    }
    // A point is the venue's mark; a quote of one side alone stands in the table.
    const known = (side: boolean) => quotes.filter((q) => q.put === side && q.mark !== null).map((q) => [q.strike, q.mark as number]);
    const smile = e.strikes.filter((s) => s.surface_vol !== null).map((s) => [s.strike, s.surface_vol]);
    const puts = known(true), calls = known(false);
    const bars = quotes.filter((q) => q.bid !== null && q.ask !== null).map((q) => [q.strike, q.bid, q.ask]);
    const drawn = ([["smile", smile], ["puts' marks", puts], ["calls' marks", calls], ["bid to ask", bars]] as const).filter(([, points]) => points.length > 0);
    if (drawn.length === 0) return null;
    return {
      legend: { data: drawn.map(([name]) => name) },
      grid: { left: 8, right: 12, top: 34, bottom: 26, containLabel: true },
      tooltip: { trigger: "item", formatter: (p: unknown) => { const v = (p as { value: number[]; seriesName: string }); return `${v.seriesName} ${shortNumber(v.value[0], 6)}: ${v.value.slice(1).map(volume).join(" to ")}`; } },
      xAxis: { type: "value", scale: true, ...under("strike, USD"), axisLabel: { formatter: axisNumber }, splitLine: { show: false } },
      yAxis: { type: "value", scale: true, axisLabel: { formatter: (v: number) => `${Number((v * 100).toPrecision(4))} %` } },
      series: [
        {
          type: "custom", name: "bid to ask", data: bars, itemStyle: { color: c.soft },
          renderItem: (_: unknown, api: { value: (i: number) => number; coord: (p: number[]) => number[] }) => {
            const a = api.coord([api.value(0), api.value(1)]), b = api.coord([api.value(0), api.value(2)]);
            return { type: "line", shape: { x1: a[0], y1: a[1], x2: b[0], y2: b[1] }, style: { stroke: c.soft, lineWidth: 3, opacity: 0.5 } };
          },
        },
        { type: "line", name: "smile", symbol: "none", lineStyle: { color: c.text, width: 1.5 }, itemStyle: { color: c.text }, data: smile },
        { type: "scatter", name: "puts' marks", symbol: "triangle", symbolSize: 7, itemStyle: { color: c.short }, data: puts },
        { type: "scatter", name: "calls' marks", symbol: "circle", symbolSize: 6, itemStyle: { color: c.long }, data: calls },
      ],
    };
  };
}
export function smileRows(e: Expiry): Rows {
  const rows = e.strikes.flatMap((s) => s.options.map((o) => ({ s, o })));
  const vol = (v: number | null) => (v === null ? "–" : volume(v));
  return Rows.of(
    [
      { name: "strike", number: true, cell: (r: (typeof rows)[number]) => String(r.s.strike), text: (r) => r.s.strike },
      { name: "type", cell: (r) => r.o.type },
      { name: "bid vol", number: true, cell: (r) => vol(r.o.bid_iv), text: (r) => r.o.bid_iv },
      { name: "mark vol", number: true, cell: (r) => vol(r.o.mark_iv), text: (r) => r.o.mark_iv },
      { name: "ask vol", number: true, cell: (r) => vol(r.o.ask_iv), text: (r) => r.o.ask_iv },
      { name: "smile", number: true, cell: (r) => vol(r.s.surface_vol), text: (r) => r.s.surface_vol },
      { name: "open interest", number: true, cell: (r) => (r.o.open_interest === null ? "–" : shortNumber(r.o.open_interest)), text: (r) => r.o.open_interest },
    ],
    rows,
  );
}

export function termChart(chain: Chain) {
  const boards = new Map<string, Expiry[]>();
  for (const e of chain.expiries) {
    if (!e.surface || e.surface.atm_vol === null) continue;
    const key = `${e.venue} ${e.settle}`;
    boards.set(key, [...(boards.get(key) ?? []), e]);
  }
  return (c: Colours): Option | null => {
    if (boards.size === 0) return null;
    return {
      legend: { data: [...boards.keys()] },
      tooltip: { trigger: "item", formatter: (p: unknown) => { const v = p as { value: [number, number]; seriesName: string }; return `${v.seriesName} ${utc(new Date(v.value[0]).toISOString()).slice(0, 10)}: ${volume(v.value[1])}`; } },
      xAxis: { type: "time", splitLine: { show: false } },
      yAxis: { type: "value", scale: true, axisLabel: { formatter: (v: number) => `${Number((v * 100).toPrecision(4))} %` } },
      series: [...boards].map(([name, list], i) => ({ type: "line", name, symbolSize: 7, lineStyle: { color: c.series[i] }, itemStyle: { color: c.series[i] }, data: list.map((e) => [Date.parse(e.expires_at), e.surface?.atm_vol]) })),
    };
  };
}
export function termRows(chain: Chain): Rows {
  return Rows.of(
    [
      { name: "expiry", cell: (e: Expiry) => e.expiry },
      { name: "board", cell: (e) => `${e.venue} ${e.settle}` },
      { name: "forward", number: true, cell: (e) => (e.forward === null ? "–" : price(e.forward)), text: (e) => e.forward },
      { name: "open interest", number: true, cell: (e) => (e.open_interest === null ? "–" : shortNumber(e.open_interest)), text: (e) => e.open_interest },
      { name: "puts over calls", number: true, cell: (e) => (e.put_call === null ? "–" : e.put_call.toFixed(2)), text: (e) => e.put_call },
      { name: "max pain", number: true, cell: (e) => (e.max_pain === null ? "–" : String(e.max_pain)), text: (e) => e.max_pain },
      { name: "max pain in coins", number: true, cell: (e) => (e.max_pain_coin === null ? "–" : String(e.max_pain_coin)), text: (e) => e.max_pain_coin },
      { name: "at the money", number: true, cell: (e) => (e.surface?.atm_vol == null ? "–" : volume(e.surface.atm_vol)), text: (e) => e.surface?.atm_vol ?? null },
      { name: "refused", cell: (e) => e.refused.map((r) => r.what).join("; ") },
    ],
    chain.expiries,
  );
}

// Price upwards, coins to the right, each bar with its interval; hatched where nothing was learnt.
export function levelsChart(market: Levels["markets"][number], asset: string) {
  return (c: Colours): Option | null => {
    if (market.levels.length === 0) return null;
    const rows = [...market.levels].sort((a, b) => a.to - b.to);
    const names = rows.map((l) => (l.to >= 1000 ? l.to.toFixed(0) : shortNumber(l.to, 6)));
    return {
      legend: { data: ["longs", "shorts", "fixed menu", ...(rows.some((l) => l.truth !== null) ? ["truth"] : [])] },
      tooltip: {
        formatter: (items: unknown) => {
          const l = rows[(items as { dataIndex: number }[])[0]?.dataIndex ?? 0];
          return `${l.side}s at ${shortNumber(l.from, 6)} to ${shortNumber(l.to, 6)}<br><b>${shortNumber(l.coins, 3)} ${asset}</b>, ${shortNumber(l.low, 3)} to ${shortNumber(l.high, 3)}${l.status === "prior_only" ? "<br>prior only: nothing was learnt here" : ""}`;
        },
      },
      grid: { left: 8, right: 12, top: 50, bottom: 26, containLabel: true },
      xAxis: { type: "value", ...under(asset), axisLabel: { formatter: axisNumber } },
      yAxis: { type: "category", ...named("USD"), data: names, splitLine: { show: false } },
      series: [
        ...(["long", "short"] as const).map((side) => ({
          type: "bar", name: side + "s", stack: "l", itemStyle: { color: side === "long" ? c.long : c.short },
          data: rows.map((l) => (l.side !== side ? 0 : { value: l.coins, itemStyle: l.status === "prior_only" ? { color: hatch(side === "long" ? c.long : c.short) } : {} })),
        })),
        { type: "scatter", name: "fixed menu", symbol: "diamond", symbolSize: 7, itemStyle: { color: c.third }, data: rows.map((l, i) => [l.fixed_menu, i]) },
        { type: "scatter", name: "truth", symbol: "circle", symbolSize: 7, itemStyle: { color: c.other }, data: rows.flatMap((l, i) => (l.truth === null ? [] : [[l.truth, i]])) },
        {
          type: "custom", name: "interval", silent: true, data: rows.map((l, i) => [l.low, l.high, i]), encode: { x: [0, 1], y: 2 },
          renderItem: (_: unknown, api: { value: (i: number) => number; coord: (p: number[]) => number[] }) => {
            const a = api.coord([api.value(0), api.value(2)]), b = api.coord([api.value(1), api.value(2)]);
            return { type: "group", children: [
              { type: "line", shape: { x1: a[0], y1: a[1], x2: b[0], y2: b[1] }, style: { stroke: c.text, lineWidth: 1 } },
              { type: "line", shape: { x1: b[0], y1: b[1] - 4, x2: b[0], y2: b[1] + 4 }, style: { stroke: c.text, lineWidth: 1 } } ] };
          },
        },
      ],
    };
  };
}
export function levelRows(market: Levels["markets"][number]): Rows {
  return Rows.of(
    [
      { name: "side", cell: (l: Level) => l.side },
      { name: "from", number: true, cell: (l) => price(l.from), text: (l) => l.from },
      { name: "to", number: true, cell: (l) => price(l.to), text: (l) => l.to },
      { name: "coins", number: true, cell: (l) => shortNumber(l.coins), text: (l) => l.coins },
      { name: "low", number: true, cell: (l) => shortNumber(l.low), text: (l) => l.low },
      { name: "high", number: true, cell: (l) => shortNumber(l.high), text: (l) => l.high },
      { name: "fixed menu", number: true, cell: (l) => shortNumber(l.fixed_menu), text: (l) => l.fixed_menu },
      { name: "status", cell: (l) => (l.status === "prior_only" ? "prior only" : "learnt") },
    ],
    market.levels,
  );
}

export function stressRows(s: Stress): Rows {
  const rest = (m: Stress["moves"][number]) => (m.cascade.rest === null ? m.cascade.evidence.replaceAll("_", " ") : percent(m.cascade.rest));
  return Rows.of(
    [
      { name: "move", number: true, cell: (m: Stress["moves"][number]) => percent(m.move), text: (m) => m.move },
      { name: "price", number: true, cell: (m) => price(m.price), text: (m) => m.price },
      { name: "longs closed", number: true, cell: (m) => "$" + shortNumber(m.liquidated.longs.usd), text: (m) => m.liquidated.longs.usd },
      { name: "shorts closed", number: true, cell: (m) => "$" + shortNumber(m.liquidated.shorts.usd), text: (m) => m.liquidated.shorts.usd },
      { name: "dealers, coins", number: true, cell: (m) => (m.dealers ? `${shortNumber(m.dealers.low, 3)} to ${shortNumber(m.dealers.high, 3)}` : "not known") },
      { name: "comes to rest at", number: true, cell: rest },
      { name: "amplified", number: true, cell: (m) => (m.cascade.amplification === null ? "–" : `${m.cascade.amplification.toFixed(2)} times`), text: (m) => m.cascade.amplification },
    ],
    s.moves,
  );
}
