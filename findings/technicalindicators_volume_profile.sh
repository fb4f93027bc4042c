#!/bin/sh
# technicalindicators 3.1.0: VolumeProfile adds the whole volume of a bar to every price range that the bar touches. One
# bar of 100 over four ranges is a profile of 400, and of bars of equal volume the widest weighs most: a crash minute buries
# the levels where the position was built.
# Guessed: none before the first run. By its name one would say a profile that adds up to what was traded: 100, then 300.
# Seen: one bar of 100: 100 100 100 100 ; three bars of 100: 200 300 300 200
# Version: technicalindicators 3.1.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts technicalindicators@3.1.0 >/dev/null
node -e "
const assert = require('node:assert');
const { VolumeProfile } = require('technicalindicators');
const profile = (bars) => VolumeProfile.calculate({ ...bars, noOfBars: 4 }).map((range) => range.totalVolume).join(' ');
const one = profile({ open: [81800], high: [82200], low: [81400], close: [82000], volume: [100] });
const three = profile({ open: [82100, 82300, 82500], high: [82400, 82600, 82800], low: [82000, 82200, 82400],
  close: [82300, 82500, 82700], volume: [100, 100, 100] });
console.log('one bar of 100:', one, '; three bars of 100:', three);
assert.equal(one, '100 100 100 100'); assert.equal(three, '200 300 300 200');"
