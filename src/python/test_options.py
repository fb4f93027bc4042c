"""Options on arrays: against formulas written out here, and back from their own prices."""
import math

import numpy as np
import pytest

import delever
from delever import options


def plain_price(forward, strike, years, vol, sign):
    n = lambda x: 0.5 * math.erfc(-x / math.sqrt(2))
    d1 = math.log(forward / strike) / (vol * math.sqrt(years)) + vol * math.sqrt(years) / 2
    return sign * (forward * n(sign * d1) - strike * n(sign * (d1 - vol * math.sqrt(years))))


def drawn(n=2000):
    random = np.random.default_rng(1)
    years = random.uniform(1 / 365, 1, n)
    vol = random.uniform(0.2, 1.2, n)
    forward = np.full(n, 84_250.0)
    return forward, forward * np.exp(random.uniform(-2, 2, n) * vol * np.sqrt(years)), years, vol


def test_prices_are_those_of_the_formula():
    forward, strike, years, vol = drawn(300)
    for kind, sign in (("call", 1), ("put", -1)):
        ours = options.price(forward, strike, years, vol, kind)
        theirs = [plain_price(*row, sign) for row in zip(forward, strike, years, vol)]
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9 * 84_250)


def test_greeks_are_the_slopes():
    forward, strike, years, vol = drawn(200)
    g = options.greeks(forward, strike, years, vol, second=True)
    h = 1.0
    slope = (options.price(forward + h, strike, years, vol) - options.price(forward - h, strike, years, vol)) / (2 * h)
    np.testing.assert_allclose(g["delta"], slope, atol=1e-6)
    v = 1e-5
    vega = (options.price(forward, strike, years, vol + v) - options.price(forward, strike, years, vol - v)) / (2 * v)
    np.testing.assert_allclose(g["vega"], vega, rtol=1e-5, atol=1e-3)
    assert set(g) == {"price", "delta", "gamma", "vega", "theta", "vanna", "volga", "charm"}


def test_vol_comes_back_and_states_say_why_not():
    forward, strike, years, vol = drawn()
    kinds = np.where(strike >= forward, "call", "put")
    found, status = options.implied_vol(forward, strike, years, options.price(forward, strike, years, vol, kinds), kinds)
    assert (status == 0).all()
    np.testing.assert_allclose(found, vol, rtol=1e-9)
    vols, status = options.implied_vol(100.0, [50.0, 100, 100, 100], [1, 1, 0, 1], [49.0, 100, 1, float("nan")])
    assert [options.STATUS[s] for s in status] == ["below_intrinsic", "above_bound", "expired", "bad_input"]
    assert np.isnan(vols).all()


def test_shapes_broadcast_and_faults_have_places():
    grid = options.greeks(84_250, np.linspace(60_000, 100_000, 5)[:, None], [0.1, 0.2, 0.3], 0.5, "put")
    assert grid["delta"].shape == (5, 3) and (grid["delta"] < 0).all()
    assert options.price(100, 100, 1, 0.2).shape == ()
    with pytest.raises(delever.UsageError) as wrong:
        options.price([100.0, -1.0], 100, 1, 0.2)
    assert wrong.value.place == "forward[1]"
    with pytest.raises(ValueError):
        options.price(100, 100, 1, 0.2, "straddle")
    with pytest.raises(ValueError):
        options.price(np.ones(3), np.ones(4), 1, 0.2)


@pytest.mark.parametrize("kind", [2.0, np.array([1.0, 0.5]), np.array([1, 3]), np.array(["call", "other"]), "calls"])
def test_a_kind_is_a_call_or_a_put(kind):
    forward, strike, years, vol = (np.full(2, x) for x in (84_250.0, 80_000.0, 0.1, 0.5))
    with pytest.raises(ValueError, match="call"):
        options.greeks(forward, strike, years, vol, kind)
    with pytest.raises(ValueError, match="call"):
        options.implied_vol(forward, strike, years, vol, kind)


def test_columns_as_they_stand_and_broadcast_are_the_same():
    forward, strike, years, vol, kind = (np.full(3, x) for x in (84_250.0, 80_000.0, 0.1, 0.5, 1.0))
    plain, spread = options.greeks(forward, strike, years, vol, kind), options.greeks(84_250, strike[None, :], 0.1, 0.5, "call")
    for name, values in plain.items():
        assert spread[name].shape == (1, 3)
        assert np.array_equal(spread[name][0], values)


def test_answers_that_are_kept_do_not_change():
    forward, strike, years, vol = drawn(2000)
    kind = np.ones(2000)
    kept = options.greeks(forward, strike, years, vol, kind)["delta"][3:]  # a view keeps what it looks at
    was = kept.copy()
    for factor in (1.1, 1.2, 1.3):
        assert not np.array_equal(options.greeks(forward * factor, strike, years, vol, kind)["delta"][3:], was)
    np.testing.assert_array_equal(kept, was)


def test_arrays_of_any_layout_give_the_same():
    forward, strike, years, vol = drawn(200)
    kind = np.where(strike > forward, 1.0, -1.0)
    plain = options.greeks(forward, strike, years, vol, kind)
    spread = np.repeat(strike, 2)[::2]
    swapped = vol.astype(">f8")
    shifted = np.frombuffer(b"x" + years.tobytes(), dtype=np.float64, offset=1)  # not on a multiple of 8
    odd = options.greeks(forward, spread, shifted, swapped, kind.astype(np.int8))
    for name, values in plain.items():
        np.testing.assert_array_equal(odd[name], values)
