#!/bin/bash
# QuantLib 1.29, RiskStatistics: the expected shortfall is the mean of the outcomes strictly BELOW the value at risk. With isolated margin
# the losses end at what was posted, so that many scenarios have the same worst one: with ten of 100 at -5 there is no shortfall
# at 95 % but the error "no data below the target", and beside one loss of 50 it is that one, 50.00, where the worst five of
# 100 lose 14.00 each. The same happens at 99 % of 20 days: the worst day is the value at risk, and nothing lies beyond it.
# Guessed: 5.00, and 14.00.
# Seen: VaR 5.00 shortfall: no data below the target ; with one of 50: VaR 5.00 shortfall 50.00, by hand 14.00
# Version: QuantLib 1.29-1+b1 (quantlib-python) of Debian 12
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq quantlib-python=1.29-1+b1 libquantlib0v5=1.29-1 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export PYTHONPATH=$l/python3/dist-packages LD_LIBRARY_PATH=$l/x86_64-linux-gnu PYTHONDONTWRITEBYTECODE=1
cat > t.py <<'END'
import QuantLib as ql
def read(outcomes):
    statistics = ql.RiskStatistics()
    for outcome in outcomes:
        statistics.add(outcome)
    try:
        shortfall = f'shortfall {statistics.expectedShortfall(0.95):.2f}'
    except RuntimeError as error:
        shortfall = f'shortfall: {error}'
    return f'VaR {statistics.valueAtRisk(0.95):.2f} {shortfall}'
capped = [-5.0] * 10 + [1.0] * 90
beyond = [-50.0] + [-5.0] * 9 + [1.0] * 90
shown = f'{read(capped)} ; with one of 50: {read(beyond)}, by hand {-sum(sorted(beyond)[:5]) / 5:.2f}'
print(shown)
assert ql.__version__ == '1.29'
assert shown == ('VaR 5.00 shortfall: no data below the target ; with one of 50: VaR 5.00 shortfall 50.00, by hand 14.00')
END
/usr/bin/python3 -S t.py
