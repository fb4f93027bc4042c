#!/bin/sh
# oakscriptjs 0.3.0, "PineScript v6 compatible": tsi is a hundred times Pine's, whose range is -1 to 1, so that a rule "above 0.25"
# holds at almost every rise; highestbars and lowestbars count bars back as positive numbers, where Pine's offsets are 0 or
# less: close[-ta.highestbars(3)], the close of the highest bar, turns the wrong way.
# Guessed: as Pine: 1 for prices that only rise, and -2 for a high of two bars ago.
# Seen: tsi of rising prices 100 ; high two bars ago: 2 ; low two bars ago: 2
# Version: oakscriptjs 0.3.0 from npm, on Node.js 20.20.2
# Date: 1 December 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts oakscriptjs@0.3.0 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import { taCore } from 'oakscriptjs';
const last = (series) => series.at(-1);
const rising = Array.from({ length: 30 }, (_, bar) => 100 + bar);
const shown = `tsi of rising prices ${last(taCore.tsi(rising, 3, 5))} ; high two bars ago: ${last(taCore.highestbars([3, 10, 6, 7], 3))} ; `
  + `low two bars ago: ${last(taCore.lowestbars([3, 1, 6, 7], 3))}`;
console.log(shown);
assert.equal(shown, 'tsi of rising prices 100 ; high two bars ago: 2 ; low two bars ago: 2');
END
node t.mjs
