#!/usr/bin/env python3
"""The figures of docs/python.md, measured again:  PYTHONPATH=build/package/python tools/python_bench.py build/package/delever

Each measurement runs in a process of its own: time is the best of five, memory the largest resident set above what the
imports took."""
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS = 1_000_000


def make_trades(path):
    """A million trades as the Tardis archives write them."""
    import numpy as np
    random = np.random.default_rng(1)
    at = 1_769_731_200_000_000 + np.cumsum(random.integers(1, 80_000, ROWS))
    price = np.round(84_000 + np.cumsum(random.normal(0, 0.5, ROWS)), 1)
    amount = np.round(random.lognormal(-3, 1, ROWS), 3) + 0.001
    with open(path, "w") as out:
        out.write("exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n")
        for i in range(ROWS):
            out.write(f"binance-futures,BTCUSDT,{at[i]},{at[i] + 5_000},{4_000_000_000 + i},{'buy' if i % 3 else 'sell'},"
                      f"{price[i]:.1f},{amount[i]:.3f}\n")


def best(work, times=5):
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return min(found)


def again(times, work):
    """Without keeping what it makes: new pages would cost more than the work."""
    for _ in range(times):
        work()


def resident():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def tape(path):
    import delever
    before = resident()
    opened = delever.open(path)
    columns = opened.trades()
    frame = columns.frame()
    peak = resident() - before
    assert len(frame) == ROWS
    print(f"tape to columns, 1 M trades      {best(opened.trades, 3):.2f} s")
    print(f"tape to DataFrame, 1 M trades    {best(lambda: opened.trades().frame(), 3):.2f} s   "
          f"peak {peak / 2**20:.0f} MiB = {peak / columns.nbytes:.2f} x the columns' {columns.nbytes / 2**20:.0f} MiB")


def csv(path):
    import pandas as pd
    before = resident()

    def read():
        frame = pd.read_csv(path)
        for name in ("timestamp", "local_timestamp"):
            frame[name] = pd.to_datetime(frame[name], unit="us", utc=True)
        for name in ("exchange", "symbol", "side"):
            frame[name] = frame[name].astype("category")
        return frame

    frame = read()
    peak = resident() - before
    assert len(frame) == ROWS
    print(f"pandas from CSV, 1 M trades      {best(read, 3):.2f} s   peak {peak / 2**20:.0f} MiB")


def options(_):
    import numpy as np
    from delever import options as o
    for n in (2_000, 200_000):
        i = np.arange(n)  # OPT-2000 of src/options/options_bench.cc, and a hundred of it
        years = np.array([1, 2, 7, 14, 30, 60, 90, 180, 270, 365])[i % 10] / 365
        forward, z = 85_000 * (1 + 0.05 * years), -2.5 + 5.0 * (i // 10 % 100) / 99
        vol = 0.45 + 0.04 * z * z - 0.03 * z + 0.1 * np.exp(-3 * years)
        strike = forward * np.exp(z * vol * np.sqrt(years))
        kind = np.where(strike >= forward, 1.0, -1.0)
        price = o.price(forward, strike, years, vol, kind)
        repeat = 200 if n < 10_000 else 5
        greeks = best(lambda: again(repeat, lambda: o.greeks(forward, strike, years, vol, kind))) / repeat
        vols = best(lambda: again(repeat, lambda: o.implied_vol(forward, strike, years, price, kind))) / repeat
        print(f"options, {n:>7}: greeks {greeks / n * 1e9:.1f} ns, implied vol {vols / n * 1e9:.1f} ns an option ({o.LANES})")


def margin(_):
    import numpy as np
    import delever
    rules = delever.Margin("binance", "BTCUSDT")
    calls = best(lambda: [rules.position("long", 84_250.0, 2.0, 20) for _ in range(1000)])
    entry = np.linspace(20_000, 100_000, 1000)
    arrays = best(lambda: rules.positions("long", entry, 2.0, 20))
    print(f"margin, 1,000 calls              {calls * 1e3:.1f} ms; as arrays {arrays * 1e3:.2f} ms")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] in ("tape", "csv", "options", "margin"):
        globals()[sys.argv[1]](sys.argv[2])
        sys.exit()
    program = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        trades, recorded = Path(folder, "trades.csv"), Path(folder, "trades.tape")
        make_trades(trades)
        subprocess.run([program, "import", "csv", "--map", ROOT / "maps/tardis-trades.toml", trades, "--out", recorded], check=True,
                       stdout=subprocess.DEVNULL)
        for what, path in (("tape", recorded), ("csv", trades), ("options", ""), ("margin", "")):
            subprocess.run([sys.executable, __file__, what, str(path)], check=True, env=os.environ)
