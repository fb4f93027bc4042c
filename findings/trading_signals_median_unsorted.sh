#!/bin/sh
# trading-signals 8.3.0: getMedian takes the middle of the list as it stands, without sorting; getQuartile of the same list
# at 0.5 sorts. Index prices are medians over venues: with the venue that is off in the middle of the list, its price is the
# index.
# Guessed: none before the first run. By the README ("middle value of a series") and by what a median is one would say 82010.
# Seen: median 70000 quartile(0.5) 82010 of 82000, 82010, 70000, 82020, 82030
# Version: trading-signals 8.3.0 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts trading-signals@8.3.0 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import { getMedian, getQuartile } from 'trading-signals';
const venues = [82000, 82010, 70000, 82020, 82030], median = getMedian([...venues]), half = getQuartile([...venues], 0.5);
console.log('median', median, 'quartile(0.5)', half, 'of', venues.join(', '));
assert.equal(median, 70000);
assert.equal(half, 82010);
END
node t.mjs
