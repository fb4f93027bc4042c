// What the API answers: web/openapi.json.
export type State = "corroborated" | "single_source" | "conflicting" | "pending";

export interface Reading {
  name: string;
  asset: string;
  venue?: string;
  expiry?: string;
  value: number | null;
  low: number | null;
  high: number | null;
  unit: string;
  as_of: string | null;
  window_s: number;
  state: State;
  sources: string[];
  coverage: number | null;
  reason: string;
  rule: string;
}
export interface Unknown {
  unknown?: { what: string; where: string };
}
export interface Readings extends Unknown {
  asset: string;
  as_of: string;
  rules: string;
  readings: Record<string, Reading | Reading[]>;
  notes: string[];
  remarks: string;
}
export interface Status {
  title: string;
  asset: string;
  at: string | null;
  as_of: string | null;
  first: string | null;
  last: string | null;
  growing: boolean;
  version: number;
  claims: boolean;
  build: string;
  now: string;
  stale: { what: string; since: string } | null;
  control: string | null;
  tapes: { path: string; closed: boolean; messages: number; first: string | null; last: string | null }[];
  assets: string[];
}
export interface TrackSeries {
  name: string;
  unit: string;
  venue: string | null;
  expiry: string | null;
  value: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  state: (State | null)[];
}
export interface Track extends Unknown {
  asset: string;
  as_of: string;
  step_s: number;
  t: number[];
  series: TrackSeries[];
}
export interface PriceColumns {
  venue: string;
  symbol: string;
  name: string;
  kind: string;
  from: string;
  span_s: number;
  t: number[];
  open: number[];
  high: number[];
  low: number[];
  close: number[];
  coins: (number | null)[];
}
export interface ForcedColumns {
  venue: string;
  span_s: number;
  t: number[];
  long_usd: number[];
  short_usd: number[];
  count: number[];
}
export interface Wave {
  from: string;
  to: string;
  long_usd: number;
  short_usd: number;
  price_from: number | null;
  price_to: number | null;
}
export interface Series extends Unknown {
  asset: string;
  as_of: string;
  span_s: number;
  prices: PriceColumns[];
  liquidations: ForcedColumns[];
  waves: Wave[];
  left_out: string[];
}
export interface FundingPoint {
  venue: string;
  symbol: string;
  name: string;
  at: string;
  rate: number;
  interval_s: number;
  annual: number;
  kind: string;
  main: boolean;
}
export interface History extends Unknown {
  liquidation_days: {
    series: string;
    day: string;
    long_usd: number;
    short_usd: number;
    coverage: number;
    valid: boolean;
    long_share: number | null;
    oscillator: number | null;
    long_share_ma: number | null;
    oscillator_ma: number | null;
  }[];
  funding: FundingPoint[];
  open_interest: { venue: string; at: string; coins: number | null; usd: number | null }[];
  contracts: { venue: string; symbol: string; name: string; at: string; coins: number; usd: number | null; summed: boolean }[];
}
export interface Flow {
  move: number;
  low: number;
  high: number;
  gross: number;
  mean: number | null;
}
export interface Option {
  type: "call" | "put";
  bid: number | null;
  ask: number | null;
  bid_iv: number | null;
  ask_iv: number | null;
  mark_iv: number | null;
  open_interest: number | null;
}
export interface Strike {
  strike: number;
  calls: number;
  puts: number;
  pain_usd: number | null;
  surface_vol: number | null;
  options: Option[];
}
export interface Expiry {
  expiry: string;
  expires_at: string;
  venue: string;
  settle: string;
  as_of: string;
  forward: number | null;
  open_interest: number | null;
  calls: number | null;
  puts: number | null;
  put_call: number | null;
  max_pain: number | null;
  max_pain_coin: number | null;
  gamma_gross_1pct: number | null;
  hedge_flow: Flow[];
  surface: { atm_vol: number | null; years: number; inside_bid_ask: number } | null;
  refused: { what: string }[];
  strikes: Strike[];
}
export interface Chain extends Unknown {
  asset: string;
  as_of: string;
  note: string | null;
  expiries: Expiry[];
  boards: { venue: string; settle: string; as_of: string; vol_index_30d: number | null; signed_trades: boolean }[];
}
export interface Level {
  side: "long" | "short";
  from: number;
  to: number;
  coins: number;
  low: number;
  high: number;
  fixed_menu: number;
  truth: number | null;
  status: "ok" | "prior_only";
}
export interface Levels extends Unknown {
  asset: string;
  how: string;
  markets: {
    market: string;
    shown: boolean;
    refused: string[];
    price: number;
    at: string;
    levels: Level[];
    scores: { counts: number; days: number; coverage_90: number; publish: boolean; failed: string[] } | null;
    scores_missing?: string;
  }[];
  notes: string[];
}
export interface Cell {
  coins: number;
  usd: number;
}
export interface Stress extends Unknown {
  asset: string;
  price: number;
  source: string;
  moves: {
    move: number;
    price: number;
    liquidated: { longs: Cell; shorts: Cell };
    dealers: { low: number; high: number } | null;
    cascade: { evidence: string; reason: string; rest: number | null; amplification: number | null };
  }[];
  notes: string[];
  missing: string[];
}
export interface VerdictItem {
  value: number | null;
  unit: string;
  source: string;
  reason?: string;
}
export interface Verdict {
  asset: string;
  day: string;
  flush_day: boolean;
  answer: string;
  probability: number | null;
  interval_80: { low: number; high: number } | null;
  refused: boolean;
  refusal: string;
  provisional: string;
  remarks: string[];
  base_rate: number | null;
  items: Record<string, VerdictItem>;
  would_be: { open_interest_change: number; probability: number; answer: string }[];
  event: string;
  rules: string;
  standing: { switched_off: boolean; words: string };
  such_answers_before: { days: number; waves: number; interval_95: { low: number; high: number } } | null;
  score_before: { days: number; brier: number; brier_base: number } | null;
  supposed: { claim: string; note: string; probability?: number | null; answer?: string }[];
}
export interface VerdictAnswer extends Unknown {
  asset: string;
  as_of: string;
  verdict: Verdict | null;
}
export interface Claim {
  id: string;
  metric: string;
  asset: string;
  stated: number;
  unit: string;
  stated_text: string;
  window: string;
  stated_by: string;
  published: string;
  url: string;
  state: State;
  measured: number | null;
  sources: string[];
  note: string;
  holds_under: string | null;
  mistake: string | null;
}
export interface Claims extends Unknown {
  claims: Claim[];
}
export interface Pending extends Unknown {
  pending: string[];
}
export interface Stream {
  name: string;
  venue: string;
  channel: string;
  messages: number;
  events: number;
  undecoded: number;
  undecoded_reasons: Record<string, number>;
  first: string | null;
  last: string | null;
  silent_s: number | null;
  lag_median_s: number | null;
  lag_p99_s: number | null;
  lag_most_s: number | null;
  gaps: number;
}
export interface Health extends Unknown {
  as_of: string;
  streams: Stream[];
  gaps: number;
  remarks: string;
  assets: { asset: string; events: number }[];
}
export interface Gaps extends Unknown {
  gaps: { stream: string; symbol: string; from: string; to: string; kind: string; reason: string }[];
}
export interface Meanings {
  gauges: { name: string; unit: string; meaning: string }[];
}
export interface Record_ extends Unknown {
  until?: string;
  pools?: { name: string; flush_days: number; refused: number; answers: { answer: string; asset: string; days: number; waves: number; interval_95: { low: number; high: number } }[] }[];
}
