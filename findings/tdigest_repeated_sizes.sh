#!/bin/sh
# npm's tdigest 0.1.3 keeps equal values as one point and draws a straight line to the next: of 10,000 trades, all of 0.001
# BTC but one of 100, the 99th percentile is 98 BTC. Exchange sizes repeat by nature (lots, minimum orders), so a size
# limit set from such a percentile is off by orders of magnitude. The README has a mode for discrete data; the
# default does not say that it needs it.
# Guessed: none before the first run. By what a percentile is one would say 0.001 twice, and 0.001 for the median.
# Seen: median 0.011 p90 80.01 p99 98.01 ; discrete mode 0.001 0.001 0.001
# Version: tdigest 0.1.3 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts tdigest@0.1.3 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { TDigest } = require('tdigest');
const sizes = [...Array(9999).fill(0.001), 100];
const of = (digest) => {
  digest.push(sizes);
  digest.compress();
  return [0.5, 0.9, 0.99].map((q) => +digest.percentile(q).toFixed(3));
};
const plain = of(new TDigest()), discrete = of(new TDigest(false));
console.log('median', plain[0], 'p90', plain[1], 'p99', plain[2], '; discrete mode', ...discrete);
assert.deepEqual(plain, [0.011, 80.01, 98.01]);
assert.deepEqual(discrete, [0.001, 0.001, 0.001]);
END
node t.cjs
