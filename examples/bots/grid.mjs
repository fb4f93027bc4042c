// A grid at 20x: buys each step down, sells each step up, and has no stop. It earns in a market that comes back, and is
// liquidated in one that does not.
import { connect, position, run, say, SYMBOL } from "./venue.mjs";

const LEVERAGE = 20, STEP = 0.003, RUNGS = 12; // a step: of the price
const USE = 0.9; // of what the leverage allows, over all rungs of a side

const venue = await connect();
await venue.setLeverage(LEVERAGE, SYMBOL);
const start = (await venue.fetchBalance()).USDT.total;
const first = (await venue.fetchTicker(SYMBOL)).last;
const size = Number(venue.amountToPrecision(SYMBOL, (start * LEVERAGE * USE) / RUNGS / first));
say("begins", { usdt: start, leverage: LEVERAGE, rungs: RUNGS, coins_each: size });

await run(async () => {
  const equity = (await venue.fetchBalance()).USDT.total;
  const { coins, liquidation } = await position(venue);
  if (equity < start / 10) {
    say("ruined", { usdt: equity });
    return "end";
  }
  const open = await venue.fetchOpenOrders(SYMBOL);
  const has = new Set(open.map((o) => o.side + o.price));
  const last = (await venue.fetchTicker(SYMBOL)).last;
  const below = Math.floor(Math.log(last / first) / Math.log1p(STEP));
  for (let k = 0; k < RUNGS; ++k) {
    for (const [side, rung] of [["buy", below - k], ["sell", below + 1 + k]]) {
      const price = Number(venue.priceToPrecision(SYMBOL, first * (1 + STEP) ** rung));
      if (has.has(side + price) || (side === "sell" && coins < size * (k + 1))) continue;
      if (side === "buy" && coins + size * (k + 1) > size * RUNGS) continue;
      await venue.createOrder(SYMBOL, "limit", side, size, price);
    }
  }
  say("holds", { coins, liquidation, usdt: equity });
}, 300);
