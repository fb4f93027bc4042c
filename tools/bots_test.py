#!/usr/bin/env python3
"""Runs the bots of examples/bots against a rehearsal with a push: the grid with 20x dies, the maker lives, and the scorecard
says why.

    tools/bots_test.py build/dev/delever [SCENARIO]        exit 1: not so; 77, for ctest: node, npm or ccxt is not there

Without SCENARIO it is scenarios/stop-run.toml. Where ccxt is from: tools/ccxt_modules.py."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import ccxt_modules

ROOT = Path(__file__).resolve().parent.parent
SKIP = 77
USDT = 20000
SPEED = 15
FALL = {"push": "drop", "asset": "BTC", "percent": 9, "seconds": 300}


def skip(why):
    print("skipped: bots: " + why)
    sys.exit(SKIP)


def bots(folder):
    """A copy of the bots with ccxt beside them: nothing is installed into the clone."""
    if why := ccxt_modules.put_into(folder):
        skip(why)
    for name in ("venue.mjs", "maker.mjs", "grid.mjs"):
        shutil.copy(ROOT / "examples/bots" / name, folder / name)


class Rehearsal:
    def __init__(self, program, scenario, folder, options=()):
        accounts = folder / "accounts.toml"
        accounts.write_text("".join(f'[[account]]\nvenue = "binance"\nkey = "{who}"\nsecret = "{who} only"\n'
                                    f'deposits = {{USDT = "{USDT}"}}\n' for who in ("maker", "grid")))
        ready = folder / "ready.json"
        self.process = subprocess.Popen(
            [program, "serve", "--scenario", str(scenario), "--start", "scenario", "--lived", "1m", "--speed", str(SPEED),
             "--listen", "127.0.0.1:0", "--accounts", str(accounts), "--ready-file", str(ready), *options], stdout=subprocess.DEVNULL)
        began = time.monotonic()
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() - began > 240:
                sys.exit("the rehearsal did not become ready")
            time.sleep(0.1)
        self.ready = json.loads(ready.read_text())
        print(f"ready after {time.monotonic() - began:.1f} s", flush=True)

    def ask(self, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.ready["control"] + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
        return json.loads(text) if answer.headers["Content-Type"].startswith("application/json") else text

    def card(self, who):
        return next(a for a in self.ask("/control/scorecard")["accounts"] if a["account"] == who)

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def start_bot(name, rest, folder):
    out = open(folder / f"{name}.log", "w")
    return subprocess.Popen(["node", f"{name}.mjs"], cwd=folder, stdout=out, stderr=subprocess.STDOUT,
                            env={**os.environ, "REST": rest, "KEY": name, "SECRET": f"{name} only"})


def wait_until(what, so, seconds):
    began = time.monotonic()
    while not so():
        if time.monotonic() - began > seconds:
            sys.exit(f"not within {seconds} s: {what}")
        time.sleep(0.5)


def check(what, so):
    print(("ok   " if so else "FAIL ") + what, flush=True)
    return bool(so)


def main(program, scenario):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bots(folder)
        rehearsal = Rehearsal(program, scenario, folder)
        running = [start_bot(bot, rehearsal.ready["venues"]["binance"]["rest"], folder) for bot in ("maker", "grid")]
        try:
            wait_until("both bots trade", lambda: rehearsal.card("maker")["orders"] >= 20 and rehearsal.card("grid")["orders"] >= 10, 120)
            rehearsal.ask("/control/push", FALL)
            wait_until("the grid is closed by the venue",
                       lambda: rehearsal.card("grid")["liquidation_orders"] + rehearsal.card("grid")["takeovers"] > 0, 180)
            time.sleep(5)
            maker, grid = rehearsal.card("maker"), rehearsal.card("grid")
            print(rehearsal.ask("/control/scorecard.txt"))
            fine = [
                check("the grid lost more than half", grid["equity"] < USDT / 2),
                check("the grid was liquidated, step by step", grid["steps"] and grid["liquidation_distance_least"] < 0.02),
                check("the maker has more than 97 % of what it had", maker["equity"] > USDT * 0.97),
                check("nobody closed the maker", maker["liquidation_orders"] + maker["takeovers"] == 0),
                check("the maker was never near", (maker["liquidation_distance_least"] or 1) > 0.2),
                check("the maker did trade", maker["fills"] > 0),
            ]
        finally:
            for bot in running:
                bot.terminate()
            rehearsal.close()
            for bot in ("maker", "grid"):
                lines = (folder / f"{bot}.log").read_text().splitlines()
                print(f"--- {bot}, {len(lines)} lines, the last:", *lines[-4:], sep="\n")
        sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "scenarios/stop-run.toml")
