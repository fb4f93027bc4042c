#!/bin/sh
# money-math 2.6.3: a product or quotient below zero that has to be rounded comes out up to two cents nearer to zero than it is. A
# third of a loss of 2.00 is -0.65, and three of them make 1.95; a tenth of 99.99 is 10.00 when it is received and -9.99
# when it is paid. Sums of what two sides book for one transfer do not meet. Above zero it rounds half a cent up, as documented.
# Guessed: -0.67, -0.66 and -10.00: each the mirror of the gain.
# Seen: 2.00 / 3.00: 0.67 and -0.65 ; 1.99 * 0.33: 0.66 and -0.64 ; 10 % of 99.99: 10.00 and -9.99
# Version: money-math 2.6.3 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts money-math@2.6.3 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const money = require('money-math');
const both = (name, amount, other) => `${money[name](amount, other)} and ${money[name]('-' + amount, other)}`;
const shown = [both('div', '2.00', '3.00'), both('mul', '1.99', '0.33'), both('percent', '99.99', '10.00')];
console.log(`2.00 / 3.00: ${shown[0]} ; 1.99 * 0.33: ${shown[1]} ; 10 % of 99.99: ${shown[2]}`);
assert.deepEqual(shown, ['0.67 and -0.65', '0.66 and -0.64', '10.00 and -9.99']);
END
node t.cjs
