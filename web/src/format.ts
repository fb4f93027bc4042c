// Numbers as `delever brief` prints them (render/brief_text.cc), so that the two can be compared.

// C's %g: `digits` significant digits, without zeros at the end.
function general(value: number, digits: number): string {
  if (value === 0) return "0";
  const exponent = Number(value.toExponential(digits - 1).split("e")[1]);
  if (exponent < -5 || exponent >= digits) {
    const [m, e] = value.toExponential(digits - 1).split("e");
    const sign = e.startsWith("-") ? "-" : "+";
    return `${trim(m)}e${sign}${e.replace(/[+-]/, "").padStart(2, "0")}`;
  }
  return trim(value.toFixed(Math.max(0, digits - 1 - exponent)));
}

function trim(text: string): string {
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

export function shortNumber(value: number, digits = 4): string {
  const units: [number, number, string][] = [[1e12, 1e12, "T"], [1e9, 1e9, "B"], [1e6, 1e6, "M"], [1e4, 1e3, "k"]];
  for (const [from, unit, name] of units) {
    if (Math.abs(value) >= from) return general(value / unit, digits) + name;
  }
  return general(value, Math.max(digits, 4)); // up to 10,000: no exponent
}

// For the marks of an axis: no exponent where a reader expects digits.
export function axisNumber(value: number): string {
  const size = Math.abs(value);
  for (const [from, name] of [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size >= from) return trim((value / from).toFixed(2)) + name;
  }
  return size >= 100 ? value.toFixed(0) : size === 0 ? "0" : general(value, 3);
}

// Two decimals, more where a coin costs less than a dollar.
export function price(value: number): string {
  const size = Math.abs(value);
  const decimals = size === 0 || size >= 1 ? 2 : Math.min(12, 2 + Math.ceil(-Math.log10(size)) + 1);
  return value.toFixed(decimals);
}

export function shown(value: number | null, unit: string, asset: string): string {
  if (value === null) return "–";
  switch (unit) {
    case "USD":
      return value < 0 ? "-$" + shortNumber(-value) : "$" + shortNumber(value);
    case "USD_per_coin":
      return "$" + price(value);
    case "coins":
      return `${shortNumber(value)} ${asset}`;
    case "fraction_per_year":
      return `${(value * 100).toFixed(2)} %/y`;
    case "fraction_per_interval":
      return `${(value * 100).toFixed(5)} %`;
    case "ratio":
      return value.toFixed(3);
    case "fraction":
      return `${(value * 100).toFixed(2)} %`;
    default:
      return shortNumber(value);
  }
}

export function percent(value: number | null, digits = 1): string {
  return value === null ? "–" : `${value > 0 ? "+" : ""}${(value * 100).toFixed(digits)} %`;
}

export function utc(text: string | null): string {
  if (!text) return "–";
  return text.slice(0, 10) + " " + text.slice(11, 19).replace(/Z.*/, "") + " UTC";
}
// "29 Jan 15:00": of a moment within a chart, whose year is known.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
export function dayName(t: number): string {
  const date = new Date(t * 1000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}
export function monthName(t: number): string {
  return MONTHS[new Date(t * 1000).getUTCMonth()];
}
export function clock(t: number): string {
  return new Date(t * 1000).toISOString().slice(11, 16);
}

export function utcSeconds(t: number): string {
  return utc(new Date(t * 1000).toISOString());
}

export function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  const s = Math.abs(seconds), sign = seconds < 0 ? "-" : "";
  if (s < 0.9995) return `${sign}${Math.round(s * 1000)} ms`;
  if (s < 120) return `${sign}${general(s, 3)} s`;
  if (s < 7200) return `${sign}${(s / 60).toFixed(0)} min`;
  if (s < 172800) return `${sign}${(s / 3600).toFixed(1)} h`;
  return `${sign}${(s / 86400).toFixed(1)} d`;
}

export const LABELS: Record<string, string> = {
  price_usd: "Price",
  liq_total_usd_24h: "Liquidated, 24 h",
  liq_long_usd_24h: "Longs liquidated, 24 h",
  liq_short_usd_24h: "Shorts liquidated, 24 h",
  liq_long_share: "Long share",
  liq_dominance_osc: "Dominance oscillator",
  liq_long_share_ma30: "Long share, 30-day mean",
  liq_dominance_osc_ma30: "Oscillator, 30-day mean",
  liq_dominance_osc_ma30_weighted: "Oscillator, 30 days, weighted",
  liq_dominance_osc_percentile: "Oscillator among past days",
  liq_concentration_1m: "Busiest minute's share",
  liq_concentration_1h: "Busiest hour's share",
  funding_rate: "Funding rate",
  funding_annual: "Funding a year",
  funding_annual_oi_weighted: "Funding a year, weighted",
  oi_coins: "Open interest, coins",
  oi_usd: "Open interest, dollars",
  oi_change_24h_coins: "Open interest, change of 24 h",
  oi_change_24h_usd: "Open interest, change of 24 h",
  basis_annual: "Basis a year",
  realized_vol_24h: "Realised volatility, 24 h",
  vol_index_30d: "Implied volatility, 30 days",
  vol_premium: "Implied less realised",
  price_low_24h: "Low of 24 h",
  price_high_24h: "High of 24 h",
  options_oi: "Options open interest",
  options_oi_calls: "Calls open",
  options_oi_puts: "Puts open",
  options_put_call: "Puts over calls",
  options_max_pain: "Max pain",
  options_max_pain_coin: "Max pain in coins",
  hedge_flow_1pct_gross: "Hedging a 1 % move, gross",
  hedge_flow_1pct_net: "Hedging a 1 % move, net",
  etf_flow_usd_1d: "ETF flow, a day",
};
export function label(name: string): string {
  return LABELS[name] ?? name.replaceAll("_", " ");
}
