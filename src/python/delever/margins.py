"""Margin and liquidation by each venue's own rules, exact where money is owed."""

import json

import numpy as np

from . import _core
from .columns import Columns


class Margin:
    """One venue's rules for one symbol, read once and asked often.

    >>> rules = delever.Margin("binance", "BTCUSDT")
    >>> p = rules.position("long", entry=84_250, qty=2, leverage=20)
    >>> p.maintenance, p.liquidation_price          # Decimal in rules.coin, float in quote money per coin

    as_of: the newest rulebook at or before this day ("2025-06-30"); without it the newest. A float stands for the shortest
    decimal that reads back to it; for other decimals give str or Decimal.
    """

    def __init__(self, venue, symbol, as_of="", rulebooks="rulebooks"):
        self._rules = _core.Margin(venue.lower(), symbol, as_of, rulebooks)
        self.position = self._rules.position

    venue = property(lambda self: self._rules.venue, doc="binance, bybit, okx, deribit, hyperliquid or dydx")
    symbol = property(lambda self: self._rules.symbol, doc="the venue's own name")
    coin = property(lambda self: self._rules.coin, doc="what margins and profit are in")
    rulebook = property(lambda self: self._rules.rulebook, doc="which dated rulebook answers")

    def __repr__(self):
        return f"<Margin by {self.rulebook}>"

    def explain(self, side, entry, qty, leverage=1, mode="isolated", wallet=None, mark=None, liquidation_fee=None):
        """The same position step by step: a dict with "steps" of what, formula, value, unit and source."""
        return json.loads(self._rules.explain_json(side, entry, qty, leverage, mode, wallet, mark, liquidation_fee))

    def positions(self, side, entry, qty, leverage=1):
        """Many isolated positions at once, as Columns: value, initial, maintenance, wallet (with *_exact, units of 1e-8),
        liquidation_price, bankruptcy_price, margin_ratio, liquidated, refused (why a row has no figures; else "").

        side: "long", "short" or an array of them; the others broadcast as numpy's do.
        """
        is_long, entry, qty, leverage = np.broadcast_arrays(np.asarray(side) == "long", entry, qty, leverage)
        if not np.all(is_long | np.broadcast_to(np.asarray(side) == "short", is_long.shape)):
            raise ValueError("side: want long or short")
        numbers = [np.ascontiguousarray(x, dtype=np.float64).reshape(-1) for x in (entry, qty, leverage)]
        return Columns(self._rules.many(np.ascontiguousarray(is_long).reshape(-1), *numbers))
