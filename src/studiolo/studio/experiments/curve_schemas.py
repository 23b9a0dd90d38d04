"""The nouns of curves on the wire: metrics of several runs, thinned for charts."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class CurveRequest(BaseModel):
    """Which metrics of which runs to draw, over which axis.

    x: `step`, `time` (milliseconds since 1970) or `relative` (seconds since the run began). low, high: ends of the part
    of the axis that is shown, in the unit of x; null: to the end. points: most points of a curve. brief: only `x` and `y`,
    a third of the bytes, for many curves in one chart; the other lists are empty.
    """

    model_config = ConfigDict(extra="forbid")

    run_ids: list[str] = Field(min_length=1, max_length=200)
    metrics: list[str] = Field(min_length=1, max_length=50)
    x: Literal["step", "time", "relative"] = "step"
    low: float | None = Field(None, allow_inf_nan=False)
    high: float | None = Field(None, allow_inf_nan=False)
    points: int = Field(500, ge=2, le=2000)
    brief: bool = False


class Curve(BaseModel):
    """A metric of a run: logged points in order of x.

    total: points within the range; sampled: `x`, `y`, `steps` and `timestamps` are then the last logged point of each of
    equal parts of the axis, `low` and `high` the lowest and highest value of that part. null: no finite number.
    """

    run_id: str
    metric: str
    total: int
    sampled: bool
    x: list[float]
    y: list[float | None]
    low: list[float | None]
    high: list[float | None]
    steps: list[int]
    timestamps: list[int]


class Curves(BaseModel):
    """Curves in the order that was asked for; a metric that a run has no points of has no curve."""

    curves: list[Curve]
