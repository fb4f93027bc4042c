#!/bin/sh
# talib.js 0.1.0 (TA-Lib in WebAssembly) reads one price beyond the last, which is 0 in fresh memory, and fills its answers to the
# input's length with zeros. The average of 4, 5 and nothing follows that of 3, 4 and 5; the RSI of a market that only rises
# ends in a crash to 11.4 that nobody traded. Who takes the last value takes a 0.
# Guessed: 2 3 4, as TA-Lib has it, and an RSI of 100 for each bar that has one: 6 of them for 20 prices over 14.
# Seen: SMA 2 3 4 3 0 ; RSI of a rise: 6 times 100.0, then 11.4 and 13 zeros
# Version: talib.js 0.1.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts talib.js@0.1.0 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
delete globalThis.fetch; // Else it looks for its own file on the net.
const talib = require('talib.js');
talib.init().then(() => {
  const average = talib.SMA({ inReal: [1, 2, 3, 4, 5], timePeriod: 3 }).output;
  const rise = [...Array(20).keys()].map((day) => 82 + day);
  const strength = talib.RSI({ inReal: rise, timePeriod: 14 }).output.map((value) => value.toFixed(1));
  const full = strength.filter((value) => value === '100.0').length, none = strength.filter((value) => value === '0.0').length;
  console.log('SMA', average.join(' '), '; RSI of a rise:', full, 'times 100.0, then', strength[full], 'and', none, 'zeros');
  assert.deepEqual(average, [2, 3, 4, 3, 0]);
  assert.deepEqual([full, strength[6], none], [6, '11.4', 13]);
});
END
node t.cjs
