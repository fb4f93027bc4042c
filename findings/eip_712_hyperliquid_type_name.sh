#!/bin/sh
# eip-712 1.0.0 cannot hash what a Hyperliquid account signs itself. Those types have a colon in their name
# (HyperliquidTransaction:UsdSend); the library takes the name up to the colon, finds no such type and throws a TypeError about
# `map`. eth-eip712-util 2.3.1 hashes the same message, and both agree on an Agent, which signs the orders: a desk that has
# traded for weeks learns it at its first withdrawal.
# Guessed: the same hash from both for both messages.
# Seen: Agent: same ; UsdSend: eth-eip712-util 33b7f794653f8572 eip-712 TypeError
# Version: eip-712 1.0.0, eth-eip712-util 2.3.1 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts eip-712@1.0.0 eth-eip712-util@2.3.1 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const one = require('eip-712'), other = require('eth-eip712-util');
const EIP712Domain = [['name', 'string'], ['version', 'string'], ['chainId', 'uint256'], ['verifyingContract', 'address']]
  .map(([name, type]) => ({ name, type }));
const typed = (primaryType, fields, message, name, chainId) => ({ primaryType, message,
  types: { EIP712Domain, [primaryType]: Object.entries(fields).map(([name, type]) => ({ name, type })) },
  domain: { name, version: '1', chainId, verifyingContract: '0x' + '00'.repeat(20) } });
const hashes = (data) => [other.hashForSignTypedData_v4({ data }), (() => {
  try { return one.getMessage(data, true); } catch (error) { return error.name; }
})()].map((hash) => typeof hash === 'string' ? hash : Buffer.from(hash).toString('hex').slice(0, 16));
const agent = hashes(typed('Agent', { source: 'string', connectionId: 'bytes32' },
  { source: 'a', connectionId: '0x' + 'ab'.repeat(32) }, 'Exchange', 1337));
const send = hashes(typed('HyperliquidTransaction:UsdSend', { hyperliquidChain: 'string', destination: 'string',
  amount: 'string', time: 'uint64' }, { hyperliquidChain: 'Mainnet', destination: '0x' + '11'.repeat(20), amount: '1.0',
  time: 1769720000100 }, 'HyperliquidSignTransaction', 42161));
console.log(`Agent: ${agent[0] === agent[1] ? 'same' : 'not the same'} ; UsdSend: eth-eip712-util ${send[0]} eip-712 ${send[1]}`);
assert.equal(agent[0], agent[1]);
assert.equal(send[0], '33b7f794653f8572');
assert.equal(send[1], 'TypeError');
END
node t.cjs
