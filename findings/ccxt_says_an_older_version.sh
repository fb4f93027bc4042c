#!/bin/sh
# npm's ccxt 4.5.84 holds two builds that name two releases: `import` says 4.5.83, `require` says 4.5.84. A recording that
# notes ccxt.version names another release when the script becomes an ES module.
# Guessed: 4.5.84 from both; seen by chance, in the output of another script.
# Seen: import 4.5.83 ; require 4.5.84
# Version: ccxt 4.5.84 from npm, on Node.js 20.20.2
# Date: 29 and 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts ccxt@4.5.84 >/dev/null
imported=$(node --input-type=module -e "import ccxt from 'ccxt'; console.log(ccxt.version)")
required=$(node -e "console.log(require('ccxt').version)")
echo "import $imported ; require $required"
[ "$imported" = 4.5.83 ] && [ "$required" = 4.5.84 ]
