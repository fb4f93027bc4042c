#!/bin/sh
# @orderly.network/perp 5.2.1: estLiqPrice, shown to a trader before he opens, raises the whole margin term to the power 4/5,
# where its comment and liqPrice raise the notional alone. The larger the order, the safer it looks: 300 BTC at ten times
# leverage are "never" liquidated, and once open, at 24,631.58.
# Guessed: 24,631.58 for every size, by the formula in its own comment: 26,000 + (26,000 / 10 - 26,000 * 0.05) / (0.05 - 1);
# the base rate of 0.05 holds up to 10 million USD (0.5 * 2.512e-7 * 1e7 ^ 0.8 = 0.05).
# Seen: 1 BTC 24631.58 then 24631.58 ; 100 BTC 23802.27 then 24631.58 ; 300 BTC 0.00 then 24631.58
# Version: @orderly.network/perp 5.2.1 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @orderly.network/perp@5.2.1 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { orderUtils, positions } = require('@orderly.network/perp');
const at = 26000, rates = { baseMMR: 0.05, baseIMR: 0.1 }, factor = 2.512e-7;
const both = (qty) => {
  const collateral = at * qty / 10, MMR = Math.max(0.05, 0.5 * factor * (at * qty) ** 0.8);
  const before = orderUtils.estLiqPrice({ totalCollateral: collateral, markPrice: at, ...rates, IMR_Factor: factor,
    orderFee: 0, positions: [], newOrder: { symbol: 'PERP_BTC_USDC', qty, price: at } });
  const after = positions.liqPrice({ markPrice: at, symbol: 'PERP_BTC_USDC', totalCollateral: collateral, positionQty: qty,
    positions: [{ symbol: 'PERP_BTC_USDC', position_qty: qty, mark_price: at, mmr: MMR }], MMR, ...rates,
    IMRFactor: factor, costPosition: at * qty });
  return `${qty} BTC ${before.toFixed(2)} then ${after.toFixed(2)}`;
};
const seen = [1, 100, 300].map(both);
console.log(seen.join(' ; '));
assert.deepEqual(seen, ['1 BTC 24631.58 then 24631.58', '100 BTC 23802.27 then 24631.58', '300 BTC 0.00 then 24631.58']);
END
node t.cjs
