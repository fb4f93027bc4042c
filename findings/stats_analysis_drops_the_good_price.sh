#!/bin/sh
# stats-analysis 2.0.0: filterOutliers looks at the steps between neighbours and drops the value BEHIND a step. A mistyped 8,200 in
# the middle of prices round 82,000 takes the good price after it along; in the first place it stays, and the good price after
# it goes: the lowest price, from which a margin is reckoned, is the wrong one. The README tells to use it where order matters.
# Guessed: the mistyped price is dropped wherever it stands, and nothing else.
# Seen: first: 8200 82002 82001 82003 82002 82001 ; middle: 82000 81999 82002 82003 82002 ; filterMADoutliers: right both times
# Version: stats-analysis 2.0.0 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts stats-analysis@2.0.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { filterOutliers, filterMADoutliers } = require('stats-analysis');
const first = [8200, 82001, 82002, 82001, 82003, 82002, 82001];
const middle = [82000, 81999, 82002, 8200, 82001, 82003, 82002];
const kept = [first, middle].map((prices) => filterOutliers([...prices]).join(' '));
const right = [first, middle].every((prices) => filterMADoutliers([...prices]).join() === prices.filter((one) => one > 8200).join());
console.log(`first: ${kept[0]} ; middle: ${kept[1]} ; filterMADoutliers: ${right ? 'right both times' : 'wrong'}`);
assert.deepEqual(kept, ['8200 82002 82001 82003 82002 82001', '82000 81999 82002 82003 82002']);
assert.ok(right);
END
node t.cjs
