"""What a learner is: one file with a SPEC, `fit` and `compile_trees` (or `compile_linear`)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studiolo.studio.automl.predictor.encoder import FloatArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class LearnerSpec:
    """A family of models.

    kind: how the bundled predictor loads its files (predictor/members.py). needs: the library it imports; extra: the
    installation extra that brings it, "" = base. params: what a configuration may set, with the default of each.
    """

    name: str
    title: str
    kind: str
    needs: str
    extra: str = ""
    tasks: tuple[str, ...] = ("classification", "regression")
    params: tuple[tuple[str, Any], ...] = ()

    def missing(self) -> str:
        """Say why the learner cannot be used here; empty when it can."""
        if find_spec(self.needs) is None:
            return f"{self.needs} is not installed: pip install 'studiolo[{self.extra}]'"
        return ""


@dataclass(frozen=True)
class Part:
    """The data of one fit. x: features (rows, F), NaN = missing; y: class places or values; places are positions in F."""

    x: FloatArray
    y: Array
    classes: int  # 0 for regression
    categories: tuple[int, ...]  # places of features that are codes of levels
    levels: tuple[int, ...]  # for each of them the number of codes, "other" included
    valid_x: FloatArray | None = None
    valid_y: Array | None = None
    metric: str = ""

    @property
    def task(self) -> str:
        return "classification" if self.classes else "regression"


@dataclass(frozen=True)
class Effort:
    """How a fit may use the machine. until: monotonic second at which it should end with what it has; None = never."""

    threads: int = 1
    seed: int = 0
    until: float | None = None
    rounds: int | None = None  # fixed number of rounds, for a refit on all rows

    def over(self) -> bool:
        return self.until is not None and time.monotonic() >= self.until


@dataclass
class Fitted:
    """A fitted model on disk: its file in `folder`, what members.json says of it, and how it went."""

    file: str
    member: dict[str, Any]
    rounds: int | None = None
    gains: list[float] | None = None  # native importance per feature
    capped: bool = False  # ended early because the time was over
    notes: dict[str, Any] = field(default_factory=dict)


def outputs_of(classes: int) -> int:
    """Count the columns that a model needs to tell: one value, one chance of the second class, or one per class."""
    return classes if classes > 2 else 1


def save_estimator(estimator: Any, folder: Path, stem: str) -> str:
    """Write a scikit-learn estimator."""
    import joblib

    name = f"{stem}.joblib"
    joblib.dump(estimator, folder / name, compress=1)
    return name
