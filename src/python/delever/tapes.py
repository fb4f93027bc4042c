"""Tapes: recordings of venues, and what they say."""

import io
import json
import os

import pandas as pd

from . import _core
from .columns import Columns, instant, instant_text

_FOREVER = (-(2**63), 2**63 - 1)


def _one_or_many(value):
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def _found(path):
    return _core.find_shipped(os.fspath(path))


def open(*paths):  # noqa: A001: delever.open reads as what it does
    """A Tape of one file or of several that are read as one, by receive time.

    >>> tape = delever.open("samples/day.tape")   # a made day that comes with delever
    """
    return Tape(*paths)


class Tape:
    """One or several tape files, read as one. Nothing is read before it is asked for.

    Times are given as ISO-8601 text, datetime, pandas.Timestamp or int nanoseconds; naive ones are UTC.
    What is known at T is what was received before or at T.
    """

    def __init__(self, *paths):
        if not paths:
            raise TypeError("open() wants at least one path")
        self.paths = [_found(path) for path in paths]
        self.info()  # a file that is no tape is refused here

    def __repr__(self):
        return f"<Tape {', '.join(self.paths)}>"

    def info(self):
        """What the files hold: {"path", "file_bytes", "messages", "first", "last", "closed", "gaps", "damaged", "streams"},
        a list of them when there are several."""
        all_of_them = [json.loads(_core.tape_info(path)) for path in self.paths]
        return all_of_them[0] if len(all_of_them) == 1 else all_of_them

    # ---- events as columns

    def events(self, kinds=None, *, instruments=None, since=None, until=None, exact=True):
        """{kind: Columns} of all kinds, or of those named (delever.EVENT_KINDS), in one reading of the tape.

        instruments: "BTCUSDT", "binance:BTCUSDT" or "BTC-USDT-PERP", one or a list.
        since, until: of the receive time, inclusive. exact: with int64 columns beside prices and sizes.
        """
        kinds = set(_one_or_many(kinds))
        if unknown := kinds - set(EVENT_KINDS):
            raise ValueError(f"no such kind of event: {', '.join(sorted(unknown))}; there are {', '.join(EVENT_KINDS)}")
        begin = _FOREVER[0] if since is None else instant(since)
        end = _FOREVER[1] if until is None else instant(until)
        read = _core.read_events(self.paths, kinds, set(_one_or_many(instruments)), begin, end, exact)
        shared = {"instrument": read["instruments"], "source": read["sources"]}
        return {kind: Columns(parts, shared, read["undecoded"]) for kind, parts in read["tables"].items()}

    def _kind(self, kind, **asked):
        return self.events(kind, **asked)[kind]

    def trades(self, **asked):
        """Trades: price (quote per base), qty (the venue's unit), taker_side, id where it is a number."""
        return self._kind("trade", **asked)

    def quotes(self, **asked):
        """Best bid and ask: bid_price, bid_qty, ask_price, ask_qty; an empty side is NaN."""
        return self._kind("quote", **asked)

    def liquidations(self, **asked):
        """Forced closes: position_side (the side that was closed), price and qty (the fill, else the order), feed (how the
        channel thins what happened)."""
        return self._kind("liquidation", **asked)

    def funding(self, **asked):
        """Funding rates: rate (a fraction of notional per interval_s; positive: longs pay), kind, settles_at."""
        return self._kind("funding_rate", **asked)

    def open_interest(self, **asked):
        """Open interest, one side counted: contracts (the venue's unit), coins, value_usd."""
        return self._kind("open_interest", **asked)

    def option_quotes(self, **asked):
        """Options: bid, ask, mark, their implied volatilities (fractions a year), open_interest, greeks."""
        return self._kind("option_quote", **asked)

    def candles(self, **asked):
        """Candles: from, to, open, high, low, close, volume."""
        return self._kind("candle", **asked)

    def books(self, **asked):
        """(snapshots, deltas) of order books, a row a level: side, price, qty (0 in a delta takes the level away)."""
        both = self.events(["book_snapshot", "book_delta"], **asked)
        return both["book_snapshot"], both["book_delta"]

    def gaps(self, **asked):
        """What is missing from the streams: from, to, kind, reason."""
        return self._kind("gap", **asked)

    # ---- what they say

    def gauges(self, asset="BTC", *, since=None, until=None, step="1h", only=None, rules="rules/2026-01-30.toml"):
        """Readings at one time (until, or the last message) or at many (from since, a step apart), as a DataFrame.

        A row a reading: at, name, venue, expiry, value, low, high (the interval), unit, state, as_of, window_s, coverage,
        sources, reason, rule. A value that is not known is NaN, and its state says "pending" or "conflicting", its reason
        why. delever.explain("liq_dominance_osc") says what a name means.
        """
        read = _core.read_gauges(self.paths, asset, instant_text(since), instant_text(until), step, _one_or_many(only), rules)
        return Columns(read).frame()

    def chain(self, asset="BTC", *, at=None, expiry=""):
        """The option boards at a time, as a Chain."""
        return Chain(*_core.chain(self.paths, asset, instant_text(at), expiry))

    def brief(self, asset="", *, at=None, claims="", format="json"):
        """All readings, checked claims and the verdict, as a dict; format="text" or "html" for a page.

        claims: a CSV file of published figures, or a DataFrame of them.
        """
        return _brief("", self.paths, asset, at, claims, format)

    def verdict(self, *, at=None):
        """Cleared, not cleared or cannot tell, with its record, as a dict."""
        return json.loads(_core.verdict(self.paths, [], instant_text(at), ""))

    def stress(self, asset="BTC", *, at=None, book="", moves=(), price=None, unscored=False):
        """The next wave: who is liquidated by moves such as "-5%", as a dict. book: accounts (CSV or DataFrame); without it
        levels are inferred from the tape."""
        return stress(book, self, asset=asset, at=at, moves=moves, price=price, unscored=unscored)


EVENT_KINDS = tuple(_core.event_kinds())


class Chain:
    """Option boards of one asset at one time.

    frame     a row an option: expiry, strike, type, forward, bid, ask (coins or money, as quoted), bid_iv, ask_iv, mark_iv,
              surface_vol (fractions a year), delta, gamma, vega, theta, open_interest (coins)
    document  the whole report as a dict, expiry by expiry: max pain, hedging flow, smile, what was refused
    """

    def __init__(self, document, csv):
        self.document = json.loads(document)
        frame = pd.read_csv(io.StringIO(csv), float_precision="round_trip")
        for name in ("as_of", "expiry"):
            frame[name] = pd.to_datetime(frame[name], utc=True)
        self.frame = frame

    def __repr__(self):
        return f"<Chain of {self.document['asset']} at {self.document['as_of']}: {len(self.frame)} options>"


class _AsFile:
    """The path of a file: one that was given, or one made of a DataFrame, gone at the end."""

    def __init__(self, given):
        self.given, self.made = given, None

    def __enter__(self):
        if not isinstance(self.given, pd.DataFrame):
            given = os.fspath(self.given or "")
            return _core.find_shipped(given) if given else ""
        import tempfile

        self.made = tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False)
        with self.made as file:
            self.given.to_csv(file, index=False)
        return self.made.name

    def __exit__(self, *_):
        if self.made:
            os.unlink(self.made.name)


def _brief(episode, tapes, asset, at, claims, format):
    with _AsFile(claims) as claims_file:
        text = _core.brief(episode, tapes, asset, instant_text(at), claims_file, format)
    return json.loads(text) if format == "json" else text


def brief(episode="episodes/2026-01-30", *, at=None, claims="", format="json"):
    """The brief of an episode folder: readings, claims and verdict as a dict; format="text" or "html" for a page."""
    return _brief(_found(episode), [], "", at, claims, format)


def verdict(data="episodes/2026-01-30", *, at=None, claims=""):
    """Whether a flush cleared the leverage, by an episode folder or tables of days, as a dict."""
    return json.loads(_core.verdict([], [_found(path) for path in _one_or_many(data)], instant_text(at), claims))


def claims(document):
    """The claims of a brief as a DataFrame: id, metric, asset, stated, unit, state, measured, holds_under, mistake, note."""
    wanted = ["id", "metric", "asset", "stated", "unit", "state", "measured", "holds_under", "mistake", "note", "stated_by"]
    return pd.DataFrame([{name: claim.get(name) for name in wanted} for claim in document["claims"]], columns=wanted)


def stress(book="", tape=None, *, asset="BTC", at=None, moves=(), price=None, unscored=False):
    """The next wave on a book of accounts (a CSV file as docs/stress-book.md says, or a DataFrame), or on a tape's levels.

    moves: texts such as "-5%"; price: in USD, where no tape has one. A dict: by move who is liquidated, for how much, what
    the market would absorb, what is missing.
    """
    paths = [] if tape is None else tape.paths
    with _AsFile(book) as file:
        return json.loads(_core.stress(paths, file, asset, instant_text(at), _one_or_many(moves), price, unscored))


def simulate(scenario, *, seed=1, runs=1, threads=1, without=(), mechanisms=False, out="", replace=False):
    """A market of agents by a scenario ("scenarios/stop-run.toml"), as a dict.

    runs > 1: an ensemble on seeds seed, seed + 1, ...; mechanisms: each left out in turn, on the same seeds. without: of
    "stops", "gamma", "arbitrage", "makers", "dip_buyers", "portfolio". out: a tape to write, of one run; then delever.open it.
    """
    path = _found(scenario)
    if runs > 1 or mechanisms:
        if out:
            raise ValueError("many runs write no tape: leave out `out`")
        return json.loads(_core.ensemble(path, seed, runs, threads, _one_or_many(without), mechanisms))
    return json.loads(_core.simulate(path, seed, threads, _one_or_many(without), os.fspath(out), replace))


def explain(name=None):
    """What a word of delever means (a gauge, a state, a claim's metric, a rule), as text; without a name all words, as a
    DataFrame."""
    words = _core.explain()
    if name is None:
        return pd.DataFrame([word[:3] for word in words], columns=["kind", "name", "meaning"])
    found = [word for word in words if word[1].lower() == name.lower()]
    if not found:
        import difflib

        near = difflib.get_close_matches(name, [word[1] for word in words], 1)
        raise LookupError(f"no word {name!r}" + (f": did you mean {near[0]}?" if near else ""))
    return "\n".join("\n  ".join([f"{word[1]}: {word[2]}", *word[3]]) for word in found)
