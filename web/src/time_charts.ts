// Charts over time from the track of readings: what was known at each step, and a gap where nothing was.
import type { Colours } from "./colours";
import type { Option } from "./draw";
import { axisNumber, duration, label, percent, shortNumber, shown, utcSeconds } from "./format";
import { Rows } from "./panel";
import type { History, Track, TrackSeries } from "./types";

export interface Line {
  name: string;
  unit: string;
  colour: string;
  series: TrackSeries;
  axis?: number;
  dashed?: boolean;
  mean?: boolean; // over many days: in front, and as strong as a line can be
  scale?: number;
  band?: boolean;
  cuts?: Set<number>; // the line does not lead to these points
}

export function find(track: Track, name: string, venue: string | null = null): TrackSeries | undefined {
  return track.series.find((s) => s.name === name && s.venue === venue && s.expiry === null);
}
export function byVenue(track: Track, name: string): TrackSeries[] {
  return track.series.filter((s) => s.name === name && s.venue !== null && s.expiry === null);
}

// Where a sum is of other venues than the moment before: a line across would show a move that nobody made.
export function joinsAndLeaves(track: Track, name: string): Set<number> {
  const venues = byVenue(track, name);
  const present = (i: number) => venues.map((s) => (s.value[i] === null ? "-" : s.venue)).join();
  return new Set(track.t.map((_, i) => i).filter((i) => i > 0 && present(i) !== present(i - 1)));
}

// The part of a track that was known at `until`.
export function clipped(track: Track, until: number): Track {
  const count = track.t.findLastIndex((t) => t <= until) + 1;
  const cut = <T>(all: T[]) => all.slice(0, count);
  return { ...track, t: cut(track.t), series: track.series.map((s) => ({ ...s, value: cut(s.value), low: cut(s.low), high: cut(s.high), state: cut(s.state) })) };
}

function points(t: number[], values: (number | null)[], scale: number, cuts = new Set<number>()) {
  const at = (i: number) => [t[i] * 1000, values[i] === null || values[i] === undefined ? null : (values[i] as number) * scale];
  return t.flatMap((x, i) => (cuts.has(i) ? [[x * 1000 - 1, null], at(i)] : [at(i)]));
}

// A line that is not known at any time is not in the legend either.
export function known(lines: Line[]): Line[] {
  return lines.filter((line) => line.series.value.some((v) => v !== null));
}

export function timeChart(track: Track, all: Line[], axes: { format: (v: number) => string; min?: number; max?: number }[], asset: string) {
  const lines = known(all), crowded = track.t.length > 400;
  return (c: Colours): Option => {
    const series: unknown[] = [];
    for (const line of lines) {
      const scale = line.scale ?? 1;
      if (line.band) {
        // Where one end is unbounded there is no band: nothing is drawn that is not known.
        const closed = line.series.low.map((low, i) => low !== null && line.series.high[i] !== null);
        const low = points(track.t, line.series.low.map((v, i) => (closed[i] ? v : null)), scale, line.cuts);
        const wide = points(track.t, line.series.low.map((v, i) => (closed[i] ? (line.series.high[i] as number) - (v as number) : null)), scale, line.cuts);
        const quiet = { type: "line", yAxisIndex: line.axis ?? 0, symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false }, stack: `band-${line.name}` };
        series.push({ ...quiet, name: `${line.name} low`, data: low }, { ...quiet, name: `${line.name} interval`, data: wide, areaStyle: { color: line.colour, opacity: 0.14 } });
      }
      series.push({
        type: "line",
        name: line.name,
        yAxisIndex: line.axis ?? 0,
        data: points(track.t, line.series.value, scale, line.cuts),
        connectNulls: false,
        showSymbol: track.t.length < 3,
        symbolSize: 4,
        // Years of days cross each other: thin ones leave those in front to be seen.
        lineStyle: { width: line.mean || !crowded ? 1.8 : 0.8, opacity: line.mean || !crowded ? 1 : 0.55, type: line.dashed ? "dashed" : "solid", color: line.colour },
        itemStyle: { color: line.colour },
        emphasis: { disabled: true },
      });
    }
    return {
      legend: { itemWidth: 24, data: lines.map((l) => ({ name: l.name, itemStyle: { opacity: 0 }, lineStyle: { type: l.dashed ? [4, 3] : "solid", width: 2, opacity: 1, color: l.colour } })) },
      tooltip: {
        formatter: (items: unknown) => tip(items, lines, asset),
      },
      xAxis: { type: "time", splitLine: { show: false }, axisPointer: { show: true, label: { show: false }, snap: true }, min: track.t[0] ? track.t[0] * 1000 : undefined, max: track.t.length ? track.t[track.t.length - 1] * 1000 : undefined },
      yAxis: axes.map((a, i) => ({ type: "value", scale: true, ...(a.min === undefined ? {} : { min: a.min }), ...(a.max === undefined ? {} : { max: a.max }), axisLabel: { formatter: a.format }, splitLine: { show: i === 0, lineStyle: { color: c.grid } } })),
      dataZoom: [{ type: "inside", xAxisIndex: 0, filterMode: "none", zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false }],
      series,
    };
  };
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (x) => `&#${x.charCodeAt(0)};`);

function tip(items: unknown, lines: Line[], asset: string): string {
  const all = items as { seriesName: string; value: [number, number | null]; marker: string }[];
  if (!all.length) return "";
  const rows = lines.map((line) => {
    const item = all.find((i) => i.seriesName === line.name);
    const value = item && item.value[1] !== null ? shown(item.value[1] / (line.scale ?? 1), line.unit, asset) : "not known";
    return `<div class="tip"><span>${item?.marker ?? ""}${escaped(line.name)}</span><b>${escaped(value)}</b></div>`;
  });
  return `<div class="tip-head">${utcSeconds(all[0].value[0] / 1000)}</div>${rows.join("")}`;
}

export function trackRows(track: Track, series: TrackSeries[]): Rows {
  const names = series.map((s) => (s.venue ? `${label(s.name)}, ${s.venue}` : label(s.name)));
  return Rows.of(
    [
      { name: "time (UTC)", cell: (i: number) => utcSeconds(track.t[i]), text: (i: number) => new Date(track.t[i] * 1000).toISOString() },
      ...series.map((s, n) => ({ name: names[n], number: true, cell: (i: number) => shown(s.value[i], s.unit, track.asset), text: (i: number) => s.value[i] })),
      ...series.map((s, n) => ({ name: `${names[n]}: state`, cell: (i: number) => s.state[i] ?? "", text: (i: number) => s.state[i] })),
    ],
    track.t.map((_, i) => i).reverse(),
  );
}

export const axisMoney = (v: number) => (v < 0 ? "-$" : "$") + axisNumber(Math.abs(v));
export const axisCoins = (v: number) => axisNumber(v);
export const axisPercent = (v: number) => `${Number((v * 100).toPrecision(4))} %`;

// Past days, sorted: where today's stands among them.
export function daysChart(history: History, today: number | null) {
  const days = history.liquidation_days.filter((d) => d.valid && d.oscillator !== null);
  const sorted = days.map((d) => d.oscillator as number).sort((a, b) => a - b);
  return (c: Colours): Option | null => {
    if (sorted.length < 2) return null;
    return {
      grid: { left: 8, right: 12, top: 20, bottom: 8, containLabel: true },
      tooltip: { trigger: "item", formatter: (p: unknown) => percent((p as { value: [number, number] }).value[1]) },
      xAxis: { type: "value", min: 0, max: sorted.length - 1, axisLabel: { show: false }, splitLine: { show: false } },
      yAxis: { type: "value", min: -1, max: 1, axisLabel: { formatter: axisPercent } },
      series: [
        {
          type: "bar", barWidth: "70%", data: sorted.map((v, i) => [i, v]), itemStyle: { color: c.soft, opacity: 0.6 },
          markLine: today === null ? undefined : { symbol: "none", silent: true, label: { formatter: "now", position: "insideEndTop", color: c.text }, lineStyle: { color: c.short, width: 2 }, data: [{ yAxis: today }] },
        },
      ],
    };
  };
}
export function dayRows(history: History): Rows {
  return Rows.of(
    [
      { name: "day", cell: (d: History["liquidation_days"][number]) => d.day },
      { name: "series", cell: (d) => d.series },
      { name: "longs USD", number: true, cell: (d) => "$" + shortNumber(d.long_usd), text: (d) => d.long_usd },
      { name: "shorts USD", number: true, cell: (d) => "$" + shortNumber(d.short_usd), text: (d) => d.short_usd },
      { name: "long share", number: true, cell: (d) => percent(d.long_share), text: (d) => d.long_share },
      { name: "oscillator", number: true, cell: (d) => percent(d.oscillator), text: (d) => d.oscillator },
      { name: "oscillator, 30-day mean", number: true, cell: (d) => percent(d.oscillator_ma), text: (d) => d.oscillator_ma },
    ],
    [...history.liquidation_days].reverse(),
    "No whole day of liquidations is on the tape.",
  );
}

export function fundingRows(history: History): Rows {
  return Rows.of(
    [
      { name: "venue", cell: (f: History["funding"][number]) => f.venue },
      { name: "contract", cell: (f) => f.name },
      { name: "at (UTC)", cell: (f) => utcSeconds(Date.parse(f.at) / 1000), text: (f) => f.at },
      { name: "rate", number: true, cell: (f) => `${(f.rate * 100).toFixed(5)} %`, text: (f) => f.rate },
      { name: "every", number: true, cell: (f) => duration(f.interval_s), text: (f) => f.interval_s },
      { name: "a year, simple", number: true, cell: (f) => `${(f.annual * 100).toFixed(2)} %`, text: (f) => f.annual },
      { name: "kind", cell: (f) => f.kind },
    ],
    [...history.funding].sort((a, b) => b.at.localeCompare(a.at)),
    "No settlement is on the tape.",
  );
}
