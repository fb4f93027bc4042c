#!/bin/sh
# @railpath/finance-toolkit 0.5.4, calculatePortfolioMetrics: a loss is negative as valueAtRisk and positive as
# expectedShortfall, and its default confidenceLevel of 0.05 means the worst 5 % of days to the first and 95 % of them to
# the second. A book with a VaR of 4.46 % reports an "expected loss beyond VaR" of 0.37 %: a limit on it never bites.
# Guessed: one sign, and a shortfall larger than the VaR, as it always is: for a normal distribution 2.06 deviations, 0.06.
# Seen: VaR -0.0446 shortfall 0.0037 ; with 0.95: VaR -0.0482 shortfall 0.0604
# Version: @railpath/finance-toolkit 0.5.4 from npm, on Node.js 20.20.2
# Date: 30 November 2026
set -eu
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts @railpath/finance-toolkit@0.5.4 >/dev/null
cat > t.cjs <<'END'
const assert = require('node:assert');
const { calculatePortfolioMetrics } = require('@railpath/finance-toolkit');
const returns = Array.from({ length: 100 }, (_, day) => ((day * 37) % 100 - 50) / 1000);
const portfolioValues = returns.reduce((values, r) => [...values, values.at(-1) * (1 + r)], [100]);
const of = (level) => {
  const seen = calculatePortfolioMetrics({ portfolioValues, annualizationFactor: 365, ...level });
  return `VaR ${seen.valueAtRisk.toFixed(4)} shortfall ${seen.expectedShortfall.toFixed(4)}`;
};
const plain = of({}), other = of({ confidenceLevel: 0.95 });
console.log(plain, '; with 0.95:', other);
assert.equal(plain, 'VaR -0.0446 shortfall 0.0037');
assert.equal(other, 'VaR -0.0482 shortfall 0.0604');
END
node t.cjs
