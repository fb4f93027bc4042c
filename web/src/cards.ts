// Readings as tiles, and the card that each opens: where the number comes from and how far it goes.
import { address } from "./api";
import { byId, el, table } from "./dom";
import { duration, label, shown, utc } from "./format";
import type { Meanings, Reading, Readings, State, Track } from "./types";

export const STATE_WORDS: Record<State, [string, string]> = {
  corroborated: ["●", "corroborated: independent sources agree"],
  single_source: ["◐", "single source: one source, alone"],
  conflicting: ["✕", "conflicting: the sources' intervals do not meet"],
  pending: ["○", "pending: missing, stale or too few sources"],
};

export function stateBadge(state: State): HTMLElement {
  const [sign, words] = STATE_WORDS[state];
  return el("span", { class: `state ${state}`, title: words }, el("span", { "aria-hidden": "true" }, sign), " ", state.replace("_", " "));
}

export function flat(readings: Readings): Reading[] {
  return Object.values(readings.readings ?? {}).flat();
}
export function keyOf(r: Reading): string {
  return [r.name, r.venue ?? "", r.expiry ?? ""].join("|").replace(/\|+$/, "");
}
// The one that stands for the coin: of no venue and no expiry.
export function whole(readings: Readings | null, name: string): Reading | undefined {
  return readings ? flat(readings).find((r) => r.name === name && !r.venue && !r.expiry) : undefined;
}

export function interval(r: Reading): string {
  if (r.low === null && r.high === null) return r.value === null ? "" : "unbounded both ways";
  if (r.low === r.high && r.low === r.value) return "exact";
  const end = (v: number | null) => (v === null ? "unbounded" : shown(v, r.unit, r.asset));
  return `${end(r.low)} to ${end(r.high)}`;
}

export class Cards {
  private readonly dialog = byId<HTMLDialogElement>("card");
  private readings: Readings | null = null;
  private track: Track | null = null;
  private meanings = new Map<string, string>();
  private at = "";

  constructor(private readonly onOpen: (key: string) => void) {
    this.dialog.addEventListener("close", () => this.onOpen(""));
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }

  setMeanings(meanings: Meanings): void {
    for (const g of meanings.gauges) this.meanings.set(g.name, g.meaning);
  }
  set(readings: Readings, track: Track | null, at: string): void {
    this.readings = readings;
    this.track = track;
    this.at = at;
  }

  // A number that opens its card.
  number(r: Reading | undefined, name: string): HTMLElement {
    if (!r) return el("span", { class: "soft" }, "–");
    return el("button", {
      type: "button", class: "number", "data-name": name, "data-key": keyOf(r), "data-value": r.value === null ? "" : String(r.value),
      "aria-haspopup": "dialog", onclick: () => this.open(keyOf(r)),
    }, shown(r.value, r.unit, r.asset));
  }

  tile(name: string, big = false): HTMLElement {
    const r = whole(this.readings, name);
    if (!r) return el("div", { class: "tile" }, el("span", { class: "tile-name" }, label(name)), el("span", { class: "soft" }, "no such reading"));
    const inside = interval(r);
    return el("button", { type: "button", class: `tile${big ? " big" : ""}`, "data-name": name, "data-key": keyOf(r), "data-value": r.value === null ? "" : String(r.value), "aria-haspopup": "dialog", onclick: () => this.open(keyOf(r)) },
      el("span", { class: "tile-name" }, label(name)),
      el("span", { class: "tile-value" }, r.value === null ? "not known" : shown(r.value, r.unit, r.asset)),
      el("span", { class: "tile-foot" }, stateBadge(r.state), r.value !== null && inside !== "exact" ? el("span", { class: "soft" }, inside) : null),
      r.value === null ? el("span", { class: "soft reason" }, r.reason) : null);
  }

  open(key: string): void {
    if (!this.readings) return;
    const all = flat(this.readings);
    const r = all.find((one) => keyOf(one) === key);
    if (!r) return;
    const title = [label(r.name), r.venue, r.expiry].filter(Boolean).join(", ");
    const parts = all.filter((one) => one.name === r.name && one !== r);
    const query = { asset: r.asset, at: this.at || undefined };
    const row = (name: string, value: string | Node | null) => (value ? [el("dt", {}, name), el("dd", {}, value)] : []);
    this.dialog.replaceChildren(
      el("form", { method: "dialog", class: "card-head" }, el("h2", { id: "card-title" }, title), el("button", { class: "tool", "aria-label": "Close" }, "✕")),
      el("p", { class: "card-value", "data-value": r.value === null ? "" : String(r.value) }, r.value === null ? "not known" : shown(r.value, r.unit, r.asset), " ", stateBadge(r.state)),
      el("p", {}, this.meanings.get(r.name) ?? ""),
      this.spark(r),
      el("dl", {},
        ...row("interval", interval(r)),
        ...row("as of", utc(r.as_of)),
        ...row("window", r.window_s ? duration(r.window_s) : "a level, at one moment"),
        ...row("seen", r.coverage === null ? null : `${(r.coverage * 100).toFixed(0)} % of the window or the market`),
        ...row("sources", r.sources.length ? el("ul", {}, ...r.sources.map((s) => el("li", {}, s))) : "none"),
        ...row(r.state === "pending" || r.state === "conflicting" ? "why" : "limits", r.reason),
        ...row("rule", el("code", {}, r.rule)),
        ...row("name", el("code", {}, r.name)),
        ...row("in full", r.value === null ? null : el("code", {}, `${r.value} ${r.unit}`))),
      parts.length ? el("div", {}, el("h3", {}, "In parts"), table("In parts", [
        { name: "of", cell: (p: Reading) => [p.venue, p.expiry].filter(Boolean).join(" ") || "all" },
        { name: "value", number: true, cell: (p: Reading) => shown(p.value, p.unit, p.asset) },
        { name: "state", cell: (p: Reading) => stateBadge(p.state) },
        { name: "as of", cell: (p: Reading) => utc(p.as_of) },
        { name: "limits", cell: (p: Reading) => p.reason },
      ], parts)) : "",
      el("p", { class: "soft" }, "The same: ", el("code", {}, `delever brief --asset ${r.asset}${this.at ? ` --at ${this.at}` : ""} --tape …`), " · ",
        el("a", { href: address("readings", query), target: "_blank", rel: "noreferrer" }, "API"), " · ", el("code", {}, `delever explain ${r.name}`)));
    if (!this.dialog.open) this.dialog.showModal();
    this.onOpen(key);
  }

  close(): void {
    if (this.dialog.open) this.dialog.close();
  }

  // How it came there: the track as one line, broken where it was not known.
  private spark(r: Reading): Node | string {
    const track = this.track;
    const series = track?.series.find((s) => s.name === r.name && (s.venue ?? undefined) === r.venue && (s.expiry ?? undefined) === r.expiry);
    if (!track || !series) return "";
    const known = series.value.filter((v): v is number => v !== null);
    if (known.length < 2) return "";
    const low = Math.min(...known), high = Math.max(...known), wide = 460, tall = 60;
    const x = (i: number) => (i / Math.max(1, track.t.length - 1)) * wide;
    const y = (v: number) => (high === low ? tall / 2 : tall - 4 - ((v - low) / (high - low)) * (tall - 8));
    let path = "", down = false;
    series.value.forEach((v, i) => {
      if (v === null) down = false;
      else {
        path += `${down ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`;
        down = true;
      }
    });
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
    svg.setAttribute("class", "spark");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `From ${shown(low, r.unit, r.asset)} to ${shown(high, r.unit, r.asset)} on this tape`);
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  }
}
