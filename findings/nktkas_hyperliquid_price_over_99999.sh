#!/bin/sh
# @nktkas/hyperliquid 0.33.3: formatPrice cuts to five significant figures above 99,999 too, though Hyperliquid takes every
# whole number as a price: an order meant for 123,456.7 goes to 123,450, 6.7 away.
# Guessed: 123456: five significant figures, but whole numbers always pass.
# Seen: 99999 and 123450
# Version: @nktkas/hyperliquid 0.33.3 from npm, on Node.js 20.20.2
# Date: 29 and 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @nktkas/hyperliquid@0.33.3 >/dev/null
cat > t.mjs <<'EOF'
import assert from 'node:assert';
import { formatPrice } from '@nktkas/hyperliquid/utils';
const shown = ['99999.7', '123456.7'].map((price) => formatPrice(price, 5));
console.log(shown.join(' and '));
assert.deepEqual(shown, ['99999', '123450']);
EOF
node t.mjs
