"""Charts that need nothing else: SVG, shown by a notebook, or saved."""

import numpy as np
import pandas as pd

from . import _core


class Chart:
    """An SVG picture. A notebook shows it; save("a.svg") writes it; str() is its text."""

    def __init__(self, svg):
        self.svg = svg

    def __str__(self):
        return self.svg

    def _repr_svg_(self):
        return self.svg

    def save(self, path):
        """Writes the picture to a file."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.svg)


def _series(data, name):
    """[(label, times, values)] of readings, of a Series or of a DataFrame by times."""
    if isinstance(data, pd.Series):
        return [(str(data.name or ""), data.index, data)]
    if {"at", "name", "value"} <= set(data.columns):
        chosen = data if name is None else data[data["name"] == name]
        labels = chosen["name"].astype(str)
        for key in ("venue", "expiry"):
            if key in chosen:
                words = chosen[key].astype(object)
                labels = labels + words.where(words.notna(), "").map(lambda word: f" {word:%d%b%y}" if hasattr(word, "year") else
                                                                     f" {word}" if word else "")
        return [(label, part["at"], part["value"]) for label, part in chosen.groupby(labels, sort=False)]
    if "at" in data.columns:
        numbers = [c for c in data.columns if c in ([name] if name else ["price", "value", "rate", "coins", "close"])]
        return [(c, data["at"], data[c]) for c in numbers]
    return [(str(c), data.index, data[c]) for c in (data.columns if name is None else [name])]


def chart(data, name=None, *, title=None, unit="", join="1h", height=240):
    """A line chart over UTC time.

    data: readings of Tape.gauges() (name: which gauge), events of a frame() (name: which column), or any Series or DataFrame
    with times as its index. What is not known is not drawn: a hole longer than `join` breaks the line.
    """
    lines = []
    for label, times, values in _series(data, name):
        at = pd.DatetimeIndex(times)
        at = at.tz_localize("UTC") if at.tz is None else at.tz_convert("UTC")
        lines.append((label, at.asi8, np.asarray(values, dtype=np.float64)))
    return Chart(_core.time_chart(title or name or ", ".join(line[0] for line in lines), unit, lines,
                                  pd.Timedelta(join).total_seconds(), height))
