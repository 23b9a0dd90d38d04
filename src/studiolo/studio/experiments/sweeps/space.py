"""Distributions of a search space, and the ways to go through one. Pure, but for Optuna, which is loaded when it is asked for."""

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping
from statistics import NormalDist
from typing import Any

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.sweeps.schemas import Sweep

_FIELDS = {
    "choice": ("values",),
    "randint": ("upper",),
    "uniform": ("min_value", "max_value"),
    "loguniform": ("min_value", "max_value"),
    "quniform": ("min_value", "max_value", "q"),
    "qloguniform": ("min_value", "max_value", "q"),
    "normal": ("mu", "sigma"),
    "lognormal": ("mu", "sigma"),
    "qnormal": ("mu", "sigma", "q"),
    "qlognormal": ("mu", "sigma", "q"),
}
_EXPONENT = 700  # e to the power of 710 is no float
_FARTHEST = 7.1  # standard deviations at which the least chance lies that is asked for
_BAYESIAN = ("choice", "randint", "uniform", "quniform", "loguniform")
Values = dict[str, Any]


def check(sweep: Sweep) -> None:
    """Refuse what cannot be sampled; raises BadJob, which names the parameter."""
    for name, given in sweep.space.items():
        kind, field = str(given.get("type")), f"sweep.space.{name}"
        if kind not in _FIELDS:
            raise BadJob(
                f"'{name}' has the unknown distribution '{kind}'.", f"Known are: {', '.join(_FIELDS)}.", field=field
            )
        missing = [key for key in _FIELDS[kind] if key not in given]
        if missing:
            raise BadJob(f"'{name}' is a {kind} without {' and '.join(missing)}.", field=field)
        if kind == "choice" and not (isinstance(given["values"], list) and given["values"]):
            raise BadJob(f"'{name}' has no values to choose from.", field=field)
        numbers = [given[key] for key in _FIELDS[kind] if key != "values"]
        if not all(isinstance(one, int | float) and not isinstance(one, bool) and _finite(one) for one in numbers):
            raise BadJob(f"'{name}' has a bound that is no number.", field=field)
        if said := _unfit(kind, given):
            raise BadJob(f"'{name}' {said}.", field=field)
        if sweep.sampling == "grid" and kind != "choice":
            raise BadJob(f"A grid needs choices, and '{name}' is a {kind}.", "Use random sampling.", field=field)
        if sweep.sampling == "bayesian" and kind not in _BAYESIAN:
            raise BadJob(f"Bayesian sampling has no {kind}.", f"It has {', '.join(_BAYESIAN)}.", field=field)


def _finite(number: float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer that no float can hold
        return False


def _unfit(kind: str, given: Mapping[str, Any]) -> str:
    """Say what is wrong with numbers that are there, empty when nothing is."""
    if kind == "choice":
        return ""
    if kind == "randint":
        return "" if given["upper"] >= 1 and given["upper"] == int(given["upper"]) else "has an upper that is no count"
    uniform = kind.endswith("uniform")
    if uniform:
        low, high = given["min_value"], given["max_value"]
    else:
        low, high = (given["mu"] + sign * _FARTHEST * given["sigma"] for sign in (-1, 1))
    most = max(abs(low), abs(high))
    largest = math.exp(min(high, _EXPONENT)) if "log" in kind else most
    said = (
        (uniform and low > high, "begins after its end"),
        (not uniform and given["sigma"] < 0, "has a sigma below 0"),
        ("log" in kind and most > _EXPONENT, f"has exponents beyond {_EXPONENT}: bounds of a {kind} are logarithms"),
        (not _finite(high - low), "reaches farther than numbers do"),
        (kind.startswith("q") and not _steps(largest, given["q"]), "has a q that is not above 0, or too small"),
    )
    return next((text for wrong, text in said if wrong), "")


def _steps(largest: float, q: float) -> bool:
    """Say whether a number can be told in steps of q."""
    return q > 0 and _finite(largest / q)


def at(given: Mapping[str, Any], u: float) -> Any:
    """Return the value of a distribution at a point of 0 to 1, which need not be random.

    >>> at({"type": "choice", "values": ["a", "b"]}, 0.6), at({"type": "quniform", "min_value": 0, "max_value": 10, "q": 5}, 0.7)
    ('b', 5)
    >>> round(at({"type": "loguniform", "min_value": -2, "max_value": 0}, 0.5), 3), at({"type": "randint", "upper": 4}, 0.99)
    (0.368, 3)
    """
    kind = given["type"]
    if kind == "choice":
        return given["values"][min(int(u * len(given["values"])), len(given["values"]) - 1)]
    if kind == "randint":
        return min(int(u * given["upper"]), int(given["upper"]) - 1)
    if kind.endswith("uniform"):
        value = given["min_value"] + u * (given["max_value"] - given["min_value"])
    else:
        value = (
            NormalDist(given["mu"], given["sigma"]).inv_cdf(min(max(u, 1e-12), 1 - 1e-12))
            if given["sigma"]
            else given["mu"]
        )
    if "log" in kind:
        value = math.exp(value)
    if "q" in given and kind.startswith("q"):
        value = round(value / given["q"]) * given["q"]
    return value


class Points:
    """Values one after another; `tell` says what came of them, for those who learn from it."""

    def __init__(self, sweep: Sweep) -> None:
        self._points = _WAYS[sweep.sampling](sweep)

    def ask(self) -> Values | None:
        """Return the next values, None when there are no more."""
        return next(self._points, None)

    def tell(self, number: int, value: float | None) -> None:
        """Say what came of the values that were asked for as the n-th, from 0; None: nothing."""


class Learning(Points):
    """Values that Optuna's TPE proposes, from what came of those before."""

    def __init__(self, sweep: Sweep) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._sweep, self._asked = sweep, {}  # type: ignore[var-annotated]
        sampler = optuna.samplers.TPESampler(seed=sweep.seed, constant_liar=sweep.max_concurrent > 1)
        self._study = optuna.create_study(direction=sweep.goal, sampler=sampler)
        self._failed = optuna.trial.TrialState.FAIL

    def ask(self) -> Values | None:
        """Return the next values."""
        trial = self._study.ask()
        self._asked[len(self._asked)] = trial
        return {name: self._suggest(trial, name, given) for name, given in self._sweep.space.items()}

    def _suggest(self, trial: Any, name: str, given: Mapping[str, Any]) -> Any:
        kind = given["type"]
        if kind == "choice":
            return given["values"][trial.suggest_int(f"{name} #", 0, len(given["values"]) - 1)]
        if kind == "randint":
            return trial.suggest_int(name, 0, int(given["upper"]) - 1)
        if kind == "loguniform":
            return trial.suggest_float(name, math.exp(given["min_value"]), math.exp(given["max_value"]), log=True)
        step = given["q"] if kind == "quniform" else None
        return trial.suggest_float(name, given["min_value"], given["max_value"], step=step)

    def tell(self, number: int, value: float | None) -> None:
        """Say what came of the n-th values."""
        if value is None or not math.isfinite(value):
            self._study.tell(self._asked[number], state=self._failed)
        else:
            self._study.tell(self._asked[number], value)


def points(sweep: Sweep) -> Points:
    """Return the way through a space that a sweep asks for."""
    return Learning(sweep) if sweep.sampling == "bayesian" else Points(sweep)


def _random(sweep: Sweep) -> Iterator[Values]:
    chance = random.Random(sweep.seed)  # noqa: S311 - no secret
    while True:
        yield {name: at(given, chance.random()) for name, given in sweep.space.items()}


def _sobol(sweep: Sweep) -> Iterator[Values]:
    from scipy.stats import qmc

    engine = qmc.Sobol(len(sweep.space), rng=sweep.seed)
    while True:
        for row in engine.random(1):
            yield {name: at(given, float(u)) for (name, given), u in zip(sweep.space.items(), row, strict=True)}


def _grid(sweep: Sweep) -> Iterator[Values]:
    for row in itertools.product(*(given["values"] for given in sweep.space.values())):
        yield dict(zip(sweep.space, row, strict=True))


_WAYS: dict[str, Callable[[Sweep], Iterator[Values]]] = {"random": _random, "sobol": _sobol, "grid": _grid}
