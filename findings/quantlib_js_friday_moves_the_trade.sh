#!/bin/sh
# @quantlib/ql 0.3.6: DateExt.nextWeekday moves the date that it is given and hands it back, where add, advance, endOfMonth and
# addPeriod leave theirs alone (adda and suba have a letter for it). Of a trade of Thursday, asked for the expiry on Friday, the
# trade date is Friday too afterwards: its option has no time left.
# Guessed: expiry on the 30th, trade on the 29th, one day between.
# Seen: expiry 2026-01-30 trade 2026-01-30 days 0 ; advance by 1: 2026-01-30 trade 2026-01-29 days 1
# Version: @quantlib/ql 0.3.6 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @quantlib/ql@0.3.6 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import { DateExt, TimeUnit } from '@quantlib/ql';
const friday = 6; // Sunday is 1.
const day = (date) => date.toISOString().slice(0, 10);
const after = (expiry) => {
  const trade = DateExt.UTC('29,January,2026'), end = expiry(trade);
  return [day(end), day(trade), DateExt.daysBetween(trade, end)];
};
const named = after((trade) => DateExt.nextWeekday(trade, friday)), counted = after((trade) => DateExt.advance(trade, 1, TimeUnit.Days));
console.log('expiry', named[0], 'trade', named[1], 'days', named[2], '; advance by 1:', counted[0], 'trade', counted[1], 'days', counted[2]);
assert.deepEqual(named, ['2026-01-30', '2026-01-30', 0]);
assert.deepEqual(counted, ['2026-01-30', '2026-01-29', 1]);
END
TZ=UTC node t.mjs
