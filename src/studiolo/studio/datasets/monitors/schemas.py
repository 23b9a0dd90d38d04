"""The nouns of drift monitors on the wire; `results` has those of a compared window."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.studio.datasets.monitors.windows import Frequency
from studiolo.studio.workspace.notices.schemas import Address

MonitorState = Literal["waiting", "ok", "drifting", "resolved", "stopped"]
WindowState = Literal["queued", "running", "done", "too_few", "failed", "canceled"]
Origin = Literal["schedule", "backfill", "request"]
MOST_FEATURES = 200


class Baseline(BaseModel):
    """What windows are compared with: a version, or its rows from `start` up to, and without, `end`.

    version: none is pinned to the newest one when the monitor is saved. timestamp: the column that start and end are of.
    """

    model_config = ConfigDict(extra="forbid")

    dataset: str
    version: int | None = Field(None, ge=1)
    timestamp: str | None = None
    start: datetime | None = None
    end: datetime | None = None


class Target(BaseModel):
    """Where windows are cut from: the newest version of a dataset, by a column of moments.

    zone: that the column's moments are written in, where they do not say it themselves.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["dataset"] = "dataset"
    dataset: str
    timestamp: str
    zone: str = "UTC"


class MonitorSettings(BaseModel):
    """What a monitor does. features: empty takes every column that can be compared, up to 200, but those in `exclude`.

    latency_hours: how long after its end a window's rows may still arrive. threshold: of the drift magnitude, 0 to 1.
    feature_threshold, thresholds: of a feature's population stability index. weights: 0 shows a feature without alarms.
    alert_features: whether a single feature is an alarm too. recipients: addresses that get mail.
    """

    model_config = ConfigDict(extra="forbid")

    baseline: Baseline
    target: Target
    features: list[str] = Field(default_factory=list, max_length=MOST_FEATURES)
    exclude: list[str] = Field(default_factory=list, max_length=10_000)
    weights: dict[str, Annotated[float, Field(ge=0, le=1000)]] = Field(default_factory=dict)
    frequency: Frequency = "day"
    zone: str = "UTC"
    latency_hours: float = Field(0.0, ge=0, le=24 * 31)
    threshold: float = Field(0.2, gt=0, le=1)
    feature_threshold: float = Field(0.1, gt=0, le=100)
    thresholds: dict[str, Annotated[float, Field(gt=0, le=100)]] = Field(default_factory=dict)
    alert_features: bool = True
    recipients: list[Address] = Field(default_factory=list, max_length=100)


class MonitorCreate(MonitorSettings):
    """A new monitor. since: the first window that the schedule looks at; none: the one that is open now."""

    name: str = Field(min_length=1, max_length=100)
    description: str = Field("", max_length=10_000)
    enabled: bool = True
    since: datetime | None = None


class MonitorPatch(BaseModel):
    """What changes; what is left out stays. `settings` as a whole makes a new version of them, and history stays."""

    model_config = ConfigDict(extra="forbid")

    description: str | None = Field(None, max_length=10_000)
    enabled: bool | None = None
    settings: MonitorSettings | None = None


class Cause(BaseModel):
    """A feature that has moved, in short. psi: its index."""

    name: str
    psi: float
    drifting: bool


class WindowResult(BaseModel):
    """A window in short. magnitude, floor: of the drift model; top: the features that moved most.

    rows: in the window; version: of the target dataset; run_id: its job; settings: their version; why: of the alarm.
    """

    start: datetime
    end: datetime
    state: WindowState
    origin: Origin
    settings: int
    version: int | None = None
    run_id: str | None = None
    rows: int | None = None
    magnitude: float | None = None
    floor: float | None = None
    drifting: bool | None = None
    drifting_features: int | None = None
    why: str = ""
    error: str = ""
    top: list[Cause] = Field(default_factory=list)
    updated_at: datetime


class Monitor(BaseModel):
    """A drift monitor. state: since `state_since`, as its newest window says; next_window: that the schedule looks at next.

    next_at: when it does. settings_version: grows with each change of the settings; last: its newest window that was judged.
    """

    name: str
    description: str
    enabled: bool
    state: MonitorState
    state_since: datetime | None = None
    settings: MonitorSettings
    settings_version: int
    next_window: datetime | None = None
    next_at: datetime | None = None
    running: int = 0
    last: WindowResult | None = None
    created_at: datetime
    created_by: str
    updated_at: datetime


class SettingsVersion(BaseModel):
    """Settings as they were from a moment on."""

    version: int
    settings: MonitorSettings
    created_at: datetime
    created_by: str


class BackfillCreate(BaseModel):
    """Windows to compute of the past: all that begin in `start`'s own window or later and before `end`."""

    model_config = ConfigDict(extra="forbid")

    start: datetime
    end: datetime


class Backfill(BaseModel):
    """A backfill. total: windows; done: that are over; seconds_left: estimated, once some are done."""

    id: str
    start: datetime
    end: datetime
    state: Literal["running", "done", "canceled"]
    total: int
    done: int
    failed: int
    seconds_left: float | None = None
    created_at: datetime
    created_by: str


class RunRequest(BaseModel):
    """A window to compute now: the one that holds a moment; none: the newest one that is over."""

    model_config = ConfigDict(extra="forbid")

    moment: datetime | None = None


class TrendPoint(BaseModel):
    """A feature in one window. None: there was nothing to measure."""

    start: datetime
    psi: float | None
    drifting: bool
    magnitude: float | None


class FeatureTrend(BaseModel):
    """A feature over time, oldest first."""

    feature: str
    threshold: float
    points: list[TrendPoint]


class WindowCount(BaseModel):
    """How many rows a window has."""

    start: datetime
    rows: int


class PreviewRequest(BaseModel):
    """Windows to count the rows of, before a monitor is made."""

    model_config = ConfigDict(extra="forbid")

    dataset: str
    timestamp: str
    frequency: Frequency = "day"
    zone: str = "UTC"
    column_zone: str = "UTC"


class WindowPreview(BaseModel):
    """The newest windows of a dataset, oldest first. first, last: moments of the column; small: windows below 50 rows.

    columns: that can be compared; left_out: column → why it is not.
    """

    windows: list[WindowCount]
    total: int
    small: int
    first: datetime | None = None
    last: datetime | None = None
    columns: list[str]
    left_out: dict[str, str]
