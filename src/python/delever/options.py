"""Options on arrays: Black-76 on the forward, undiscounted, as the venues quote.

Units: forward, strike and price in quote money; years ACT/365; vol a fraction per square root of a year (0.45). delta, gamma,
vanna and charm in coins per option on one coin; vega per vol of 1.00; theta and charm per year. kind is "call" or "put", or an
array of them, or of +1 and -1. Arguments broadcast as numpy's do.
"""

import numpy as np

from . import _core

#: Why there is no implied volatility, by the code that implied_vol() gives: 0 is "ok".
STATUS = tuple(_core.iv_status_names())
#: The instruction set that runs here.
LANES = _core.lanes()
_DOUBLE = np.dtype(np.float64)


def _signs(kind):
    if isinstance(kind, str):
        if kind not in ("call", "put"):
            raise ValueError(f"kind: want call or put: {kind!r}")
        return 1.0 if kind == "call" else -1.0
    signs = np.asarray(kind)
    if signs.dtype.kind in "OUS":
        calls = signs == "call"
        if not np.all(calls | (signs == "put")):
            raise ValueError("kind: want call or put")
        signs = np.where(calls, 1.0, -1.0)
    return signs


def _are_columns(*values):
    """Whether they can be handed over as they stand."""
    for v in values:
        if type(v) is not np.ndarray or v.dtype is not _DOUBLE or v.ndim != 1 or not v.flags.c_contiguous:
            return False
    return True


def _as_columns(*values):
    """(shape, contiguous float64 columns): arrays of one shape are taken as they are."""
    arrays = [np.asarray(value, dtype=np.float64) for value in values]
    shape = arrays[0].shape
    if any(array.shape != shape for array in arrays):
        arrays = np.broadcast_arrays(*arrays)
        shape = arrays[0].shape
    return shape, [np.require(array, np.float64, "CA").reshape(-1) for array in arrays]


def greeks(forward, strike, years, vol, kind="call", *, second=False):
    """{"price", "delta", "gamma", "vega", "theta"} as arrays; second=True: with "vanna", "volga", "charm".

    Where years or vol is 0 or less the price is what exercise pays.

    >>> delever.options.greeks(84_250, [80_000, 90_000], 30 / 365, 0.45, "put")["delta"]
    """
    found = _core.black(forward, strike, years, vol, kind, second)
    if found is not None:
        return found
    shape, columns = _as_columns(forward, strike, years, vol, _signs(kind))
    return {name: array.reshape(shape) for name, array in _core.black(*columns, second).items()}


def price(forward, strike, years, vol, kind="call"):
    """The undiscounted price, in quote money."""
    return greeks(forward, strike, years, vol, kind)["price"]


def implied_vol(forward, strike, years, price, kind="call"):
    """(vol, status): NaN where the status is not 0; STATUS[status] says why, as "below_intrinsic" or "no_information"."""
    if _are_columns(forward, strike, years, price, kind):
        return _core.implied_vol(forward, strike, years, price, kind)
    shape, columns = _as_columns(forward, strike, years, price, _signs(kind))
    vol, status = _core.implied_vol(*columns)
    return vol.reshape(shape), status.reshape(shape)
