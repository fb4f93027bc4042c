"""Tables by columns, as the compiled part hands them over."""

import numpy as np
import pandas as pd

MISSING = np.iinfo(np.int64).min  # in a time or an exact integer: nothing was said; numpy's NaT

#: Units of the exact columns: their integer times this is the number.
SCALES = {"price": 1e-10, "qty": 1e-8, "contracts": 1e-8, "rate": 1e-15, "open": 1e-10, "high": 1e-10, "low": 1e-10,
          "close": 1e-10}


def instant(when):
    """Nanoseconds since 1970 UTC of ISO-8601 text, int (ns), datetime or pandas.Timestamp; naive times are UTC."""
    if isinstance(when, (int, np.integer)):
        return int(when)
    stamp = pd.Timestamp(when)
    return int((stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")).value)


def instant_text(when):
    """ISO-8601 text with nanoseconds, "" for None, other text ("now") as it stands."""
    if when is None:
        return ""
    if isinstance(when, str):
        return when
    return str(np.datetime64(instant(when), "ns")) + "Z"


def _times(array):
    return pd.DatetimeIndex(array.view("M8[ns]")).tz_localize("UTC")


def _apart(names):
    """Names that occur twice, as streams of two tapes, get a number."""
    seen, out = {}, []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out


class Columns:
    """One kind of events as numpy arrays, without a copy.

    c["price"]        float64, NaN where nothing was said
    c["price_exact"]  int64 units of 1e-10 (qty: 1e-8, rate: 1e-15); MISSING where nothing was said
    c["at"]           int64 nanoseconds since 1970 UTC: the venue's time; c["received"]: ours
    c["side"]         int32 codes into c.names["side"]; -1: nothing was said
    c.frame()         all of it as a pandas.DataFrame: times as datetime64[ns, UTC], codes as categories
    c.undecoded       {"stream: reason": messages} that gave no events; their bytes are still on the tape
    """

    def __init__(self, parts, shared_names=(), undecoded=None):
        shared = {name: _apart(names) for name, names in dict(shared_names).items()}
        self.arrays, self.kinds, self.names = {}, {}, {}
        for name, kind, array, names in parts:
            self.arrays[name], self.kinds[name] = array, kind
            if kind == "code":
                self.names[name] = shared.get(name, names)
        self.undecoded = undecoded or {}

    def __getitem__(self, name):
        return self.arrays[name]

    def __iter__(self):
        return iter(self.arrays)

    def keys(self):
        return self.arrays.keys()

    def __len__(self):
        return len(next(iter(self.arrays.values()))) if self.arrays else 0

    def __repr__(self):
        return f"<Columns of {len(self)} rows: {', '.join(self.arrays)}>"

    @property
    def nbytes(self):
        """Bytes of all columns."""
        return sum(array.nbytes for array in self.arrays.values())

    def column(self, name):
        """One column as pandas wants it: numbers as they are, times in UTC, codes as categories."""
        array, kind = self.arrays[name], self.kinds[name]
        if kind == "time":
            return _times(array)
        if kind == "code":
            return pd.Categorical.from_codes(array, categories=self.names[name])
        return array

    def frame(self, exact=False):
        """A pandas.DataFrame; numbers share memory with the columns. exact=True: with the *_exact columns."""
        chosen = [name for name, kind in self.kinds.items() if exact or kind != "exact"]
        return pd.DataFrame({name: self.column(name) for name in chosen}, copy=False)
