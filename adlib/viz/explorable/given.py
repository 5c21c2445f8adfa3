"""What an author gives to an explorable: coordinates by frame, numbers in a range, words of a list, each checked."""

from __future__ import annotations

import math
from contextlib import suppress

import numpy as np

from ...core.errors import ArgumentError


def placed(layer, panel, **columns) -> list[list[tuple[int, ...]]]:
    """The places by frame, in quarters of a pixel: of each point (or arrow) one number a column."""
    source = type(layer).__name__
    by_name = {name: rows_of(values, source) for name, values in columns.items()}
    counts = {name: len(rows) for name, rows in by_name.items() if len(rows) > 1}
    if len(set(counts.values())) > 1:
        raise ArgumentError(f"{source} in an explorable take coordinates with one number of frames, but got {counts}")
    frames = []
    for k in range(max(len(rows) for rows in by_name.values())):
        rows = [by_name[name][min(k, len(by_name[name]) - 1)] for name in columns]
        if len({len(row) for row in rows}) > 1:
            raise ArgumentError(
                f"{source} in an explorable take coordinates of one length, "
                f"but in frame {k} {', '.join(columns)} have the lengths {', '.join(str(len(row)) for row in rows)}"
            )
        frames.append(list(zip(*(panel.places(name[0], row, source) for name, row in zip(columns, rows)))))
    return frames


def rows_of(values, source: str) -> list[np.ndarray]:
    """One row a frame; one row alone stands still."""
    rows = None
    try:
        array = np.asarray(values, dtype=float)
        rows = [np.atleast_1d(array)] if array.ndim < 2 else list(array)
    except (TypeError, ValueError):  # rows of different length, or no numbers
        with suppress(TypeError, ValueError):
            rows = [np.asarray(row, dtype=float) for row in values]
    if rows is None or any(row.ndim != 1 for row in rows):
        raise ArgumentError(
            f"{source} in an explorable take numbers in one row, or one row of them a frame, "
            f"but got a {type(values).__name__} of shape {_shape(values)}; pass shape (points,) or (frames, points)"
        )
    return rows


def _shape(values) -> tuple:
    try:
        return np.shape(values)
    except ValueError:  # rows of different length
        return (len(values), "...")


def check_number(what: str, value, least: float, most: float = math.inf) -> None:
    """An error unless the value is a finite number in that range."""
    if not isinstance(value, (int, float, np.number)) or not math.isfinite(value) or not least <= value <= most:
        raise ArgumentError(
            f"{what} in an explorable is a number from {least:g}{f' to {most:g}' if most < math.inf else ''}, "
            f"but got {value!r}; pass one in that range"
        )


def check_known(layer, what: str, value, allowed) -> None:
    if value not in allowed:
        raise ArgumentError(
            f"{type(layer).__name__} of an explorable have no {what} {value!r}; there are {', '.join(allowed)}"
        )
