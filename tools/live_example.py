#!/usr/bin/env python3
"""The worked example of the README: five venues on this machine, a recorder, and a brief that follows it.

    tools/live_example.py build/release/delever [FOLDER]

Makes a small tape for each of five venues (numbers of our own, in the venue's form), plays each through a twin, records all
five at once, and follows the recording with `brief --follow`. Prints the commands and what they say."""
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SECONDS, STEP_MS, START = 30, 100, int(time.time() * 1000) + 2000


def dump(value):
    return json.dumps(value, separators=(",", ":"))


def price(i):
    return 84_250 - 40 * (i // 50) + (i * 7 % 11) * 0.5


def binance(i, t):
    yield {"stream": "btcusdt@aggTrade", "data": {"e": "aggTrade", "E": t, "a": i + 1, "s": "BTCUSDT", "p": f"{price(i):.2f}",
                                                   "q": "0.250", "f": i + 1, "l": i + 1, "T": t, "m": i % 3 == 0}}
    if i % 10 == 0:
        yield {"stream": "btcusdt@markPrice@1s",
               "data": {"e": "markPriceUpdate", "E": t, "s": "BTCUSDT", "p": f"{price(i):.2f}", "i": f"{price(i) - 8:.2f}",
                        "P": "84240", "r": "0.00010000", "T": START + 8 * 3_600_000}}
    if i % 25 == 7:
        yield {"stream": "btcusdt@forceOrder",
               "data": {"e": "forceOrder", "E": t, "o": {"s": "BTCUSDT", "S": "SELL", "o": "LIMIT", "f": "IOC", "q": "3.500",
                                                          "p": "83900.00", "ap": f"{price(i) - 60:.2f}", "X": "FILLED",
                                                          "l": "3.500", "z": "3.500", "T": t}}}


def bybit(i, t):
    yield {"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": t,
           "data": [{"T": t, "s": "BTCUSDT", "S": "Sell", "v": "0.400", "p": f"{price(i) - 3:.2f}", "L": "MinusTick",
                     "i": f"t-{i}", "BT": False}]}
    if i == 0:
        yield {"topic": "tickers.BTCUSDT", "type": "snapshot", "cs": 1, "ts": t,
               "data": {"symbol": "BTCUSDT", "markPrice": "84246.25", "indexPrice": "84230.00", "openInterest": "51200.5",
                        "openInterestValue": "4313600000", "fundingRate": "0.000075",
                        "nextFundingTime": str(START + 8 * 3_600_000), "bid1Price": "84245.00", "bid1Size": "1.000",
                        "ask1Price": "84245.80", "ask1Size": "0.500", "fundingIntervalHour": "8"}}
    elif i % 10 == 0:
        yield {"topic": "tickers.BTCUSDT", "type": "delta", "cs": i, "ts": t,
               "data": {"symbol": "BTCUSDT", "openInterest": f"{51200.5 - i:.1f}", "markPrice": f"{price(i):.2f}"}}
    if i % 20 == 3:
        yield {"topic": "allLiquidation.BTCUSDT", "type": "snapshot", "ts": t,
               "data": [{"T": t, "s": "BTCUSDT", "S": "Buy", "v": "1.850", "p": f"{price(i) - 80:.2f}"}]}


def okx(i, t):
    swap = {"instId": "BTC-USDT-SWAP"}
    yield {"arg": {"channel": "trades", **swap}, "data": [{**swap, "tradeId": str(i + 1), "px": f"{price(i) - 1:.1f}",
                                                           "sz": "12.5", "side": "sell", "ts": str(t), "count": "1"}]}
    if i % 10 == 0:
        yield {"arg": {"channel": "mark-price", **swap},
               "data": [{"instType": "SWAP", **swap, "markPx": f"{price(i):.1f}", "ts": str(t)}]}
        yield {"arg": {"channel": "open-interest", **swap},
               "data": [{**swap, "instType": "SWAP", "oi": str(2_510_000 - 10 * i), "oiCcy": f"{25_100 - i / 10:.1f}",
                         "oiUsd": "2114675000", "ts": str(t)}]}
    if i % 50 == 0:
        yield {"arg": {"channel": "funding-rate", **swap},
               "data": [{"fundingRate": "0.00006", "fundingTime": str(START + 8 * 3_600_000), **swap, "instType": "SWAP",
                         "nextFundingRate": "", "nextFundingTime": str(START + 16 * 3_600_000),
                         "prevFundingTime": str(START), "settFundingRate": "0.000055", "settState": "settled",
                         "ts": str(t)}]}


def deribit(i, t):
    def of(channel, data):
        return {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}
    yield of("trades.BTC-PERPETUAL.100ms",
             [{"trade_seq": i + 1, "trade_id": f"D-{i + 1}", "timestamp": t, "tick_direction": 0, "price": price(i) - 2,
               "mark_price": price(i), "instrument_name": "BTC-PERPETUAL", "index_price": price(i) - 8, "direction": "sell",
               "amount": 5000.0}])
    if i % 10 == 0:
        yield of("ticker.BTC-PERPETUAL.100ms",
                 {"timestamp": t, "open_interest": 812_000_500 - 1000 * i, "mark_price": price(i),
                  "instrument_name": "BTC-PERPETUAL", "index_price": price(i) - 8, "funding_8h": 0.00002,
                  "current_funding": 0.000015, "best_bid_price": price(i) - 1, "best_bid_amount": 4000,
                  "best_ask_price": price(i) + 1, "best_ask_amount": 2600})


def hyperliquid(i, t):
    yield {"channel": "trades", "data": [{"coin": "BTC", "side": "A", "px": f"{price(i) - 4:.1f}", "sz": "0.0125", "time": t,
                                          "hash": f"0x{i}", "tid": i + 1}]}
    if i % 10 == 0:
        yield {"channel": "activeAssetCtx",
               "data": {"coin": "BTC", "ctx": {"funding": "0.0000125", "openInterest": f"{22150.5 - i / 5:.1f}",
                                               "prevDayPx": "83000", "dayNtlVlm": "1", "premium": "0.0001",
                                               "oraclePx": f"{price(i) - 8:.1f}", "markPx": f"{price(i):.1f}",
                                               "midPx": f"{price(i):.1f}"}}}


VENUES = {  # market: (decoder, what is recorded of it, messages)
    "binance": ("binance-usdm", ["BTCUSDT"], binance),
    "bybit": ("bybit", ["BTCUSDT"], bybit),
    "okx": ("okx", ["BTC-USDT-SWAP"], okx),
    "deribit": ("deribit", ["BTC-PERPETUAL"], deribit),
    "hyperliquid": ("hyperliquid", ["BTC"], hyperliquid),
}


def main(delever, folder):
    twins, ready = [], {}
    for market, (decoder, _, messages) in VENUES.items():
        capture = folder / f"{market}.raw"
        with open(capture, "w") as out:
            for i in range(SECONDS * 1000 // STEP_MS):
                ms = START + i * STEP_MS
                for message in messages(i, ms):
                    out.write(f"{ms * 1_000_000} {dump(message)}\n")
        tape = folder / f"{market}-played.tape"
        subprocess.run([delever, "import", "raw", "--decoder", decoder, capture, "--out", tape], check=True,
                       stdout=subprocess.DEVNULL)
        ready[market] = folder / f"{market}.url"
        print(f"$ delever twin {market} --tape {tape.name} --ready-file {ready[market].name} &")
        twins.append(subprocess.Popen([delever, "twin", market, "--tape", tape, "--ready-file", ready[market]],
                                      stderr=subprocess.DEVNULL))
    while not all(file.exists() for file in ready.values()):
        time.sleep(0.05)
    wants = [f"{market}:{symbol}" for market, (_, symbols, _) in VENUES.items() for symbol in symbols]
    urls = [f"--url={market}={file.read_text().strip()}" for market, file in ready.items()]
    day = folder / "day.tape"
    print(f"$ delever record {' '.join(wants)} \\\n    --url okx=$(cat okx.url) ... --out {day.name} --for 20s --status-every 10s &")
    recorder = subprocess.Popen([delever, "record", *wants, *urls, "--out", day, "--for", "20s", "--status-every", "10s"])
    while not day.exists():
        time.sleep(0.05)
    time.sleep(6)
    print(f"$ delever brief --tape {day.name} --follow --every 5s")
    sys.stdout.flush()
    subprocess.run([delever, "brief", "--tape", day, "--follow", "--every", "5s"], check=True)
    recorder.wait()
    print(f"$ delever tape info {day.name}")
    sys.stdout.flush()
    subprocess.run([delever, "tape", "info", day], check=True)
    for twin in twins:
        twin.terminate()
    return recorder.returncode


if __name__ == "__main__":
    program = os.path.abspath(sys.argv[1])
    if len(sys.argv) > 2:
        place = Path(sys.argv[2])
        place.mkdir(parents=True, exist_ok=True)
        sys.exit(main(program, place))
    with tempfile.TemporaryDirectory() as name:
        sys.exit(main(program, Path(name)))
