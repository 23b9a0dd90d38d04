"""How packed points look: arrays of steps, times and values, each as small as it goes, then compressed.

A blob is a version byte, then for `data`: the number of points (u32) and zlib of the columns steps, times, values.
A column of whole numbers is a width byte, the first number (i64), and the differences in that width; width 0 means that all
differences are the same one, which follows. Values are f64 as they are, NaN included. A `rollup` is the same, a row per 256
points: first step, first time, last step, last time and number of points, then last value, lowest and highest.
"""

import struct
import zlib
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

VERSION = 1
BUCKET = 256  # points of a row of a rollup
_LEVEL = 1
_HEAD = struct.Struct("<BI")
_COLUMN = struct.Struct("<Bq")
_WIDTHS = (np.int8, np.int16, np.int32, np.int64)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Columns(NamedTuple):
    """A series as arrays of one length, in order of step, time and value; values: NaN where it was logged."""

    steps: Ints
    stamps: Ints
    values: Floats

    def at(self, places: "npt.NDArray[Any] | slice") -> "Columns":
        """Return some of the points."""
        return Columns(self.steps[places], self.stamps[places], self.values[places])


class Rollup(NamedTuple):
    """What stretches of a series amount to. low, high: NaN while no point of the stretch is a number."""

    first_steps: Ints
    first_stamps: Ints
    steps: Ints
    stamps: Ints
    values: Floats
    low: Floats
    high: Floats
    counts: Ints


class UnknownPacking(ValueError):
    """A blob that a later version wrote, or that is damaged."""


def pack(columns: Columns) -> bytes:
    """Write points.

    >>> len(pack(Columns(np.arange(1000), np.arange(1000) * 7, np.zeros(1000)))) < 100
    True
    """
    return _close(len(columns.steps), _ints(columns.steps) + _ints(columns.stamps) + _floats(columns.values))


def unpack(blob: bytes) -> Columns:
    """Read points; raises UnknownPacking."""
    count, body = _open(blob)
    steps, at = _read_ints(body, 0, count)
    stamps, at = _read_ints(body, at, count)
    return Columns(steps, stamps, np.frombuffer(body, np.float64, count, at))


def roll_up(columns: Columns) -> Rollup:
    """Say what each stretch of 256 points amounts to."""
    count = len(columns.steps)
    begins = np.arange(0, count, BUCKET)
    ends = np.append(begins[1:], count) - 1
    finite = np.where(np.isfinite(columns.values), columns.values, np.nan)
    return Rollup(
        columns.steps[begins],
        columns.stamps[begins],
        columns.steps[ends],
        columns.stamps[ends],
        columns.values[ends],
        np.fmin.reduceat(finite, begins),
        np.fmax.reduceat(finite, begins),
        (ends - begins + 1).astype(np.int64),
    )


def pack_rollup(rollup: Rollup) -> bytes:
    """Write a rollup."""
    r = rollup
    whole = (r.first_steps, r.first_stamps, r.steps, r.stamps, r.counts)
    body = b"".join(map(_ints, whole)) + b"".join(map(_floats, (r.values, r.low, r.high)))
    return _close(len(r.steps), body)


def unpack_rollup(blob: bytes) -> Rollup:
    """Read a rollup; raises UnknownPacking."""
    count, body = _open(blob)
    at = 0
    whole: list[Ints] = []
    for _ in range(5):
        column, at = _read_ints(body, at, count)
        whole.append(column)
    first_steps, first_stamps, steps, stamps, counts = whole
    values, low, high = (np.frombuffer(body, np.float64, count, at + n * 8 * count) for n in range(3))
    return Rollup(first_steps, first_stamps, steps, stamps, values, low, high, counts)


def _close(count: int, body: bytes) -> bytes:
    return _HEAD.pack(VERSION, count) + zlib.compress(body, _LEVEL)


def _open(blob: bytes) -> tuple[int, bytes]:
    try:
        version, count = _HEAD.unpack_from(blob)
        if version != VERSION:
            raise UnknownPacking(f"packed by version {version}, known is {VERSION}")
        return count, zlib.decompress(blob[_HEAD.size :])
    except (struct.error, zlib.error) as error:
        raise UnknownPacking(str(error)) from error


def _floats(values: Floats) -> bytes:
    return np.ascontiguousarray(values, "<f8").tobytes()


def _ints(values: Ints) -> bytes:
    first = int(values[0]) if len(values) else 0
    with np.errstate(over="ignore"):
        steps = np.diff(values)  # wraps around where it must; summing wraps back
    if len(steps) and (steps == steps[0]).all():
        return _COLUMN.pack(0, first) + struct.pack("<q", int(steps[0]))
    for kind in _WIDTHS:
        limits = np.iinfo(kind)
        if not len(steps) or (steps.min() >= limits.min and steps.max() <= limits.max):
            return (
                _COLUMN.pack(np.dtype(kind).itemsize, first) + steps.astype(np.dtype(kind).newbyteorder("<")).tobytes()
            )
    raise AssertionError("64 bits hold every difference")


def _read_ints(body: bytes, at: int, count: int) -> tuple[Ints, int]:
    width, first = _COLUMN.unpack_from(body, at)
    at += _COLUMN.size
    steps = np.empty(count, np.int64)
    if count:
        steps[0] = first
    if width == 0:
        (step,) = struct.unpack_from("<q", body, at)
        steps[1:] = step
        at += 8
    elif count > 1:
        steps[1:] = np.frombuffer(body, f"<i{width}", count - 1, at)
        at += width * (count - 1)
    with np.errstate(over="ignore"):
        return np.cumsum(steps, dtype=np.int64), at
