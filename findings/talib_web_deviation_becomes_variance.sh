#!/bin/sh
# talib-web 0.1.3 (TA-Lib in WebAssembly): STDDEV takes the root of the first values only; from the fifth of eight on it hands out
# the variance. Bollinger bands built on it by the same library are right for four bars and 0 from then on. On a few prices
# all looks well; a stop at two deviations of an hour of minutes is at two variances.
# Guessed: eight deviations, and eight upper bands, as by hand.
# Seen: 0.98 0.49 1.10 1.79 4.16 4.64 9.44 9.04 ; by hand 0.98 0.49 1.10 1.79 2.04 2.15 3.07 3.01 ; bands of 8: right 4, zero 4
# Version: talib-web 0.1.3 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts talib-web@0.1.3 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
delete globalThis.fetch; // Else it looks for its own file on the net.
const talib = require('talib-web');
const inReal = [2, 4, 4, 4, 5, 5, 7, 9, 3, 8, 1, 6], timePeriod = 5;
const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
const windows = inReal.slice(timePeriod - 1).map((_, i) => inReal.slice(i, i + timePeriod));
const spread = (window) => Math.sqrt(mean(window.map((one) => (one - mean(window)) ** 2)));
const text = (numbers) => numbers.slice(0, windows.length).map((one) => one.toFixed(2)).join(' ');
talib.init(require.resolve('talib-web/lib/talib.wasm')).then(() => {
  const seen = text(talib.STDDEV({ inReal, timePeriod }).output), hand = text(windows.map(spread));
  const bands = text(talib.BBANDS({ inReal, timePeriod }).upperBand).split(' ');
  const right = bands.filter((band, i) => band === (mean(windows[i]) + 2 * spread(windows[i])).toFixed(2)).length;
  const zero = bands.filter((band) => band === '0.00').length;
  console.log(seen, '; by hand', hand, `; bands of ${bands.length}: right ${right}, zero ${zero}`);
  assert.equal(seen, '0.98 0.49 1.10 1.79 4.16 4.64 9.44 9.04');
  assert.deepEqual([right, zero], [4, 4]);
});
END
node t.cjs
