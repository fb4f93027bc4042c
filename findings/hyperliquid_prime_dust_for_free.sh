#!/bin/sh
# hyperliquid-prime 0.1.5: where a part of a split order is below the smallest size, SplitOptimizer gives it to the largest part at
# that part's mean price so far, without asking its book. To buy 2.05 where the other market has only 110 left costs 206.50; it
# states 206.02, less than the 206.05 of the split that it gave up, and the smaller the choice, the "cheaper" it is.
# Guessed: the cost at the levels which the larger part would then take: 206.50.
# Seen: split 206.050 (a 2.00 b 0.05) ; dust moved 206.025 (a 2.05) ; a alone 206.500
# Version: hyperliquid-prime 0.1.5 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm pack --silent hyperliquid-prime@0.1.5 >/dev/null; tar -xzf hyperliquid-prime-0.1.5.tgz
cat > t.mjs <<'END'
import assert from 'node:assert';
import { FillSimulator } from './package/dist/router/simulator.js';
import { SplitOptimizer } from './package/dist/router/splitter.js';
const sum = (sources) => sources.reduce((total, [, sz]) => total + sz, 0);
const level = (px, ...sources) => ({ px, sz: sum(sources), sources: sources.map(([coin, sz]) => ({ coin, sz })) });
const asks = [level(100, ['a', 1]), level(101, ['b', 0.05], ['a', 1]), level(110, ['a', 5])];
const book = { baseAsset: 'ETH', bids: [level(99, ['a', 1])], asks, marketBooks: [], timestamp: 1 };
const markets = new Map(['a', 'b'].map((coin) => [coin, { baseAsset: 'ETH', coin, collateral: 'USDC', maxLeverage: 20 }]));
const split = (...smallest) => {
  const { totalCost, allocations } = new SplitOptimizer().optimize(book, 'buy', 2.05, markets, ...smallest);
  return `${totalCost.toFixed(3)} (${allocations.map((part) => `${part.market.coin} ${part.size.toFixed(2)}`).join(' ')})`;
};
const row = (px, sz) => ({ px: `${px}`, sz: `${sz}`, n: 1 });
const own = { coin: 'a', time: 1, levels: [[row(99, 1)], [row(100, 1), row(101, 1), row(110, 5)]] };
const alone = new FillSimulator().simulate(own, 'buy', 2.05);
const shown = `split ${split()} ; dust moved ${split(0.1)} ; a alone ${alone.totalCost.toFixed(3)}`;
console.log(shown);
assert.equal(shown, 'split 206.050 (a 2.00 b 0.05) ; dust moved 206.025 (a 2.05) ; a alone 206.500');
END
node t.mjs
