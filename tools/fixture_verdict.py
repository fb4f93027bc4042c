#!/usr/bin/env python3
"""Writes fixtures/verdict/record.csv: sixty invented flush days of two coins, by rules short enough to check by hand.
The same bytes come out each time (--check compares)."""
import math
import sys
from datetime import date, timedelta
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "fixtures" / "verdict" / "record.csv"
COLUMNS = ["symbol", "date", "definition", "close", "ret_1d", "ewma94", "funding_annual", "oi_coins_logchange_1d",
           "x4_unclipped", "s2", "s4", "second_wave_half_7d", "lower5_7d", "lowest_close_7d"]


def rows():
    """A flush each 12 days, the coins in turn, the other coin a day later on each third. Open interest changes by -12 to
    +8 % in eleven steps, funding by -2 to +2 in seven. A wave follows where they add up to more than their step of the
    hash allows, so that neither decides alone."""
    out = []
    for i in range(45):
        days = [(("BTC", "ETH")[i % 2], 0)]
        if i % 3 == 0:
            days.append((("ETH", "BTC")[i % 2], 1))
        for symbol, later in days:
            day = date(2021, 1, 4) + timedelta(days=12 * i + later)
            interest = -0.12 + 0.02 * ((7 * i + 3 * later) % 11)
            funding = -2 + (5 * i + later) % 7 * 2 / 3
            lean = 1 + 20 * interest + 0.6 * funding
            chance = 1 / (1 + math.exp(-lean))
            wave = int(chance > (29 * i + 13 * later) % 31 / 31)
            lowest = -0.01 - 0.09 * wave * ((3 * i) % 5) / 4
            out.append([symbol, day.isoformat(), "price" if i % 2 else "price+oi", 30000 + 100 * i, -0.06, 0.03,
                        f"{0.05 + 0.1 * funding:.4f}", f"{interest:.4f}", f"{funding:.4f}", f"{interest / 0.03:.4f}",
                        f"{funding / 1.5:.4f}", wave, int(lowest < -0.05), f"{lowest:.4f}"])
    out[5][7] = out[5][9] = ""  # open interest missing
    out[40][8] = out[40][10] = ""  # funding missing
    out[-1][11] = out[-1][12] = out[-1][13] = ""  # not over yet
    return out


def main():
    text = "\n".join([",".join(COLUMNS)] + [",".join(str(field) for field in row) for row in rows()]) + "\n"
    if "--check" in sys.argv:
        sys.exit(0 if OUT.read_text() == text else f"{OUT} differs from what this script writes")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(text)


main()
