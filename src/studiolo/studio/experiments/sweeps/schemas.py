"""The nouns of sweeps on the wire."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Policy(BaseModel):
    """When a try that does badly is ended. interval: of points of the metric; delay: how many are waited for at first."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["bandit", "median_stopping", "truncation_selection"]
    slack_factor: float | None = Field(None, ge=0)
    slack_amount: float | None = Field(None, ge=0)
    truncation_percentage: float | None = Field(None, ge=1, le=99)
    interval: int = Field(1, ge=1)
    delay: int = Field(0, ge=0)


class Sweep(BaseModel):
    """What is tried. space: name to a distribution, as Azure ML writes it: `{type: uniform, min_value: 0, max_value: 1}`.

    metric: that each try logs; its last value counts. trial_timeout_s: of one try; the job's own limit is that of all.
    """

    model_config = ConfigDict(extra="forbid")

    sampling: Literal["random", "sobol", "grid", "bayesian"] = "random"
    seed: int | None = None
    space: dict[str, dict[str, Any]] = Field(min_length=1)
    metric: str = Field(min_length=1, max_length=250)
    goal: Literal["minimize", "maximize"] = "minimize"
    max_trials: int = Field(ge=1, le=1000)
    max_concurrent: int = Field(1, ge=1, le=1000)
    trial_timeout_s: float | None = Field(None, gt=0)
    policy: Policy | None = None
