#!/usr/bin/env python3
"""Kills recorders (-9) at random moments while five venues' twins play to them, and looks at what is left.

    tools/kill_recorder.py build/release/delever [runs] [recorders side by side]

The twins of Binance, Bybit, OKX, Deribit and Hyperliquid each play a trade every 20 ms, with rising ids. A run records all five
into one new file, is killed, and its tape must open and verify; the ids of each venue must follow one another without a hole and
without one that is there twice. Another recorder, the witness, hears the same twins and is never killed: the oldest trade that
the witness had heard at the moment of the kill and that is not on the killed tape says how much was lost. So a machine that
stands still, twins with it, counts as nothing lost. Every fifth run goes on in the file of the run before, where the hole between
the two must be a recorded gap of each stream. One run in four is killed while it begins, the others up to two seconds after their
first messages. SIGTERM ends it early, with what was counted. Exit 1 when a tape is at fault or more than a second is lost."""
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

EVERY_MS, HOURS, START = 20, 1.5, 1_769_760_000_000
LOST_MOST = 1.0 + 2 * EVERY_MS / 1000


def dump(value):
    return json.dumps(value, separators=(",", ":"))


def binance(n, ms):
    return dump({"stream": "btcusdt@aggTrade",
                 "data": {"e": "aggTrade", "E": ms, "a": n, "s": "BTCUSDT", "p": "84250.1", "q": "0.250", "f": n, "l": n, "T": ms,
                          "m": True}})


def bybit(n, ms):
    return dump({"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": ms,
                 "data": [{"T": ms, "s": "BTCUSDT", "S": "Sell", "v": "0.4", "p": "84247.10", "L": "MinusTick", "i": str(n),
                           "BT": False}]})


def okx(n, ms):
    return dump({"arg": {"channel": "trades", "instId": "BTC-USDT-SWAP"},
                 "data": [{"instId": "BTC-USDT-SWAP", "tradeId": str(n), "px": "84250.1", "sz": "1", "side": "buy", "ts": str(ms),
                           "count": "1"}]})


def deribit(n, ms):
    return dump({"jsonrpc": "2.0", "method": "subscription",
                 "params": {"channel": "trades.BTC-PERPETUAL.100ms",
                            "data": [{"trade_seq": n, "trade_id": f"D-{n}", "timestamp": ms, "tick_direction": 0, "price": 84250,
                                      "mark_price": 84250, "instrument_name": "BTC-PERPETUAL", "index_price": 84242,
                                      "direction": "sell", "amount": 5000.0}]}})


def hyperliquid(n, ms):
    return dump({"channel": "trades", "data": [{"coin": "BTC", "side": "A", "px": "84246.1", "sz": "0.01", "time": ms,
                                                "hash": f"0x{n}", "tid": n}]})


# Market: its decoder, symbol, channel, a trade, and where the id of a trade stands.
VENUES = {
    "binance": ("binance-usdm", "BTCUSDT", "aggTrade", binance, r'"a":(\d+)'),
    "bybit": ("bybit", "BTCUSDT", "publicTrade", bybit, r'"i":"(\d+)"'),
    "okx": ("okx", "BTC-USDT-SWAP", "trades", okx, r'"tradeId":"(\d+)"'),
    "deribit": ("deribit", "BTC-PERPETUAL", "trades", deribit, r'"trade_seq":(\d+)'),
    "hyperliquid": ("hyperliquid", "BTC", "trades", hyperliquid, r'"tid":(\d+)'),
}


def begin_twins(folder, delever):
    """Twins of tapes that last, and the plan that records them."""
    twins, plan = [], ""
    for market, (decoder, symbol, channel, trade, _) in VENUES.items():
        capture, tape, ready = (folder / f"{market}{end}" for end in (".raw", ".tape", ".url"))
        with open(capture, "w", encoding="utf-8") as out:
            for n in range(1, int(HOURS * 3_600_000 / EVERY_MS)):
                ms = START + n * EVERY_MS
                out.write(f"{ms * 1_000_000} {trade(n, ms)}\n")
        subprocess.run([delever, "import", "raw", "--decoder", decoder, capture, "--out", tape], check=True,
                       stdout=subprocess.DEVNULL)
        capture.unlink()
        twins.append(subprocess.Popen([delever, "twin", market, "--tape", tape, "--ready-file", ready],
                                      stderr=subprocess.DEVNULL))
        while not ready.exists():
            time.sleep(0.02)
        plan += (f'[[market]]\nname = "{market}"\nsymbols = ["{symbol}"]\nchannels = ["{channel}"]\n'
                 f'url = "{ready.read_text().strip()}"\n')
    (folder / "plan.toml").write_text(plan)
    return twins


def trades_of(delever, tape):
    """Of each market: (id, receive time in seconds) in the order of the tape."""
    text = subprocess.run([delever, "tape", "cat", tape], check=True, capture_output=True, text=True).stdout
    found = {market: [] for market in VENUES}
    for line in text.splitlines():
        at, stream, message = line.split(" ", 2)
        market = stream.split(":")[0].split("-")[0]
        number = re.search(VENUES[market][4], message)
        if number:
            found[market].append((int(number.group(1)), int(at) / 1e9))
    return found


class Kills:
    def __init__(self, delever, folder, runs):
        self.delever, self.folder, self.left, self.runs = delever, folder, runs, runs
        self.lock = threading.Lock()
        self.kept, self.faults, self.before = [], [], 0  # kept: run, when it was killed, when first heard, last ids

    def done(self):
        return len(self.kept) + len(self.faults) + self.before

    def judge(self, tape, begun, resumed):
        """What is wrong with the tape, and the last id of each market that this run heard."""
        verified = subprocess.run([self.delever, "tape", "verify", tape], capture_output=True, text=True)
        if verified.returncode != 0:
            return f"verify: {verified.stdout}{verified.stderr}", {}
        info = subprocess.run([self.delever, "tape", "info", "--format", "json", tape], check=True, capture_output=True, text=True)
        gaps = json.loads(info.stdout)["gaps"]
        last = {}
        for market, trades in trades_of(self.delever, tape).items():
            ids = [number for number, _ in trades]
            if len(ids) != len(set(ids)):
                return f"{market}: an id is there twice", {}
            holes = sum(1 for a, b in zip(ids, ids[1:]) if b != a + 1)
            if holes > (1 if resumed else 0):
                return f"{market}: {holes} holes in the ids", {}
            if holes and not any("not running" in gap["reason"] and gap["stream"].startswith(market) for gap in gaps):
                return f"{market}: a hole between two runs that no gap names", {}
            if ids and trades[-1][1] >= begun:
                last[market] = ids[-1]
        return None, last

    def one(self, number, out, dice, resumed):
        if not resumed:
            for end in ("", "-wal", "-shm", "-lock"):
                Path(f"{out}{end}").unlink(missing_ok=True)
        begun = time.time()
        recorder = subprocess.Popen(
            [self.delever, "record", "--plan", self.folder / "plan.toml", "--out", out, "--status-every", "100ms"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        heard = None
        if number % 4 == 0:
            time.sleep(dice.uniform(0.0, 1.0))
        else:
            for line in recorder.stdout:
                if json.loads(line)["messages"] > 0:
                    heard = time.time()
                    break
            time.sleep(dice.uniform(0.0, 2.0))
        ended = recorder.poll()
        killed = time.time()
        recorder.send_signal(signal.SIGKILL)
        recorder.wait()
        recorder.stdout.close()
        fault, last = (f"ended by itself with {ended}", {}) if ended is not None else (None, {})
        if not fault and not out.exists():
            with self.lock:
                self.before += 1
            return
        if not fault:
            fault, last = self.judge(out, begun, resumed)
        with self.lock:
            if fault:
                self.faults.append(f"run {number}: {fault}")
            else:
                self.kept.append((number, killed, heard, last))

    def work(self, worker):
        dice, out, turn = random.Random(worker), self.folder / f"out{worker}.tape", 0
        while True:
            with self.lock:
                if self.left <= 0:
                    return
                self.left -= 1
                number = self.runs - self.left
            self.one(number, out, dice, turn % 5 == 4)
            turn += 1

    def lost(self, witness):
        """Seconds before each kill of the oldest trade that the witness had and the tape has not, and which run it was."""
        out = []
        for run, killed, heard, last in self.kept:
            if last:
                missed = [witness[market].get(number + 1, killed) for market, number in last.items()]
                out.append((max(0.0, killed - min(missed)), run))
            elif heard:  # it had said that messages came, and none is there
                out.append((killed - heard, run))
        return sorted(out)


def told(kills, lost):
    def at(share):
        return lost[min(len(lost) - 1, int(share * len(lost)))][0]
    quantiles = (f"median {at(0.5):.3f} s, p90 {at(0.9):.3f}, p99 {at(0.99):.3f}, most {lost[-1][0]:.3f} s (run {lost[-1][1]}) of "
                 f"{len(lost)}; {sum(1 for one in lost if one[0] > LOST_MOST)} over {LOST_MOST} s" if lost else "-")
    print(f"{kills.done()} kills: {len(kills.faults)} tapes at fault, {kills.before} killed before there was one; lost: "
          f"{quantiles}", flush=True)
    for fault in kills.faults:
        print(fault)


def main(delever, runs, side_by_side):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        twins = begin_twins(folder, delever)
        witness = subprocess.Popen([delever, "record", "--plan", folder / "plan.toml", "--out", folder / "witness.tape"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(3)
        kills = Kills(delever, folder, runs)
        signal.signal(signal.SIGTERM, lambda *_: setattr(kills, "left", 0))
        workers = [threading.Thread(target=kills.work, args=(i,)) for i in range(side_by_side)]
        for worker in workers:
            worker.start()
        shown = 0
        while any(worker.is_alive() for worker in workers):
            time.sleep(0.5)
            if kills.done() // 100 > shown:
                shown = kills.done() // 100
                print(f"{kills.done()} kills, {len(kills.faults)} at fault", flush=True)
        witness.terminate()
        witness.wait()
        for twin in twins:
            twin.kill()
        lost = kills.lost({market: dict(trades) for market, trades in trades_of(delever, folder / "witness.tape").items()})
        told(kills, lost)
        return 1 if kills.faults or not lost or lost[-1][0] > LOST_MOST else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 50,
                  int(sys.argv[3]) if len(sys.argv) > 3 else 4))
