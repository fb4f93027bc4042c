#!/bin/bash
# QuantLib 1.29: an option on a future has no cost of carry, and all four of its lookback engines divide by it: the price is NaN, without
# an error, whether both rates are 0 or 5 %, and a book's sum with it. A carry of a millionth gives 14,352 for a floating
# lookback on BTC, as does the formula for no carry. JuQuadraticApproximationEngine is NaN as well, for an American put at rates of 0
# (7,670.51 by three other engines). Perpetuals and futures, as coin options have them, are the case without carry.
# Guessed: finite everywhere, the limit of a small carry, and of the put the price of the European one.
# Seen: no carry: floating nan fixed nan partial nan nan, at 5 % nan ; a millionth 14352, by hand 14352 ; put nan of 7670.51
# Version: QuantLib 1.29-1+b1 (quantlib-python) of Debian 12
# Date: 1 December 2026
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get download -qq quantlib-python=1.29-1+b1 libquantlib0v5=1.29-1 >/dev/null 2>&1
for one in *.deb; do dpkg -x "$one" root; done
l=$PWD/root/usr/lib; export PYTHONPATH=$l/python3/dist-packages LD_LIBRARY_PATH=$l/x86_64-linux-gnu PYTHONDONTWRITEBYTECODE=1
cat > t.py <<'END'
from math import erf, exp, log, pi, sqrt
import QuantLib as ql
today, middle, expiry = ql.Date(30, 1, 2026), ql.Date(27, 2, 2026), ql.Date(27, 3, 2026)
ql.Settings.instance().evaluationDate = today
price, least, volatility, year = 82000.0, 80000.0, 0.6, ql.Actual365Fixed()
end, call = ql.EuropeanExercise(expiry), ql.Option.Call
strike, floating = ql.PlainVanillaPayoff(call, price), ql.FloatingTypePayoff(call)
def process(rate, carry):
    flat = lambda level: ql.YieldTermStructureHandle(ql.FlatForward(today, level, year))
    level = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), volatility, year))
    return ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(price)), flat(rate - carry), flat(rate), level)
def worth(option, engine, rate=0.0, carry=0.0):
    option.setPricingEngine(engine(process(rate, carry)))
    return f'{option.NPV():.2f}'
lookback = ql.ContinuousFloatingLookbackOption(least, floating, end)
engine = ql.AnalyticContinuousFloatingLookbackEngine
fixed = ql.ContinuousFixedLookbackOption(83000.0, strike, end)
partial = ql.ContinuousPartialFloatingLookbackOption(least, 1.0, middle, floating, end)
later = ql.ContinuousPartialFixedLookbackOption(middle, strike, end)
put = ql.VanillaOption(ql.PlainVanillaPayoff(ql.Option.Put, price), ql.AmericanExercise(today, expiry))
normal = lambda x: (1 + erf(x / sqrt(2))) / 2
deviation = volatility * sqrt(year.yearFraction(today, expiry))
a = log(price / least) / deviation + deviation / 2 # The limit of Goldman, Sosin and Gatto's formula.
by_hand = (price * normal(a) - least * normal(a - deviation) +
           price * deviation * (exp(-a * a / 2) / sqrt(2 * pi) - a * normal(-a)))
shown = (f'no carry: floating {worth(lookback, engine)} fixed {worth(fixed, ql.AnalyticContinuousFixedLookbackEngine)} partial '
         f'{worth(partial, ql.AnalyticContinuousPartialFloatingLookbackEngine)} '
         f'{worth(later, ql.AnalyticContinuousPartialFixedLookbackEngine)}, at 5 % {worth(lookback, engine, 0.05)} ; '
         f'a millionth {float(worth(lookback, engine, 1e-6, 1e-6)):.0f}, by hand {by_hand:.0f} ; '
         f'put {worth(put, ql.JuQuadraticApproximationEngine)} of {worth(put, ql.QdFpAmericanEngine)}')
print(shown)
assert shown == ('no carry: floating nan fixed nan partial nan nan, at 5 % nan ; a millionth 14352, by hand 14352 ; '
                 'put nan of 7670.51')
END
/usr/bin/python3 -S t.py
