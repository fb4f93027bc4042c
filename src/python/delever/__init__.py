"""delever: how much leverage the crypto derivatives market still carries, from Python.

From nothing to a chart
-----------------------
    import delever
    tape = delever.open("samples/day.tape")                       # a made day that comes with delever
    readings = tape.gauges("BTC", since="2026-01-05", step="15m")  # a DataFrame: value, interval, state, sources, reason
    chart = delever.chart(readings, "price_usd")
    chart.save("price.svg")                                        # or leave `chart` last in a notebook's cell

What there is
-------------
    delever.open(*paths)        a Tape: events as columns (trades, quotes, liquidations, ...), gauges, chain, brief, verdict
    delever.brief(), verdict()  published facts of a day, claims checked against them, whether the flush cleared the leverage
    delever.claims(brief)       the checked claims as a DataFrame
    delever.Margin(venue, sym)  margins, liquidation and bankruptcy price by the venue's own rules; one position or arrays
    delever.options             Black-76 on arrays: price(), greeks(), implied_vol()
    delever.stress(book)        who is liquidated by the next move
    delever.simulate(scenario)  a market of agents, one run or an ensemble
    delever.Exchange(venue)     a whole exchange: commands in, events and notices out
    delever.explain("oi_coins") what a word means, in words
    delever.chart(data)         an SVG picture of anything over time

Rules that hold everywhere
--------------------------
    Times are UTC. Columns hold int64 nanoseconds, frames datetime64[ns, UTC]; arguments are ISO-8601 text, datetime,
    pandas.Timestamp or int nanoseconds.
    Money that is owed is exact: Decimal, or int64 columns ending in _exact (price 1e-10, qty 1e-8, rate 1e-15). Estimates are
    float64.
    Fractions, never per cent: 0.0624 a year, a long share of 0.97.
    Missing is NaN or None, and a reading's `state` and `reason` say why. 0 is a number that was said.
    Errors are delever.Error with .fault, .text and .place.
    A name such as "samples/day.tape" or "rules/2026-01-30.toml" is looked for as it stands, then among the files that come
    with delever (delever.HOME, or where the environment's DELEVER_HOME says).
"""

from . import _core, options
from .charts import Chart, chart
from .columns import MISSING, Columns
from .errors import (Error, MalformedError, NoEvidenceError, NotFoundError, OutOfRangeError, RefusedError, UnavailableError,
                     UsageError)
from .margins import Margin
from .tapes import EVENT_KINDS, Chain, Tape, brief, claims, explain, open, simulate, stress, verdict  # noqa: A004
from .venue import FUND, VAULT, Exchange, Outcome

__version__ = _core.version()
HOME = _core.home()  #: where the files that come with delever are

__all__ = ["Chain", "Chart", "Columns", "EVENT_KINDS", "Error", "Exchange", "FUND", "HOME", "MISSING", "MalformedError", "Margin",
           "NoEvidenceError", "NotFoundError", "OutOfRangeError", "Outcome", "RefusedError", "Tape", "UnavailableError",
           "UsageError", "VAULT", "brief", "chart", "claims", "explain", "open", "options", "simulate", "stress", "verdict"]
