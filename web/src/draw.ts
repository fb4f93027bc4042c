// A chart of ECharts in a panel: themed, resized, linked by time with the others.
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { Colours, colours } from "./colours";
import { el } from "./dom";

type Library = typeof import("./echart");
let library: Promise<Library> | null = null;
export function loadLibrary(): Promise<Library> {
  library ??= import("./echart");
  return library;
}

export type Option = EChartsCoreOption & Record<string, unknown>;
type Maker = (c: Colours) => Option | null;

export class Chart {
  readonly area: HTMLElement;
  private chart: EChartsType | null = null;
  private maker: Maker | null = null;
  private waiting = false;

  constructor(box: HTMLElement, label: string, height: string, private readonly hooks: { hover?: (t: number | null) => void } = {}) {
    this.area = el("div", { class: `chart ${height}`, role: "img", "aria-label": `${label}; the table has the numbers` });
    box.append(this.area);
    new ResizeObserver(() => this.chart?.resize()).observe(this.area);
  }

  set(maker: Maker): void {
    this.maker = maker;
    void this.paint();
  }

  async paint(): Promise<void> {
    if (!this.maker || this.waiting) return;
    this.waiting = true;
    const { echarts } = await loadLibrary();
    this.waiting = false;
    if (!this.chart) {
      this.chart = echarts.init(this.area, null, { renderer: "canvas" });
      this.chart.on("updateAxisPointer", (event) => {
        const axes = (event as { axesInfo?: { axisDim: string; value: number }[] }).axesInfo;
        const x = axes?.find((a) => a.axisDim === "x");
        this.hooks.hover?.(x ? x.value / 1000 : null);
      });
      this.chart.on("globalout", () => this.hooks.hover?.(null));
    }
    const c = colours();
    const option = this.maker(c);
    if (!option) {
      this.chart.clear();
      return;
    }
    this.chart.setOption(base(c, option), { notMerge: true });
  }

  // The cross of another chart.
  hover(t: number | null): void {
    if (!this.chart) return;
    if (t === null) this.chart.dispatchAction({ type: "hideTip" });
    else {
      const x = this.chart.convertToPixel({ xAxisIndex: 0 }, t * 1000) as unknown as number;
      if (Number.isFinite(x)) this.chart.dispatchAction({ type: "updateAxisPointer", currTrigger: "mousemove", x, y: this.area.clientHeight / 2 });
    }
  }

  zoom(from: number, to: number): void {
    this.chart?.dispatchAction({ type: "dataZoom", dataZoomIndex: 0, startValue: from * 1000, endValue: to * 1000 });
  }
}

// Values that hardly differ are not blown up to the whole height.
const roomy = (end: "min" | "max") => (v: { min: number; max: number }) => {
  if (!Number.isFinite(v.min) || v.max - v.min > 1e-3 * Math.abs(v.max)) return null;
  const room = 0.05 * Math.abs(v.max) || 1;
  return end === "min" ? v.min - room : v.max + room;
};

function base(c: Colours, option: Option): Option {
  const axis = (one: unknown): unknown => {
    if (Array.isArray(one)) return one.map(axis);
    const a = one as Record<string, unknown>;
    return {
      axisLine: { lineStyle: { color: c.grid } },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: c.grid } },
      nameTextStyle: { color: c.soft, fontSize: 11 },
      ...(a.type === "time" ? {} : a.scale ? { min: roomy("min"), max: roomy("max") } : {}),
      ...a,
      axisLabel: { color: c.soft, fontSize: 11, hideOverlap: true, ...(a.type === "time" ? { formatter: { year: "{yyyy}", month: "{MMM}", day: "{d} {MMM}", hour: "{HH}:{mm}", minute: "{HH}:{mm}", second: "{HH}:{mm}:{ss}" } } : {}), ...(a.axisLabel as object) },
    };
  };
  return {
    useUTC: true,
    animation: false,
    textStyle: { fontFamily: "system-ui, sans-serif", color: c.text },
    color: c.series,
    aria: { enabled: true, decal: { show: false } },
    grid: { left: 8, right: 12, top: 34, bottom: 8, containLabel: true },
    ...option,
    legend: option.legend === undefined ? undefined : { top: 0, left: 0, itemWidth: 14, itemHeight: 8, type: "scroll", textStyle: { color: c.soft, fontSize: 11 }, ...(option.legend as object) },
    tooltip: { trigger: "axis", confine: true, backgroundColor: c.panel, borderColor: c.grid, textStyle: { color: c.text, fontSize: 12 }, ...(option.tooltip as object) },
    xAxis: axis(option.xAxis),
    yAxis: axis(option.yAxis),
  };
}

// A fill of stripes: for what rests on an assumption alone.
export function hatch(colour: string): { image: HTMLCanvasElement; repeat: "repeat" } {
  const image = document.createElement("canvas"), side = 8;
  image.width = image.height = side;
  const brush = image.getContext("2d");
  if (brush) {
    brush.strokeStyle = colour;
    brush.lineWidth = 1.6;
    brush.beginPath();
    for (const shift of [-side, 0, side]) {
      brush.moveTo(shift, side);
      brush.lineTo(shift + side, 0);
    }
    brush.stroke();
  }
  return { image, repeat: "repeat" };
}
