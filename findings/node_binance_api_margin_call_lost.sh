#!/bin/sh
# node-binance-api 1.0.33: a MARGIN_CALL of the futures user stream never reaches the callback that was set for it. Binance names
# the positions `p`; the converter looks for `positions` and throws. The other events of the same handler (here a change of
# leverage) arrive, so a desk that tries its stream on quiet days sees nothing wrong until the day of the call.
# Guessed: one call of the callback, with the position's maintenance margin.
# Seen: leverage change: 25 ; margin call: TypeError, callbacks 0
# Version: node-binance-api 1.0.33 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts node-binance-api@1.0.33 >/dev/null
cat > t.mjs <<'END'
import assert from 'node:assert';
import Binance from 'node-binance-api';
const binance = new (Binance.default ?? Binance)();
let calls = 0, leverage = 0, thrown = 'nothing';
binance.Options.future_margin_call_callback = () => { ++calls; };
binance.Options.future_account_config_update_callback = (change) => { leverage = change.ac.leverage; };
binance.userFutureDataHandler({ e: 'ACCOUNT_CONFIG_UPDATE', E: 1611646737479, T: 1611646737476, ac: { s: 'BTCUSDT', l: 25 } });
const call = { e: 'MARGIN_CALL', E: 1587727187525, cw: '3.16', p: [{ s: 'ETHUSDT', ps: 'LONG', pa: '1.327', mt: 'CROSSED',
  iw: '0', mp: '187.17', up: '-1.166', mm: '1.614' }] };
try { binance.userFutureDataHandler(call); } catch (error) { thrown = error.name; }
console.log(`leverage change: ${leverage} ; margin call: ${thrown}, callbacks ${calls}`);
assert.equal(leverage, 25);
assert.equal(thrown, 'TypeError');
assert.equal(calls, 0);
process.exit(0);
END
node t.mjs
