#!/bin/sh
# Rates of return of a desk that lost: of a loss of half in a period `financial` 0.2.4, a port of numpy-financial, says Infinity,
# and financejs 4.1.0 that it "can't find a result"; @webcarrot/xirr 3.0.1 fails on a loss of 95 % in a year. The gains of the
# same size are found by all three. In a table of desks the losers are blank rows, or stand on top.
# Guessed: -0.50, -50 and -0.95, as each has one root and lies above -1.
# Seen: gain: 0.50 50.01 0.95 ; loss: Infinity Error Error
# Version: financial 0.2.4, financejs 4.1.0, @webcarrot/xirr 3.0.1 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts financial@0.2.4 financejs@4.1.0 @webcarrot/xirr@3.0.1 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import financial from 'financial';
import { Finance } from 'financejs';
import { xirr } from '@webcarrot/xirr';
const tried = (rate) => { try { return rate(); } catch (error) { return error.constructor.name; } };
const dated = (end) => xirr([{ amount: -100, date: new Date('2025-01-01') }, { amount: end, date: new Date('2026-01-01') }]);
const gain = [financial.irr([-100, 150]).toFixed(2), new Finance().IRR(-100, 150), dated(195).toFixed(2)];
const loss = [financial.irr([-100, 50]), tried(() => new Finance().IRR(-100, 50)), tried(() => dated(5))];
console.log('gain:', ...gain, '; loss:', ...loss);
assert.deepEqual(loss, [Infinity, 'Error', 'Error']);
assert.equal(gain[0], '0.50');
assert.ok(Math.abs(gain[1] - 50) < 0.1);
assert.equal(gain[2], '0.95');
END
node t.mjs
