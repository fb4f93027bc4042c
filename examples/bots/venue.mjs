// Binance USD-M by ccxt. REST names another address than the venue's; without it this is the venue itself, or, with
// `delever serve --as-venue`, the rehearsal under the venue's name.
import ccxt from "ccxt";

export async function connect() {
  const { REST, KEY = "K", SECRET = "S" } = process.env;
  const venue = new ccxt.binanceusdm({ apiKey: KEY, secret: SECRET, enableRateLimit: true, rateLimit: 20, options: { fetchCurrencies: false } });
  if (REST) for (const [name, url] of Object.entries(venue.urls.api)) if (typeof url === "string") venue.urls.api[name] = url.replace(/^https:\/\/[^/]+/, REST);
  await venue.loadMarkets();
  return venue;
}

export const SYMBOL = "BTC/USDT:USDT";
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

export function say(what, more = {}) {
  console.log(JSON.stringify({ bot: process.env.KEY ?? "K", what, ...more }));
}

// Turns until the process is told to stop. What the venue refuses is said, and the next turn tries again.
export async function run(turn, every) {
  let on = true;
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => (on = false));
  while (on) {
    try {
      if ((await turn()) === "end") return;
    } catch (error) {
      say("refused", { why: error.constructor.name, text: String(error.message).slice(0, 160) });
    }
    await sleep(every);
  }
}

export async function position(venue) {
  const [open] = (await venue.fetchPositions([SYMBOL])).filter((p) => p.contracts > 0);
  return { coins: open ? open.contracts * (open.side === "long" ? 1 : -1) : 0, liquidation: open?.liquidationPrice ?? null };
}
