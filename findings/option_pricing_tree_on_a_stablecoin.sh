#!/bin/sh
# npm's option-pricing 2.1.0: the binomial tree does not check that its chance of going up is one. Where the rate outweighs the
# volatility of a step, as on a stablecoin, it is above 1, and the price is nothing at all: a call that Black-Scholes puts at 0.0488
# of a coin is worth 0 with 25 steps, the README's number, and 828 coins with 100. From 300 steps on it is right.
# Guessed: 0.0488 from each, to three decimals, since the payoff hardly bends here.
# Seen: Black-Scholes 0.0488 ; 25 steps 0.0000 ; 100 steps 827.7668 ; 300 steps 0.0488
# Version: option-pricing 2.1.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts option-pricing@2.1.0 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import { Option } from 'option-pricing';
const option = new Option({ style: 'european', type: 'call', initialSpotPrice: 1, strikePrice: 1, timeToMaturity: 1, volatility: 0.003,
  riskFreeRate: 0.05 });
const shown = [option.price('bs'), ...[25, 100, 300].map((timeSteps) => option.price('bt', { timeSteps }))].map((one) => one.toFixed(4));
console.log(`Black-Scholes ${shown[0]} ; 25 steps ${shown[1]} ; 100 steps ${shown[2]} ; 300 steps ${shown[3]}`);
assert.deepEqual(shown, ['0.0488', '0.0000', '827.7668', '0.0488']);
END
node t.mjs
