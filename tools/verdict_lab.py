#!/usr/bin/env python3
"""verdict_lab.py DELEVER OUT.csv RUNS [FIRST_SEED]: many small simulated markets of varied crowds, five minutes of which stand
for a day, laid one after another as days of one coin, so that `delever verdict --record OUT.csv` scores the verdict on more flushes
than the real market has. Every run is a function of its number: the same bytes come out each time."""
import csv
import random
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PERIOD = "5m"  # fifteen hours hold 180: 120 before a day of liquidations can be called large
STRIDE_DAYS = 300  # from run to run; the coins take turns, so 420 days lie between two runs of one: no past reaches over


def scenario(run):
    """scenarios/levels-lab.toml with fewer accounts and another crowd, other books and other news each time."""
    draw = random.Random(run)
    text = (ROOT / "scenarios" / "levels-lab.toml").read_text()
    depth, volatility = draw.choice([4e6, 8e6, 16e6]), draw.choice([3, 4.5, 6])
    changes = {
        "to = 2026-01-13T00:00:00Z": "to = 2026-01-05T15:00:00Z",
        "report_at = 2026-01-13T00:00:00Z": "report_at = 2026-01-05T15:00:00Z",
        'book_every = "10m"': 'book_every = "1m"',
        'truth_every = "6h"': 'truth_every = "5m"',
        "volatility = 1.2\n": f"volatility = {volatility}\nbursts = {draw.choice([0.2, 0.4, 0.6])}\n",
        "volatility_usual = 0.45": f"volatility_usual = {volatility}",  # or makers would be gone all the time
        "weights = [0.14, 0.14, 0.21, 0.12, 0.15, 0.09, 0.07, 0.05, 0.03]":
            "weights = [0.02, 0.03, 0.05, 0.05, 0.15, 0.15, 0.2, 0.2, 0.15]",
        "accounts = 4000": "accounts = 700",
        "notional_max = 2000000.0": f"notional_max = {draw.choice([1e6, 2e6, 4e6])}",
        "open_share = 0.6": f"open_share = {draw.choice([0.4, 0.6, 0.8])}",
        "long_share = 0.65": f"long_share = {draw.choice([0.55, 0.65, 0.75])}",
        "open_rate_day = 0.8": f"open_rate_day = {draw.choice([0.8, 3, 8])}",
        "close_half_life_hours = 24": f"close_half_life_hours = {draw.choice([6, 24])}",
        "momentum = 0.4": f"momentum = {draw.choice([0.0, 0.4, 1.0])}",
        "dip = 2.0": f"dip = {draw.choice([0.0, 2.0, 4.0])}",
        "reentry_chance = 0.3": f"reentry_chance = {draw.choice([0.0, 0.3, 0.8])}",
        "withdrawal = 0.5": f"withdrawal = {draw.choice([0.0, 0.5, 1.0])}",
        "depth_usd = 40000000.0": f"depth_usd = {depth}",
        "spot_depth_usd = 20000000.0": f"spot_depth_usd = {depth / 2}",
        'decide_every = "30s"\nlatency = "200ms"': 'decide_every = "2m"\nlatency = "200ms"',
    }
    for old, new in changes.items():
        if old not in text:
            sys.exit(f"scenarios/levels-lab.toml has no {old!r} any more")
        text = text.replace(old, new, 1)
    return text


def longs_left(positions, closes):
    """Of each period, the dollars of isolated longs that a fall of 2 % from its close would liquidate: those whose entry less
    its share of margin, with 0.4 % of maintenance, lies within it. Only a simulated market tells who stands where."""
    books = {}
    with positions.open() as rows:
        for row in csv.DictReader(rows):
            if row["side"] == "long" and row["kind"] == "isolated":
                books.setdefault(row["at"], []).append(
                    (float(row["entry"]) * (1 - 1 / float(row["leverage"]) + 0.004), float(row["coins"])))
    times = sorted(books)[1:]  # the first is the market's opening
    out = []
    for number, close in enumerate(closes):
        book = books[times[number]] if number < len(times) else []
        price = float(close) if close else 0
        out.append(sum(price * coins for at, coins in book if 0.98 * price <= at < price))
    return out


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__)
    delever, out, runs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    first = int(sys.argv[4]) if len(sys.argv) == 5 else 1
    with tempfile.TemporaryDirectory() as folder, out.open("w") as table:
        for run in range(first, first + runs):
            toml, tape, days = (Path(folder) / name for name in ("s.toml", "s.tape", "days.csv"))
            toml.write_text(scenario(run))
            subprocess.run([delever, "simulate", toml, "--seed", str(run), "--threads", "1", "--out", tape,
                            "--format", "json"], check=True, stdout=subprocess.DEVNULL)
            subprocess.run([delever, "verdict", "--tape", tape, "--period", PERIOD, "--out", days], check=True)
            lines = days.read_text().splitlines()
            left = longs_left(Path(str(tape) + ".positions.csv"), [line.split(",")[2] for line in lines[1:]])
            begin = date(1970, 1, 1) + timedelta(days=STRIDE_DAYS * (run - 1))
            if run == first:
                table.write(lines[0] + ",longs_within_2pct_usd\n")
            for number, line in enumerate(lines[1:]):
                fields = line.split(",")
                fields[0] = "BTC" if run % 2 else "ETH"
                fields[1] = str(begin + timedelta(days=number))
                table.write(",".join(fields) + f",{left[number]:.0f}\n" if left[number] >= 1 else ",".join(fields) + ",\n")
            table.flush()
            for path in Path(folder).iterdir():
                path.unlink()


main()
