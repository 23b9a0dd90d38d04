"""The nouns of a compared window: each feature's measures, and what they come to together."""

from typing import Literal

from pydantic import BaseModel, Field


class Bins(BaseModel):
    """Both distributions over the same bins, as shares of all rows. labels: of categories; edges: of numbers, one more."""

    labels: list[str] = Field(default_factory=list)
    edges: list[float] = Field(default_factory=list)
    baseline: list[float]
    target: list[float]


class Side(BaseModel):
    """A feature on one side. distinct: categories."""

    rows: int
    missing: int
    missing_share: float
    min: float | None = None
    max: float | None = None
    mean: float | None = None
    distinct: int | None = None


class FeatureDrift(BaseModel):
    """How far one feature has moved. None: the measure does not suit the feature, or nothing was there to measure.

    psi: population stability index over the baseline's deciles or categories, missing values included, in nats;
    floor: what it stays below in 99 % of windows of this size without drift; jensen_shannon: distance, base 2;
    ks: largest gap of the cumulative shares; wasserstein: in quartile distances of the baseline; p: how likely the counts are
    without drift, adjusted: the same among all features (Benjamini–Hochberg); contribution: what the drift model loses without it.
    """

    name: str
    kind: Literal["number", "category"]
    psi: float | None = None
    floor: float = 0.0
    threshold: float
    drifting: bool = False
    jensen_shannon: float | None = None
    ks: float | None = None
    ks_floor: float | None = None
    ks_p: float | None = None
    wasserstein: float | None = None
    chi_square: float | None = None
    freedom: int | None = None
    cramers_v: float | None = None
    p: float = 1.0
    adjusted: float = 1.0
    missing_change: float = 0.0
    new_categories: list[str] = Field(default_factory=list)
    new_share: float = 0.0
    contribution: float | None = None
    weight: float = 1.0
    baseline: Side
    target: Side
    bins: Bins | None = None


class Magnitude(BaseModel):
    """How well a model tells the two sides apart: Matthews' correlation on rows it has not seen, 0 to 1.

    floor: what it stays below in 99.5 % of windows of this size without drift; rows: that were told apart.
    """

    value: float
    floor: float
    rows: int
    contributions: dict[str, float] = Field(default_factory=dict)


class Comparison(BaseModel):
    """A window beside its baseline. enough: there were rows enough to say anything; drifting: it is an alarm, because of `why`.

    rows, baseline_rows: looked at, of so many in all.
    """

    rows: int
    all_rows: int
    baseline_rows: int
    enough: bool
    drifting: bool = False
    why: str = ""
    magnitude: Magnitude | None = None
    threshold: float
    features: list[FeatureDrift] = Field(default_factory=list)
    left_out: dict[str, str] = Field(default_factory=dict)
    seconds: float = 0.0
