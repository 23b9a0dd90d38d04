"""What the counters of a part of a table say, and how two such parts become one."""

import math
from dataclasses import dataclass, field, fields
from typing import Any

from studiolo.studio.datasets.profile.sketch import Sketch


@dataclass
class Moments:
    """Of finite numbers: how many, their mean, and the sum of the squared distances from it."""

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0

    @classmethod
    def of_sums(cls, n: int, around: float, s1: float, s2: float) -> "Moments":
        """Make it of the sums of (value - around) and of its square."""
        return cls(n, around + s1 / n, s2 - s1 * s1 / n) if n else cls()

    def merged(self, other: "Moments") -> "Moments":
        """Return the moments of both together.

        Source: Chan, Golub, LeVeque (1979), "Updating formulae and a pairwise algorithm for computing sample variances".
        """
        if not self.n or not other.n:
            return self if self.n else other
        n, d = self.n + other.n, other.mean - self.mean
        return Moments(n, self.mean + d * other.n / n, self.m2 + other.m2 + d * d * self.n * other.n / n)

    @property
    def usable(self) -> bool:
        """Say whether no sum went beyond DOUBLE."""
        return math.isfinite(self.mean) and math.isfinite(self.m2)

    @property
    def variance(self) -> float | None:
        """The variance of a sample."""
        return max(0.0, self.m2) / (self.n - 1) if self.n > 1 else None


@dataclass
class ColumnState:
    """Counters of one column in some rows. low, high: extremes, texts for texts, of moments seconds since 1970.

    count: values that are there, infinite ones too; empty: texts without a character.
    """

    count: int = 0
    infinite: int = 0
    empty: int = 0
    true_count: int = 0
    low: Any = None
    high: Any = None
    moments: Moments = field(default_factory=Moments)
    sketch: Sketch = field(default_factory=Sketch)

    def merged(self, other: "ColumnState") -> "ColumnState":
        """Return the counters of both together."""
        return ColumnState(
            count=self.count + other.count,
            infinite=self.infinite + other.infinite,
            empty=self.empty + other.empty,
            true_count=self.true_count + other.true_count,
            low=_end(min, self.low, other.low),
            high=_end(max, self.high, other.high),
            moments=self.moments.merged(other.moments),
            sketch=self.sketch.merged(other.sketch),
        )

    def packed(self) -> dict[str, Any]:
        """Write it for JSON."""
        found = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        moments = self.moments
        return found | {
            "moments": [moments.n, moments.mean, moments.m2],
            "sketch": self.sketch.packed(),
        }

    @classmethod
    def unpacked(cls, found: dict[str, Any]) -> "ColumnState":
        """Read what `packed` wrote."""
        return cls(
            **found | {"moments": Moments(*found["moments"]), "sketch": Sketch.unpacked(found["sketch"])},
        )


def _end(choose: Any, left: Any, right: Any) -> Any:
    return right if left is None else left if right is None else choose(left, right)
