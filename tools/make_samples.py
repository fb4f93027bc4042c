#!/usr/bin/env python3
"""Makes samples/: small files of our own to try every verb with. Nothing in them was recorded anywhere: the day is simulated
by the scenario samples/day.toml, the rest follows from the formulas below.

    tools/make_samples.py build/release/delever [FOLDER]      (default: samples; what is there is replaced)"""
import gzip
import math
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DAY = datetime(2026, 1, 5, tzinfo=timezone.utc)
EXPIRIES = {"9JAN26": datetime(2026, 1, 9, 8, tzinfo=timezone.utc), "30JAN26": datetime(2026, 1, 30, 8, tzinfo=timezone.utc),
            "27MAR26": datetime(2026, 3, 27, 8, tzinfo=timezone.utc)}


def text(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def normal(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


def price(hour):
    """The underlying of the chain: a slow wave around 90,000."""
    return 90000 + 600 * math.sin(hour / 4)


def chain():
    """A board every two hours: a smile in log-moneyness, open interest heaped at round strikes. delta = N(d1)."""
    yield "date,instrument_name,bid_iv,ask_iv,mark_iv,open_interest,volume,delta,gamma,vega,theta,rho"
    for hour in range(0, 24, 2):
        at, forward = DAY + timedelta(hours=hour), price(hour)
        for name, expiry in EXPIRIES.items():
            years = (expiry - at).total_seconds() / (365 * 86400)
            for strike in range(70000, 112000, 4000 if name != "9JAN26" else 2000):
                k = math.log(strike / forward)
                vol = 0.42 - 0.10 * k + 0.9 * k * k / math.sqrt(years + 0.02) * 0.2
                d1 = (-k + 0.5 * vol * vol * years) / (vol * math.sqrt(years))
                for kind in "CP":
                    away = abs(strike - 90000) / 2000
                    interest = round((1200 if strike % 10000 == 0 else 300) * math.exp(-away / 6) * (1.4 if (kind == "C") == (strike > 90000) else 0.6))
                    delta = normal(d1) - (kind == "P")
                    density = math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
                    vega = forward * density * math.sqrt(years) / 100
                    yield (f"{text(at)},BTC-{name}-{strike}-{kind},{100 * vol - 1:.2f},{100 * vol + 1:.2f},{100 * vol:.2f},{interest},"
                           f"{interest // 20},{delta:.5f},{density / (forward * vol * math.sqrt(years)):.8f},{vega:.4f},"
                           f"{-vega * vol * 100 / (2 * 365 * years):.4f},{delta * strike * years / 100:.4f}")


def funding():
    """Forty days of settlements every eight hours: 0.01 %, richer in the second half."""
    yield "symbol,funding_time_ms,funding_time_utc,funding_rate,mark_price"
    for n in range(120):
        at = DAY - timedelta(days=39) + timedelta(hours=8 * n)
        rate = 0.0001 + (0.00002 * ((n - 60) // 6) if n >= 60 else 0)
        yield f"BTCUSDT,{int(at.timestamp() * 1000)},{text(at)},{rate:.8f},{88000 + 20 * n}"


def trades():
    """An hour of trades, one in two seconds, in the columns of the Tardis archives."""
    yield "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"
    start = int((DAY + timedelta(hours=12)).timestamp() * 1_000_000)
    for n in range(1800):
        at = start + n * 2_000_000
        side = "buy" if (n * 7919) % 13 < 7 else "sell"
        yield f"binance-futures,BTCUSDT,{at},{at + 4000},{500000 + n},{side},{90000 + 50 * math.sin(n / 90):.1f},{(n * 31) % 17 / 100 + 0.01:.3f}"


def capture():
    """A minute of messages in the form of Binance's futures: (receive time in ns, message)."""
    start = int(DAY.timestamp() * 1000)
    for n in range(60):
        at = start + 1000 * n
        spot = 90000 + 20 * math.sin(n / 9)
        messages = [f'{{"e":"aggTrade","E":{at + 101},"s":"BTCUSDT","a":{700000 + n},"p":"{spot:.2f}","q":"0.{250 + n}","f":{n + 1},'
                    f'"l":{n + 1},"T":{at + 100},"m":{"true" if n % 3 else "false"}}}']
        if n % 3 == 0:
            messages.append(f'{{"e":"markPriceUpdate","E":{at + 200},"s":"BTCUSDT","p":"{spot - 1.25:.2f}","i":"{spot - 4:.2f}",'
                            f'"P":"{spot:.2f}","r":"0.00010000","T":{start + 8 * 3600 * 1000}}}')
        if n == 30:
            messages.append(f'{{"e":"forceOrder","E":{at + 301},"o":{{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"1.500",'
                            f'"p":"89700.00","ap":"89990.50","X":"FILLED","l":"1.500","z":"1.500","T":{at + 300}}}}}')
        for k, message in enumerate(messages):
            yield (at + 100 * (k + 1) + 40) * 1_000_000, message


def main(program, folder):
    folder.mkdir(exist_ok=True)
    lines = list(capture())
    (folder / "capture.raw").write_text("".join(f"{received} {message}\n" for received, message in lines))
    (folder / "capture.jsonl").write_text("".join(f"{message}\n" for _, message in lines))
    (folder / "capture.recv").write_text("".join(f"{received}\n" for received, _ in lines))
    run = lambda *words: subprocess.run([program, *map(str, words)], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    (folder / "chain.csv").write_text("\n".join(chain()) + "\n")
    (folder / "funding.csv").write_text("\n".join(funding()) + "\n")
    with open(folder / "trades.csv.gz", "wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
        packed.write(("\n".join(trades()) + "\n").encode())
    for tape in ("day.tape", "chain.tape"):
        (folder / tape).unlink(missing_ok=True)
    run("import", "csv", "--map", "maps/deribit-option-chain.toml", folder / "chain.csv", "--out", folder / "chain.tape")
    run("simulate", "samples/day.toml", "--seed", "2", "--out", folder / "day.tape", "--force")
    (folder / "day.tape.accounts.csv").unlink()
    (folder / "day.tape.book-btc.csv").replace(folder / "book.csv")


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else ROOT / "samples")
