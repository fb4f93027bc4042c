// The verdict in words, with what it stands on and how such answers fared before.
import { el, table } from "./dom";
import { percent, shortNumber } from "./format";
import { Rows } from "./panel";
import type { Claim, Record_, Verdict } from "./types";
import { stateBadge } from "./cards";
import { shown } from "./format";

const ITEM_NAMES: Record<string, string> = {
  open_interest_change_ln: "Open interest in coins, over the day",
  funding: "Funding a year",
  funding_change: "Funding less its 7-day mean",
  own_open_interest_change: "Open interest, against its own past",
  own_funding_change: "Funding, against its own past",
  long_liquidations: "Longs liquidated",
};

function itemValue(name: string, value: number | null): string {
  if (value === null) return "missing";
  if (name === "open_interest_change_ln") return percent(Math.expm1(value));
  if (name.startsWith("own_")) return `${value.toFixed(2)} deviations`;
  if (name === "long_liquidations") return "$" + shortNumber(value);
  return percent(value, 2);
}

export const answerWords = (answer: string) => answer.replaceAll("_", " ");

export function verdictView(v: Verdict | null, record: Record_ | null): HTMLElement {
  if (!v) return el("p", { class: "soft" }, "No day of this coin is over on the tape, so there is nothing to judge.");
  const chance = v.probability === null ? v.refusal : `${(v.probability * 100).toFixed(0)} % for a second wave within 7 days` + (v.interval_80 ? `, ${(v.interval_80.low * 100).toFixed(0)} to ${(v.interval_80.high * 100).toFixed(0)} %` : "");
  const items = Object.entries(v.items);
  return el("div", { class: "verdict" },
    el("p", { class: "answer" }, el("strong", { "data-answer": v.answer }, answerWords(v.answer)), " ", el("span", {}, chance)),
    el("p", {}, `${v.day}: ${v.event}`),
    v.remarks.length ? el("ul", { class: "soft" }, ...v.remarks.map((r) => el("li", {}, r))) : null,
    table("What the verdict stands on", [
      { name: "what decides", cell: ([name]: [string, Verdict["items"][string]]) => ITEM_NAMES[name] ?? name },
      { name: "value", number: true, cell: ([name, item]) => itemValue(name, item.value) },
      { name: "from", cell: ([, item]) => item.reason ?? item.source },
    ], items),
    v.would_be.length ? el("div", {}, el("h3", {}, "What would decide: open interest in coins over the day"), table("What would decide", [
      { name: "were it", number: true, cell: (w: Verdict["would_be"][number]) => percent(w.open_interest_change) },
      { name: "chance of a second wave", number: true, cell: (w) => `${(w.probability * 100).toFixed(0)} %` },
      { name: "answer", cell: (w) => answerWords(w.answer) },
    ], v.would_be)) : null,
    el("h3", {}, "How such answers fared"),
    el("p", {}, v.such_answers_before ? `${v.such_answers_before.days} such answers before: a second wave came after ${v.such_answers_before.waves} of them.` : "No such answer before this day on these tapes.",
      v.score_before ? ` Brier score ${v.score_before.brier.toFixed(3)} against ${v.score_before.brier_base.toFixed(3)} of the base rate, over ${v.score_before.days} days.` : ""),
    recordView(record),
    v.supposed.length ? el("div", {}, el("h3", {}, "Were a published figure true"), el("ul", {}, ...v.supposed.map((s) => el("li", {}, `${s.claim}: `, s.answer ? `${answerWords(s.answer)}, ${s.probability == null ? "no number" : `${(s.probability * 100).toFixed(0)} %`}` : s.note)))) : null,
    el("p", { class: "soft" }, "Rule ", el("code", {}, v.rules), v.standing.words ? `, ${v.standing.words}.` : "."));
}

function recordView(record: Record_ | null): HTMLElement | null {
  if (!record) return null;
  if (record.unknown) return el("p", { class: "soft" }, `The record of these tapes: ${record.unknown.what}.`);
  const rows = (record.pools ?? []).flatMap((p) => p.answers.map((a) => ({ pool: p.name, ...a })));
  return table("The record of all answers", [
    { name: "coins", cell: (r: (typeof rows)[number]) => (r.asset ? r.asset : r.pool) },
    { name: "answer", cell: (r) => answerWords(r.answer) },
    { name: "days", number: true, cell: (r) => String(r.days) },
    { name: "a wave after", number: true, cell: (r) => String(r.waves) },
    { name: "95 %", number: true, cell: (r) => `${(r.interval_95.low * 100).toFixed(0)} to ${(r.interval_95.high * 100).toFixed(0)} %` },
  ], rows, "The record is empty.");
}

export function verdictRows(v: Verdict | null): Rows | null {
  if (!v) return null;
  return Rows.of(
    [
      { name: "item", cell: ([name]: [string, Verdict["items"][string]]) => name },
      { name: "value", number: true, cell: ([name, i]) => itemValue(name, i.value), text: ([, i]) => i.value },
      { name: "unit", cell: ([, i]) => i.unit },
      { name: "source", cell: ([, i]) => i.source },
      { name: "reason", cell: ([, i]) => i.reason ?? "" },
    ],
    Object.entries(v.items),
  );
}

export function claimRows(claims: Claim[]): Rows {
  const measured = (c: Claim) => shown(c.measured, c.unit, c.asset);
  return Rows.of(
    [
      { name: "claim", cell: (c: Claim) => c.id },
      { name: "what was published", cell: (c) => `${c.metric.startsWith(c.asset) ? "" : `${c.asset} `}${c.metric}: ${c.stated_text}` },
      { name: "by", cell: (c) => c.stated_by },
      { name: "state", cell: (c) => stateBadge(c.state), text: (c) => c.state },
      { name: "measured", number: true, cell: measured, text: (c) => c.measured },
      { name: "holds under", cell: (c) => c.holds_under ?? "", text: (c) => c.holds_under },
      { name: "note", cell: (c) => c.note },
    ],
    claims,
    "No claims were given: start with --claims FILE.",
  );
}
