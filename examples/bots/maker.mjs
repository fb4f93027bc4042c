// A market maker: one bid and one ask around the middle, leaning against what it holds. It owns little beside what it may
// lose, and goes flat and waits when the market runs.
import { connect, position, run, say, SYMBOL } from "./venue.mjs";

const SIZE = 0.02, MOST = 0.06; // BTC: an order; a position
const HALF = 0.0004, LEAN = 0.0006; // of the price: half the spread; the shift at the largest position
const RUN = 0.008, LOOK = 10, REST_TURNS = 20; // a move of so much within so many turns is a run: then so many turns of rest

const venue = await connect();
await venue.setLeverage(3, SYMBOL);
const mids = [];
let resting = 0;

async function flatten(coins, why) {
  await venue.cancelAllOrders(SYMBOL);
  if (coins !== 0) await venue.createOrder(SYMBOL, "market", coins > 0 ? "sell" : "buy", Math.abs(coins), undefined, { reduceOnly: true });
  say("flat", { why });
}

await run(async () => {
  const book = await venue.fetchOrderBook(SYMBOL, 5);
  if (!book.bids.length || !book.asks.length) return say("no market", { bids: book.bids.length, asks: book.asks.length });
  const mid = (book.bids[0][0] + book.asks[0][0]) / 2;
  mids.push(mid);
  if (mids.length > LOOK) mids.shift();
  const { coins } = await position(venue);
  if (resting > 0) {
    if (coins !== 0) await flatten(coins, "still holding");
    return void --resting;
  }
  if (Math.abs(mid / mids[0] - 1) > RUN) {
    resting = REST_TURNS;
    return flatten(coins, `the market moved ${((mid / mids[0] - 1) * 100).toFixed(2)} %`);
  }
  const lean = -LEAN * (coins / MOST);
  await venue.cancelAllOrders(SYMBOL);
  const quote = (side, price) => venue.createOrder(SYMBOL, "limit", side, SIZE, venue.priceToPrecision(SYMBOL, price), { postOnly: true });
  if (coins < MOST) await quote("buy", mid * (1 - HALF + lean));
  if (coins > -MOST) await quote("sell", mid * (1 + HALF + lean));
  say("quoted", { mid, coins });
}, 300);
await venue.cancelAllOrders(SYMBOL);
