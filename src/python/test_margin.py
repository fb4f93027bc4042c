"""Margins in Python are those of `delever margin`, one by one and by arrays."""
import json
import os
import random
import subprocess
from decimal import Decimal

import numpy as np
import pytest

import delever


def verb(*words):
    done = subprocess.run([os.environ["DELEVER_PROGRAM"], "margin", *words, "--format", "json"], cwd=delever.HOME,
                          capture_output=True, text=True)
    return json.loads(done.stdout if done.returncode == 0 else done.stderr)


@pytest.mark.parametrize("venue,symbol", [("binance", "BTCUSDT"), ("bybit", "BTCUSD"), ("okx", "BTC-USDT-SWAP"),
                                          ("deribit", "BTC-PERPETUAL"), ("deribit", "BTC_USDC-PERPETUAL"), ("hyperliquid", "BTC")])
@pytest.mark.parametrize("side,entry,qty,leverage", [("long", "84250", "2", "20"), ("short", "3000.5", "100", "3"),
                                                     ("long", "91234.5", "40", "5")])
def test_position_is_the_verbs(venue, symbol, side, entry, qty, leverage):
    theirs = verb("--venue", venue, "--symbol", symbol, "--side", side, "--entry", entry, "--qty", qty, "--leverage", leverage)
    if "error" in theirs:
        with pytest.raises(delever.Error) as refused:
            delever.Margin(venue, symbol).position(side, entry, qty, leverage)
        assert (refused.value.fault, refused.value.text) == (theirs["error"]["kind"], theirs["error"]["what"])
        return
    rules = delever.Margin(venue, symbol)
    ours = rules.position(side, entry, qty, leverage)
    assert str(ours.initial) == str(Decimal(theirs["initial"]))
    assert (ours.maintenance, ours.profit) == (Decimal(theirs["maintenance"]), Decimal(theirs["profit"]))
    assert (ours.liquidation_price, ours.bankruptcy_price) == (theirs["liquidation_price"], theirs["bankruptcy_price"])
    assert ours.margin_ratio == theirs["margin_ratio"] and ours.liquidated == theirs["liquidated"]
    assert ours.trigger_price == (None if theirs["trigger_price"] is None else Decimal(theirs["trigger_price"]))
    assert rules.explain(side, entry, qty, leverage) == theirs


def test_the_short_way_is_the_long_way():
    draw = random.Random(1)
    for venue, symbol in (("binance", "BTCUSDT"), ("hyperliquid", "ETH"), ("okx", "ETH-USDT-SWAP")):
        rules = delever.Margin(venue, symbol)
        for _ in range(100):
            asked = (draw.choice(["long", "short"]), round(draw.uniform(100, 100_000), 1),
                     round(10 ** draw.uniform(-2, 4), 3), round(draw.uniform(1, 60), 2))
            try:
                explained = rules.explain(*asked)
            except delever.Error as refused:
                with pytest.raises(type(refused)):
                    rules.position(*asked)
                continue
            ours = rules.position(*asked)
            assert ours.maintenance == Decimal(explained["maintenance"]) and ours.initial == Decimal(explained["initial"])
            assert ours.liquidation_price == explained["liquidation_price"]
            assert ours.margin_ratio == explained["margin_ratio"]


def test_cross_wallet_and_mark():
    rules = delever.Margin("Binance", "btc/usdt:usdt")
    assert rules.symbol == "BTCUSDT" and rules.coin == "USDT"
    ours = rules.position("long", 84_250, 2, 20, mode="cross", wallet=20_000, mark="80000")
    theirs = verb("--venue", "binance", "--symbol", "BTCUSDT", "--entry", "84250", "--qty", "2", "--leverage", "20", "--mode",
                  "cross", "--wallet", "20000", "--mark", "80000")
    assert ours.maintenance == Decimal(theirs["maintenance"]) and ours.liquidation_price == theirs["liquidation_price"]
    assert ours.trigger_price is None  # of isolated positions


def test_arrays_are_the_positions_one_by_one():
    rules = delever.Margin("binance", "BTCUSDT")
    entry = np.array([84_250.0, 91_000, 3_000, 84_250])
    side = np.array(["long", "short", "long", "long"])
    qty = np.array([2, 0.5, 10, 1])
    columns = rules.positions(side, entry, qty, [20, 50, 3, 1e6])
    for i in range(3):
        one = rules.position(side[i], float(entry[i]), float(qty[i]), [20, 50, 3][i])
        assert Decimal(int(columns["maintenance_exact"][i])).scaleb(-8) == one.maintenance
        assert columns["liquidation_price"][i] == one.liquidation_price
    frame = columns.frame()
    assert "maximum" in frame["refused"][3] and np.isnan(frame["maintenance"][3])
    assert (frame["refused"][:3] == "").all()


def test_refusals_say_what_and_where():
    with pytest.raises(delever.NotFoundError):
        delever.Margin("binance", "NOPEUSDT")
    rules = delever.Margin("binance", "BTCUSDT")
    with pytest.raises(delever.UsageError) as wrong:
        rules.position("long", "eighty", 1)
    assert wrong.value.place == "entry"
    with pytest.raises(delever.UsageError):
        rules.position("up", 84_250, 1)
    with pytest.raises(delever.RefusedError, match="maximum"):
        rules.position("long", 84_250, 1, 1000)
    assert delever.Margin("binance", "BTCUSDT", as_of="2022-01-01").rulebook.endswith("2021-03-18")
