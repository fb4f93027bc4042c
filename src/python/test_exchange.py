"""The exchange as an object: a liquidation from beginning to end, and the promises of the state machine."""
from decimal import Decimal

import pytest

import delever


def opened(**asked):
    venue = delever.Exchange("binance", prices=(20_000, 200_000), fees=("0.0002", "0.0005"), **asked)
    venue.publish_index("BTC", 84_250)
    venue.publish_mark("BTCUSDT", 84_250)
    venue.tick()
    return venue


def two_sides(venue, qty="0.5", price=84_250):
    makers = venue.open_account()
    taker = venue.open_account()
    assert venue.deposit(makers, "USDT", 1_000_000) and venue.deposit(taker, "USDT", "5000")
    assert venue.deposit(delever.FUND, "USDT", 100_000)
    assert venue.submit(makers, "BTCUSDT", "sell", qty, price)
    return makers, taker


def test_a_trade_its_notices_and_its_event():
    venue = opened()
    maker, taker = two_sides(venue)
    done = venue.submit(taker, "BTCUSDT", "buy", "0.5", client=7)
    fills = done.of("fill")
    assert {f["account"] for f in fills} == {maker, taker}
    mine = next(f for f in fills if f["account"] == taker)
    assert mine["qty"] == Decimal("0.5") and mine["price"] == 84_250 and mine["client"] == 7 and not mine["maker"]
    assert mine["fee"] == Decimal("0.5") * 84_250 * Decimal("0.0005")
    trade = next(event for event in done.events if event["event"] == "trade")
    assert trade["price"] == "84250" and trade["taker_side"] == "buy"
    assert venue.positions(taker)[0]["side"] == "long" and venue.open_interest("BTCUSDT") == Decimal("0.5")
    assert venue.last("BTCUSDT") == 84_250
    assert venue.imbalance("USDT") == 0


def test_a_fall_ends_in_a_liquidation():
    venue = opened()
    maker, taker = two_sides(venue)
    assert venue.submit(taker, "BTCUSDT", "buy", "0.5")
    kinds = []
    for price in range(84_000, 72_000, -500):
        venue.publish_index("BTC", price)
        venue.publish_mark("BTCUSDT", price)
        venue.cancel_all(maker)
        venue.submit(maker, "BTCUSDT", "buy", "0.5", price - 100)  # somebody to sell to
        kinds += [notice["kind"] for notice in venue.tick().notices if notice["account"] == taker]
    assert "liquidation" in kinds and kinds.index("liquidation") < kinds.index("fill")
    assert all(p["qty"] == 0 for p in venue.positions(taker)) or not venue.positions(taker)
    assert venue.imbalance("USDT") == 0


def test_refusals_change_nothing():
    venue = opened()
    _, taker = two_sides(venue)
    before = venue.hash
    refused = venue.submit(taker, "BTCUSDT", "buy", "100")
    assert not refused and refused.refused == "not_enough_margin"
    assert venue.submit(taker, "BTCUSDT", "buy", "0.5", 84_250, time_in_force="post_only").refused == "would_take"
    assert venue.cancel(taker, "BTCUSDT", 12345).refused == "no_such_order"
    assert venue.hash == before


def test_same_commands_same_hash_and_snapshots_go_on():
    one, two = opened(), opened()
    for venue in (one, two):
        _, taker = two_sides(venue)
        venue.submit(taker, "BTCUSDT", "buy", "0.3")
    assert one.hash == two.hash
    three = opened()
    three.restore(one.snapshot())
    for venue in (one, three):
        venue.tick()
        venue.submit(3, "BTCUSDT", "sell", "0.1", 90_000)
    assert one.hash == three.hash and one.depth("BTCUSDT") == three.depth("BTCUSDT")


def test_faults_have_places():
    venue = opened()
    for ask, place in ((lambda: venue.deposit(2, "DOGE", 1), "coin"), (lambda: venue.mark("ETHUSDT"), "instrument"),
                       (lambda: venue.wallet(99, "USDT"), "account")):
        with pytest.raises(delever.NotFoundError) as wrong:
            ask()
        assert wrong.value.place == place
    with pytest.raises(delever.UsageError):
        venue.submit(2, "BTCUSDT", "bid", 1)
    with pytest.raises(delever.UsageError) as wrong:
        venue.submit(2, "BTCUSDT", "buy", "one")
    assert wrong.value.place == "qty"
    with pytest.raises(delever.NoEvidenceError, match="fees.maker"):
        delever.Exchange("binance", prices=(20_000, 200_000))
    with pytest.raises(delever.MalformedError):
        venue.restore(b"nothing")
    assert venue.deposit(2**32 - 1, "USDT", 1).refused == "no_such_account"
