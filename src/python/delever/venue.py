"""A whole exchange as an object: commands in, events and notices out."""

import json

from . import _core
from .columns import instant

FUND = 0  #: the insurance fund's account
VAULT = 1  #: the backstop vault's account


class Outcome:
    """What one command led to.

    refused  None, or the reason: "not_enough_margin", "would_take", ...; then nothing has changed
    events   what the market saw, a list of dicts as `delever tape cat --events` prints them
    notices  what accounts were told, a list of dicts: kind, account, at (int ns), and each kind's own fields
    """

    __slots__ = ("refused", "_events", "notices")

    def __init__(self, told):
        self.refused, self._events, self.notices = told

    @property
    def events(self):
        return [json.loads(event) for event in self._events]

    def __bool__(self):
        return self.refused is None

    def of(self, kind):
        """The notices of one kind: outcome.of("fill")."""
        return [notice for notice in self.notices if notice["kind"] == kind]

    def __repr__(self):
        if self.refused:
            return f"<Outcome refused: {self.refused}>"
        return f"<Outcome: {len(self._events)} events, notices {[n['kind'] for n in self.notices]}>"


class Exchange:
    """One venue under its own rules, deterministic: the same commands give the same state and hash.

    >>> venue = delever.Exchange("binance", prices=(20_000, 200_000), fees=("0.0002", "0.0005"))
    >>> venue.publish_index("BTC", 84_250); venue.tick()
    >>> a = venue.open_account(); venue.deposit(a, "USDT", 10_000)
    >>> venue.submit(a, "BTCUSDT", "buy", qty="0.5", price=84_000)

    symbols: of the venue's rulebooks. prices: the lowest and highest that an order book holds. fees: (maker, taker), which
    most rulebooks do not establish. Exact numbers go in as int, str or Decimal (a float as its shortest decimal) and come out
    as Decimal. Time moves by `at=` (any later time, as Tape takes it) or stays; tick() moves it a second.
    """

    def __init__(self, venue, symbols=("BTCUSDT",), *, prices=(1_000, 400_000), fees=(None, None), as_of="",
                 start="2026-01-30T00:00:00Z", rulebooks="rulebooks"):
        asked = [{"symbol": symbol, "as_of": as_of, "lowest": float(prices[0]), "highest": float(prices[1]),
                  "maker": fees[0], "taker": fees[1]} for symbol in ([symbols] if isinstance(symbols, str) else symbols)]
        self._venue = _core.Exchange(venue.lower(), asked, rulebooks)
        self._now = instant(start)

    def _at(self, at):
        if at is not None:
            self._now = instant(at)
        return self._now

    def _tell(self, command, *arguments, at=None):
        return Outcome(getattr(self._venue, command)(self._at(at), *arguments))

    # ---- accounts

    def open_account(self, *, collateral="single_coin", hedge=False, at=None):
        """A new account's number. collateral: "single_coin", "multi_asset" or "portfolio"."""
        outcome = self._tell("open_account", collateral, hedge, at=at)
        return outcome.of("account_opened")[0]["account"]

    def deposit(self, account, coin, amount, *, at=None):
        """Coins into a wallet; to FUND and VAULT as well."""
        return self._tell("deposit", account, coin, amount, at=at)

    def withdraw(self, account, coin, amount, *, at=None):
        """Coins out of a wallet."""
        return self._tell("withdraw", account, coin, amount, at=at)

    def set_leverage(self, account, instrument, leverage, *, at=None):
        """The leverage that an account chooses for an instrument."""
        return self._tell("set_leverage", account, instrument, leverage, at=at)

    def set_margin_mode(self, account, instrument, mode, *, at=None):
        """mode: "cross" or "isolated"."""
        return self._tell("set_margin_mode", account, instrument, mode, at=at)

    def move_margin(self, account, instrument, amount, *, position="long", at=None):
        """From the wallet to an isolated position; negative takes out."""
        return self._tell("move_margin", account, instrument, position, amount, at=at)

    # ---- orders

    def submit(self, account, instrument, side, qty, price=None, *, type=None, trigger=None, trigger_by="mark",
               time_in_force="good_till_cancelled", reduce_only=False, position="long", client=0, at=None):
        """An order: side "buy" or "sell", qty in the instrument's unit, price in quote money (None: a market order).

        trigger makes it a stop, by the mark or the last price. position: which of the two, in hedge mode.
        """
        if type is None:
            type = ("stop_" if trigger is not None else "") + ("market" if price is None else "limit")
        return self._tell("submit", {"account": account, "instrument": instrument, "side": side, "qty": qty, "price": price,
                                     "type": type, "trigger": trigger, "trigger_by": trigger_by,
                                     "time_in_force": time_in_force, "reduce_only": reduce_only, "position": position,
                                     "client": client}, at=at)

    def cancel(self, account, instrument, order, *, at=None):
        """Takes an order off; its number is in the notice "rested" or "stop_armed"."""
        return self._tell("cancel", account, instrument, order, at=at)

    def reduce(self, account, instrument, order, qty, *, at=None):
        """Leaves an order with `qty`, in its place."""
        return self._tell("reduce", account, instrument, order, qty, at=at)

    def cancel_all(self, account, instrument=None, *, at=None):
        """All of an account's orders, or those of one instrument."""
        return self._tell("cancel_all", account, instrument, at=at)

    # ---- the market from outside

    def publish_index(self, coin, price, *, at=None):
        """The spot price behind index, mark and margins; it takes effect at the next tick."""
        return self._tell("publish_index", coin, price, at=at)

    def publish_mark(self, instrument, price, *, at=None):
        """A mark that is computed elsewhere."""
        return self._tell("publish_mark", instrument, price, at=at)

    def tick(self, seconds=1, *, at=None):
        """The venue's clock: marks, funding, stops, liquidations. Moves time by `seconds` unless `at` is given."""
        return self._tell("tick", at=self._now + int(seconds * 1_000_000_000) if at is None else at)

    # ---- what stands

    now = property(lambda self: self._now, doc="int nanoseconds since 1970 UTC")
    hash = property(lambda self: self._venue.hash, doc="a digest of everything that can influence what happens next")
    instruments = property(lambda self: self._venue.instruments)
    coins = property(lambda self: self._venue.coins)

    def mark(self, instrument):
        """The mark price, None before the first."""
        return self._venue.mark(instrument)

    def index(self, coin):
        """The index price, None before the first."""
        return self._venue.index(coin)

    def last(self, instrument):
        """The last trade's price, None before the first."""
        return self._venue.last(instrument)

    def depth(self, instrument, levels=10):
        """(bids, asks): lists of (price, qty), best first."""
        return self._venue.depth(instrument, levels)

    def open_interest(self, instrument):
        """Contracts, one side counted."""
        return self._venue.open_interest(instrument)

    def wallet(self, account, coin):
        """Without unrealised profit and isolated margins; FUND's is the insurance fund."""
        return self._venue.wallet(account, coin)

    def positions(self, account):
        """A list of dicts: instrument, side, mode, qty, cost (value at entry), margin, leverage."""
        return self._venue.positions(account)

    def pools(self, account):
        """What is margined together: coin, isolated, equity, initial, maintenance, liquidated."""
        return self._venue.pools(account)

    def fees(self, coin):
        """What the venue has earned."""
        return self._venue.fees(coin)

    def imbalance(self, coin):
        """0, always: every coin that somebody has, somebody gave."""
        return self._venue.imbalance(coin)

    def snapshot(self):
        """The whole state as bytes, for restore() on an Exchange of the same setup."""
        return self._venue.snapshot()

    def restore(self, snapshot):
        """From here on this one behaves as that one did."""
        self._venue.restore(snapshot)
        self._now = max(self._now, self._venue.now)
