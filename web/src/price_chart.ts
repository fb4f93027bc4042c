// Price with waves behind it, and what was forced closed under it: longs down, shorts up. Drawn by
// lightweight-charts, which pans half a million minutes.
import { AreaSeries, CandlestickSeries, createChart, HistogramSeries, IChartApi, ISeriesApi, LineSeries, TickMarkType, Time, UTCTimestamp } from "lightweight-charts";
import { colours } from "./colours";
import { el } from "./dom";
import { clock, dayName, monthName, price, shortNumber, utcSeconds } from "./format";
import type { Series } from "./types";

const at = (t: number) => t as UTCTimestamp;

export interface Point {
  time: number;
  i: number; // of the bar; -1: nothing is known of that time
  last: boolean; // before a gap
}

// A place for each span of time, also where there is no bar: a chart that left them out would draw
// a line over hours of which nothing is known, and make them look short.
export function withGaps(times: number[], span: number): Point[] {
  const most = 50_000; // places for what is missing
  const missing = times.reduce((sum, t, i) => sum + (i ? Math.max(0, Math.round((t - times[i - 1]) / span) - 1) : 0), 0);
  const every = span * Math.max(1, Math.ceil(missing / most));
  return times.flatMap((time, i) => {
    const out: Point[] = [{ time, i, last: i + 1 < times.length && times[i + 1] - time > 1.5 * span }];
    if (out[0].last) for (let t = time + every; t < times[i + 1] - span / 2; t += every) out.push({ time: t, i: -1, last: false });
    return out;
  });
}

// A day is named with its month: a bare "29" says neither.
function tick(time: Time, kind: TickMarkType): string {
  const t = time as number;
  if (kind === TickMarkType.Year) return String(new Date(t * 1000).getUTCFullYear());
  if (kind === TickMarkType.Month) return monthName(t);
  return kind === TickMarkType.DayOfMonth ? dayName(t) : clock(t);
}

export class PriceChart {
  private readonly chart: IChartApi;
  private readonly candles: ISeriesApi<"Candlestick">;
  private readonly line: ISeriesApi<"Line">;
  private readonly waves: ISeriesApi<"Area">;
  private readonly longs: ISeriesApi<"Histogram">;
  private readonly shorts: ISeriesApi<"Histogram">;
  readonly area: HTMLElement;
  private readonly legend = el("p", { class: "legend", "aria-live": "off" });
  private times: number[] = [];
  private closes = new Map<number, number>();
  private bars = new Map<number, [number, number]>();
  private base = "";
  private quiet = false;

  constructor(box: HTMLElement, private readonly onHover: (t: number | null) => void, private readonly onRange: (from: number, to: number) => void) {
    this.area = el("div", { class: "chart tall", role: "img", "aria-label": "Price and liquidations over time; the table has the numbers" });
    box.append(this.legend, this.area);
    this.chart = createChart(this.area, {
      autoSize: true,
      layout: { attributionLogo: false, fontFamily: "inherit", panes: { enableResize: false } },
      timeScale: { timeVisible: true, secondsVisible: false, minBarSpacing: 0.001, fixLeftEdge: true, fixRightEdge: true, tickMarkFormatter: tick },
      rightPriceScale: { borderVisible: false },
      localization: { locale: "en-GB", timeFormatter: (t: Time) => utcSeconds(t as number) },
      crosshair: { mode: 0 },
      handleScroll: { vertTouchDrag: false },
    });
    this.waves = this.chart.addSeries(AreaSeries, { priceScaleId: "waves", priceLineVisible: false, lastValueVisible: false, lineVisible: false, lineType: 1, crosshairMarkerVisible: false, autoscaleInfoProvider: () => ({ priceRange: { minValue: 0, maxValue: 1 } }) });
    this.waves.priceScale().applyOptions({ scaleMargins: { top: 0, bottom: 0 }, visible: false });
    this.line = this.chart.addSeries(LineSeries, { lineWidth: 1, priceLineVisible: false });
    this.candles = this.chart.addSeries(CandlestickSeries, { priceLineVisible: false, visible: false });
    const money = { type: "custom" as const, minMove: 1, formatter: (v: number) => (v === 0 ? "0" : "$" + shortNumber(Math.abs(v), 3)) };
    this.longs = this.chart.addSeries(HistogramSeries, { priceFormat: money, priceLineVisible: false, lastValueVisible: false }, 1);
    this.shorts = this.chart.addSeries(HistogramSeries, { priceFormat: money, priceLineVisible: false, lastValueVisible: false }, 1);
    const panes = this.chart.panes();
    panes[0].setStretchFactor(3);
    panes[1].setStretchFactor(1);
    this.chart.subscribeCrosshairMove((move) => {
      const t = (move.time as number | undefined) ?? null;
      this.describe(t);
      if (!this.quiet) this.onHover(t);
    });
    this.chart.timeScale().subscribeVisibleTimeRangeChange((range) => {
      if (range && !this.quiet) this.onRange(range.from as number, range.to as number);
    });
    this.paint();
  }

  paint(): void {
    const c = colours();
    this.chart.applyOptions({
      layout: { background: { color: "transparent" }, textColor: c.soft, panes: { separatorColor: c.grid } },
      grid: { vertLines: { color: c.grid }, horzLines: { color: c.grid } },
      timeScale: { borderColor: c.grid },
    });
    this.line.applyOptions({ color: c.line });
    this.candles.applyOptions({ upColor: c.panel, downColor: c.line, wickUpColor: c.soft, wickDownColor: c.soft, borderUpColor: c.line, borderDownColor: c.line });
    this.waves.applyOptions({ topColor: c.wave, bottomColor: c.wave });
    this.longs.applyOptions({ color: c.long });
    this.shorts.applyOptions({ color: c.short });
  }

  set(series: Series): void {
    const main = series.prices[0];
    this.closes.clear();
    this.bars.clear();
    const sums = new Map<number, [number, number]>();
    for (const venue of series.liquidations) {
      venue.t.forEach((t, i) => {
        const sum = sums.get(t) ?? [0, 0];
        sums.set(t, [sum[0] + venue.long_usd[i], sum[1] + venue.short_usd[i]]);
      });
    }
    this.bars = sums;
    const inWave = series.waves.map((w) => [Date.parse(w.from) / 1000, Date.parse(w.to) / 1000]);
    const times = new Set<number>(main?.t ?? []);
    for (const t of sums.keys()) times.add(t);
    this.times = [...times].sort((a, b) => a - b);
    this.quiet = true;
    if (main) {
      this.base = `${main.venue} ${main.symbol}, from ${main.from}`;
      main.t.forEach((t, i) => this.closes.set(t, main.close[i]));
      const many = main.t.length > 400;
      this.line.applyOptions({ visible: many });
      this.candles.applyOptions({ visible: !many });
      const decimals = main.close[0] < 1 ? 6 : main.close[0] < 100 ? 4 : 2;
      for (const s of [this.line, this.candles]) s.applyOptions({ priceFormat: { type: "price", precision: decimals, minMove: 10 ** -decimals } });
      const points = withGaps(main.t, main.span_s);
      // A point's colour is that of the line from it to the next.
      this.line.setData(many ? points.map((p) => (p.i < 0 ? { time: at(p.time) } : { time: at(p.time), value: main.close[p.i], ...(p.last ? { color: "transparent" } : {}) })) : []);
      this.candles.setData(many ? [] : points.map((p) => (p.i < 0 ? { time: at(p.time) } : { time: at(p.time), open: main.open[p.i], high: main.high[p.i], low: main.low[p.i], close: main.close[p.i] })));
    } else {
      this.base = "no price is known";
      this.line.setData([]);
      this.candles.setData([]);
    }
    this.waves.setData(inWave.length === 0 ? [] : this.times.map((t) => ({ time: at(t), value: inWave.some(([a, b]) => t >= a && t < b) ? 1 : 0 })));
    const bars = this.times.filter((t) => sums.has(t));
    this.longs.setData(bars.map((t) => ({ time: at(t), value: -(sums.get(t)?.[0] ?? 0) })));
    this.shorts.setData(bars.map((t) => ({ time: at(t), value: sums.get(t)?.[1] ?? 0 })));
    this.quiet = false;
    this.describe(null);
  }

  fit(from: string, to: string): void {
    this.quiet = true;
    if (from && to) this.chart.timeScale().setVisibleRange({ from: at(Number(from)), to: at(Number(to)) });
    else this.chart.timeScale().fitContent();
    this.quiet = false;
  }

  range(): { from: number; to: number } | null {
    const range = this.chart.timeScale().getVisibleRange();
    return range ? { from: range.from as number, to: range.to as number } : null;
  }

  // From another chart: the cross at its time.
  hover(t: number | null): void {
    this.quiet = true;
    if (t === null || this.times.length === 0) {
      this.chart.clearCrosshairPosition();
    } else {
      const near = this.nearest(t);
      this.chart.setCrosshairPosition(this.closes.get(near) ?? 0, at(near), this.line);
      this.describe(near);
    }
    this.quiet = false;
  }

  private nearest(t: number): number {
    let low = 0, high = this.times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle] <= t) low = middle;
      else high = middle - 1;
    }
    return this.times[low];
  }

  private describe(t: number | null): void {
    const last = this.times[this.times.length - 1];
    const time = t ?? last;
    if (time === undefined) {
      this.legend.textContent = this.base;
      return;
    }
    const close = this.closes.get(time), bar = this.bars.get(time);
    const parts = [this.base, utcSeconds(time), close === undefined ? "no price" : "$" + price(close)];
    if (bar) parts.push(`longs closed $${shortNumber(bar[0], 3)}`, `shorts closed $${shortNumber(bar[1], 3)}`);
    this.legend.textContent = parts.join("  ·  ");
  }
}
