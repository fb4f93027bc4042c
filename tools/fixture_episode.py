#!/usr/bin/env python3
"""Writes the tables of fixtures/episode: forty invented days that end on 2026-01-05, by rules short enough to check by hand.
The same bytes come out each time (--check compares)."""
import math
import sys
from datetime import datetime, timedelta
from pathlib import Path

DAYS, LAST = 40, datetime(2026, 1, 4)  # the last whole day
STRIKES = [60000, 65000, 70000, 75000, 80000]
CALLS, PUTS = [5, 10, 40, 60, 85], [30, 50, 25, 10, 5]  # contracts of 1 BTC by strike: 200 and 120


def days():
    return [(i, LAST - timedelta(days=DAYS - 1 - i)) for i in range(DAYS)]


def liquidations():
    """Longs 60 to 100 M in turn, shorts 40 M; on the last day 190 and 10 M: a long share of 0.95."""
    rows = ["symbol,day,liq_long_usd,liq_short_usd"]
    for i, day in days():
        longs, shorts = (190, 10) if i == DAYS - 1 else (60 + 10 * (i % 5), 40)
        rows.append(f"BTC,{day:%Y-%m-%d},{longs}000000,{shorts}000000")
    return rows


def funding():
    """0.0001 each eight hours; on the last day 0.0002, 0.0003 and 0.0004: a mean of 0.0003, 32.85 % a year."""
    rows = ["symbol,settled_at,funding_rate,mark_price"]
    for i, day in days()[-10:]:
        for n in range(1, 4):
            rate = f"0.000{n + 1}" if i == DAYS - 1 else "0.0001"
            rows.append(f"BTCUSDT,{day + timedelta(hours=8 * n):%Y-%m-%dT%H:%M:%SZ},{rate},{70000 + 100 * i}")
    return rows


def prices():
    """The close rises by 100 a day from 70,100 to 73,900; on the last day it falls to 67,000 with a low of 66,000."""
    rows = ["symbol,day,open,high,low,close"]
    for i, day in days():
        close = 67000 if i == DAYS - 1 else 70100 + 100 * i
        low = 66000 if i == DAYS - 1 else 69900 + 100 * i
        rows.append(f"BTCUSDT,{day:%Y-%m-%d},{70000 + 100 * i},{70300 + 100 * i},{low},{close}")
    return rows


def open_interest():
    """100,000 coins, on the last day 92,000; the value is at the close."""
    rows = ["symbol,day,coins,value_usd"]
    for i, day in days():
        coins, close = (92000, 67000) if i == DAYS - 1 else (100000, 70100 + 100 * i)
        rows.append(f"BTC,{day:%Y-%m-%d},{coins},{coins * close}")
    return rows


def options():
    """One board of one expiry, half an hour before the brief; deltas are Black's at a forward of 70,000 and a volatility of 50 %."""
    rows = ["date,instrument_name,bid_iv,ask_iv,mark_iv,open_interest,delta"]
    years = (datetime(2026, 1, 30, 8) - datetime(2026, 1, 4, 23, 30)).total_seconds() / 86400 / 365
    for kind, interest in (("C", CALLS), ("P", PUTS)):
        for strike, contracts in zip(STRIKES, interest):
            d1 = (math.log(70000 / strike) + 0.125 * years) / (0.5 * math.sqrt(years))
            delta = 0.5 * (1 + math.erf(d1 / math.sqrt(2))) - (kind == "P")
            rows.append(f"2026-01-04T23:30:00Z,BTC-30JAN26-{strike}-{kind},49,51,50,{contracts},{delta:.6f}")
    return rows


if __name__ == "__main__":
    folder = Path(__file__).parent.parent / "fixtures/episode"
    for table in (liquidations, funding, prices, open_interest, options):
        path, text = folder / f"{table.__name__}.csv", "\n".join(table()) + "\n"
        if "--check" not in sys.argv:
            path.write_text(text)
        elif path.read_text() != text:
            sys.exit(f"{path} is not what {sys.argv[0]} writes")
