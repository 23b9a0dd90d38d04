"""How many different values a column holds: HyperLogLog registers, which merge, so parts of a table can be counted apart.

The engine fills the registers; merging and reading them is done here. Their error is 3.3 % (one deviation); where the sample of
rows knows better, `settled` takes its word.
"""

import base64
import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHA = 1.0 / (2.0 * math.log(2.0))
BITS = 64


def aggregate(value: str) -> str:
    """Return the SQL of the registers."""
    return f"approx_count_distinct({value}) EXPORT_STATE"


@dataclass
class Sketch:
    """registers: one byte each, their number a power of two; None for no values."""

    registers: "NDArray[np.uint8] | None" = None

    @classmethod
    def of(cls, state: Any) -> "Sketch":
        """Take what the aggregate says."""
        return cls(np.array(state["registers"], dtype=np.uint8) if state else None)

    def merged(self, other: "Sketch") -> "Sketch":
        """Return the sketch of the values of both."""
        if self.registers is None or other.registers is None:
            return other if self.registers is None else self
        return Sketch(np.maximum(self.registers, other.registers))

    def estimate(self) -> int:
        """Return the number of different values.

        Source: Ertl (2017), "New cardinality estimation algorithms for HyperLogLog sketches", algorithm 6.
        """
        if self.registers is None:
            return 0
        m = len(self.registers)
        longest = BITS - int(math.log2(m))
        counts = np.bincount(np.minimum(self.registers, longest + 1), minlength=longest + 2)
        z = m * _tau(1.0 - float(counts[longest + 1]) / m)
        for rank in range(longest, 0, -1):
            z = 0.5 * (z + float(counts[rank]))
        z += m * _sigma(float(counts[0]) / m)
        return round(ALPHA * m * m / z) if math.isfinite(z) and z > 0 else 0

    def packed(self) -> str | None:
        """Write it for JSON."""
        return None if self.registers is None else base64.b64encode(zlib.compress(self.registers.tobytes())).decode()

    @classmethod
    def unpacked(cls, packed: str | None) -> "Sketch":
        """Read what `packed` wrote."""
        return cls(None if packed is None else np.frombuffer(zlib.decompress(base64.b64decode(packed)), dtype=np.uint8))


def _sigma(x: float) -> float:
    if x == 1.0:
        return math.inf
    y, z = 1.0, x
    while True:
        x *= x
        before = z
        z += x * y
        y += y
        if z == before:
            return z


def _tau(x: float) -> float:
    if x in (0.0, 1.0):
        return 0.0
    y, z = 1.0, 1.0 - x
    while True:
        x = math.sqrt(x)
        before = z
        y *= 0.5
        z -= (1.0 - x) ** 2 * y
        if z == before:
            return z / 3.0


def settled(sketched: int, seen: int, once: int, twice: int, sampled: int, total: int) -> int:
    """Return the number of different values from the sketch and from a uniform sample of the values.

    seen: different ones in the sample, of which `once` are there once and `twice` twice; sampled, total: values in the sample and
    in the column. All different in the sample: all different, if the sketch does not say otherwise. Next to none seen only once:
    the sample has seen them all. Else the lower bound of Chao (1984) and the sketch are averaged when they agree.
    """
    if not seen:
        return min(sketched, total)
    if seen == sampled and sampled >= 1000 and sketched > 0.85 * total:
        return total
    bound = seen + once * max(once - 1, 0) / (2.0 * (twice + 1))
    if once <= 0.02 * seen and sketched < 1.15 * seen:
        return round(bound)
    if abs(sketched - bound) <= 0.12 * bound:
        return min(total, max(seen, round((sketched + bound) / 2)))
    return min(total, max(seen, sketched))
