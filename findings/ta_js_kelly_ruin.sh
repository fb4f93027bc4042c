#!/bin/sh
# ta.js 1.17.0: kelly leaves out what is won and lost. It takes 1 + the mean return where the formula has the ratio of the mean
# win to the mean loss. A desk that wins 1 % six times and loses 5 % four times in ten is told to stake 19 % of its equity
# each time, where the criterion says to stay out (-1.40); one that wins 10 % and loses 1 % at even odds, 2 % instead of 45 %.
# Guessed: p - (1 - p) / (mean win / mean loss): -1.40 and 0.45.
# Seen: six of +1 %, four of -5 %: 0.19 (formula -1.40) ; +10 % or -1 %: 0.02 (formula 0.45)
# Version: ta.js 1.17.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ta.js@1.17.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const ta = require('ta.js');
const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const formula = (returns) => {
  const wins = returns.filter((one) => one > 0), losses = returns.filter((one) => one < 0);
  const share = wins.length / returns.length;
  return share - (1 - share) / (mean(wins) / -mean(losses));
};
const both = (returns) => `${ta.kelly(returns).toFixed(2)} (formula ${formula(returns).toFixed(2)})`;
const ruin = both([...Array(6).fill(0.01), ...Array(4).fill(-0.05)]), good = both([0.1, -0.01, 0.1, -0.01]);
console.log(`six of +1 %, four of -5 %: ${ruin} ; +10 % or -1 %: ${good}`);
assert.equal(ruin, '0.19 (formula -1.40)');
assert.equal(good, '0.02 (formula 0.45)');
END
node t.cjs
