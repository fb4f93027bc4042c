#!/bin/sh
# npm's fix 0.0.6: convertToMap keeps one value a tag, the last. A repeating group comes in whole and leaves as its last entry: of
# a book snapshot (35=W, as Deribit sends it) of one bid and two asks, only the farther ask is left, though 268 still says 3.
# The best bid and ask are gone and nothing is refused.
# Guessed: an array for 269, 270 and 271, or a refusal of groups.
# Seen: 268=3 269=1 270=82002 271=40 ; keys 14
# Version: fix 0.0.6 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts fix@0.0.6 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { convertToMap, checksum, SOHCHAR } = require('./node_modules/fix/fixutils.js');
const fields = ['35=W', '49=DERIBIT', '56=DESK', '34=7', '52=20260130-08:00:00.123', '55=BTC-PERPETUAL', '268=3',
  '269=0', '270=82000.5', '271=10', '269=1', '270=82001', '271=20', '269=1', '270=82002', '271=40'];
const body = fields.join(SOHCHAR) + SOHCHAR, head = `8=FIX.4.4${SOHCHAR}9=${body.length}${SOHCHAR}`;
const map = convertToMap(`${head}${body}10=${checksum(head + body)}${SOHCHAR}`);
const shown = ['268', '269', '270', '271'].map((tag) => `${tag}=${map[tag]}`).join(' ') + ` ; keys ${Object.keys(map).length}`;
console.log(shown);
assert.equal(shown, '268=3 269=1 270=82002 271=40 ; keys 14');
END
node t.cjs
