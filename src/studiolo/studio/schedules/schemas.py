"""The nouns of schedules on the wire: when, what, and what came of it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from studiolo.kernel.wording import ASSET_NAME
from studiolo.studio.experiments.schemas import JobSpec, State
from studiolo.studio.pipelines.schemas import Given, PipelineSpec

Frequency = Literal["minute", "hour", "day", "week", "month"]
WeekDay = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEK_DAYS: tuple[WeekDay, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CatchUp = Literal["none", "one", "all"]
Overlap = Literal["skip", "queue", "allow"]
TIMED = ("cron", "recurrence")  # kinds of triggers by time; the others wait for something that comes
MOST_CAUGHT_UP = 100


class Calendar(BaseModel):
    """What the triggers by time share. zone: by its IANA name, or by the name that Windows has for it.

    start, end: from when and until when it fires; one without an offset is a time of the zone.
    """

    model_config = ConfigDict(extra="forbid")

    zone: str = Field("UTC", min_length=1, max_length=100)
    start: datetime | None = None
    end: datetime | None = None


class Cron(Calendar):
    """By a line of cron: minute, hour, day of month, month, day of week.

    A line whose hours are `*` counts real time when clocks change. Another names times of day: one that does not come is made up for at the
    change, and one that comes twice counts once.
    """

    kind: Literal["cron"] = "cron"
    expression: str = Field(min_length=1, max_length=200)


class Recurrence(Calendar):
    """Every `interval` minutes, hours, days, weeks or months, counted from `start` (else from when it was made).

    hours, minutes: times of day, of day, week and month; without them the time of `start`. week_days: of week; month_days: of month, and a
    month without such a day is left out.
    """

    kind: Literal["recurrence"] = "recurrence"
    frequency: Frequency
    interval: int = Field(1, ge=1, le=10_000)
    hours: list[Annotated[int, Field(ge=0, le=23)]] = Field([], max_length=24)
    minutes: list[Annotated[int, Field(ge=0, le=59)]] = Field([], max_length=60)
    week_days: list[WeekDay] = Field([], max_length=7)
    month_days: list[Annotated[int, Field(ge=1, le=31)]] = Field([], max_length=31)


class NewVersion(Calendar):
    """When a dataset has a new version that its rules let in: each is run once, in order."""

    kind: Literal["dataset"] = "dataset"
    dataset: str = Field(min_length=1, max_length=100)


class NewFiles(Calendar):
    """When files arrive in a datastore: looked for every `interval` seconds, and run once each when two looks saw them the same.

    path: a file, a folder, or a pattern (`**` any folders, `*` and `?` within a name, `[a-z]`, `{a,b}`). batch: one run for all that arrived
    together instead of one each; most: at most so many in a look, the others at the next. existing: what is there when the schedule is made,
    or goes on after a rest, is left alone (`ignore`) or taken as arrived (`take`).
    """

    kind: Literal["files"] = "files"
    datastore: str = Field(min_length=1, max_length=100)
    path: str = Field("", max_length=2000)
    interval: int = Field(60, ge=5, le=86_400)
    batch: bool = False
    most: int = Field(100, ge=1, le=1000)
    existing: Literal["ignore", "take"] = "ignore"


Trigger = Annotated[Cron | Recurrence | NewVersion | NewFiles, Field(discriminator="kind")]


class PipelineTarget(BaseModel):
    """A pipeline. Texts among its values may hold `${{trigger.time}}`, `${{name}}`, and what else its trigger has."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["pipeline"] = "pipeline"
    spec: PipelineSpec


class JobTarget(BaseModel):
    """A job. Its params, data, outputs and tags may hold `${{trigger.time}}` and `${{name}}`."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["job"] = "job"
    spec: JobSpec


class PublishedTarget(BaseModel):
    """A published pipeline. version: none for the default one of the time; inputs: as of a start, and may hold expressions."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["published"] = "published"
    name: str = Field(min_length=1, max_length=100)
    version: int | None = Field(None, ge=1)
    inputs: dict[str, Given] = {}


class AutoMLTarget(BaseModel):
    """An AutoML run. spec: as of a submission; its texts may hold expressions, such as the version that came as `dataset`."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["automl"] = "automl"
    spec: dict[str, Any]


Target = Annotated[PipelineTarget | JobTarget | PublishedTarget | AutoMLTarget, Field(discriminator="kind")]


class ScheduleSettings(BaseModel):
    """When what runs.

    catch_up: of times that came while the studio did not run: `none` is run, the newest `one`, or `all` (at most the newest 100).
    overlap: when an earlier run has not ended: `skip` this time, `queue` it until then, or `allow` both. Versions and files that arrive are
    made up for (`all`) and wait (`queue`) unless it is said otherwise: none is lost.
    """

    model_config = ConfigDict(extra="forbid")

    description: str = Field("", max_length=10_000)
    trigger: Trigger
    target: Target
    catch_up: CatchUp = "one"
    overlap: Overlap = "skip"

    @model_validator(mode="after")
    def _lose_nothing(self) -> "ScheduleSettings":
        if self.trigger.kind not in TIMED:
            self.catch_up = self.catch_up if "catch_up" in self.model_fields_set else "all"
            self.overlap = self.overlap if "overlap" in self.model_fields_set else "queue"
        return self


class ScheduleCreate(ScheduleSettings):
    """A new schedule."""

    name: str = Field(min_length=1, max_length=100, pattern=ASSET_NAME)
    enabled: bool = True


class SchedulePatch(BaseModel):
    """What changes; what is left out stays. Who changes when or what runs is who it runs as from then on."""

    model_config = ConfigDict(extra="forbid")

    description: str | None = Field(None, max_length=10_000)
    trigger: Trigger | None = None
    target: Target | None = None
    catch_up: CatchUp | None = None
    overlap: Overlap | None = None


FiringState = Literal["waiting", "started", "skipped", "failed"]
Origin = Literal["time", "catch_up", "request", "dataset", "files"]


class VersionCause(BaseModel):
    """A version of a dataset that made a schedule fire."""

    kind: Literal["dataset"] = "dataset"
    dataset: str
    version: int


class ArrivedFile(BaseModel):
    """A file as it was when it was taken. mark: the store's etag, generation or time."""

    path: str
    size: int = 0
    mark: str = ""


class FilesCause(BaseModel):
    """Files of a datastore that made a schedule fire. folder: the one they are all below; batch: they run together."""

    kind: Literal["files"] = "files"
    datastore: str
    folder: str = ""
    batch: bool = False
    files: list[ArrivedFile]


Cause = Annotated[VersionCause | FilesCause, Field(discriminator="kind")]


class Firing(BaseModel):
    """A time that came, a version or files, and what was done about it. cause: what came, null of a time.

    state: started (run_id is its run), waiting (for an earlier run to end), skipped (reason says why; count times, up to `until`), failed
    (no run could be made; reason says why). run_state: how the run stands, null when it was removed.
    """

    id: int
    due: datetime
    fired_at: datetime
    origin: Origin
    state: FiringState
    run_id: str | None = None
    run_state: State | None = None
    run_name: str = ""
    reason: str = ""
    field: str = ""
    count: int = 1
    until: datetime | None = None
    cause: Cause | None = None


class RunAsked(BaseModel):
    """What a run at once is for: of a trigger by dataset a version (the newest without one), by files a path (the newest that fits)."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=1)
    path: str = Field("", max_length=4000)


class Schedule(BaseModel):
    """A schedule. state: active, paused, finished (no time is left), troubled (the newest firing made no run, or a look failed; trouble says why).

    looked_at: when it was last looked for files; pending: files that arrived and wait for their turn.

    runs_as: name of the account whose rights its runs have; what: a pipeline, a job, a published pipeline or an AutoML run, with its name; next: the times to come.
    """

    name: str
    description: str = ""
    state: Literal["active", "paused", "finished", "troubled"]
    enabled: bool
    trigger: Trigger
    says: str
    zone: str
    what: Literal["pipeline", "job", "published", "automl"]
    target_name: str
    experiment: str
    catch_up: CatchUp
    overlap: Overlap
    trouble: str = ""
    runs_as: str
    next: list[datetime] = []
    looked_at: datetime | None = None
    pending: int = 0
    last: Firing | None = None
    created_at: datetime
    created_by: str
    updated_at: datetime


class ScheduleDetail(Schedule):
    """A schedule with what it runs."""

    target: Target


class TimesAsked(BaseModel):
    """A trigger whose next times are wanted."""

    model_config = ConfigDict(extra="forbid")

    trigger: Trigger
    count: int = Field(5, ge=1, le=50)


class Times(BaseModel):
    """The next times of a trigger. zone: by its IANA name; says: the trigger in words.

    there: of a trigger by what arrives, the newest of what is there now, and count how many.
    """

    times: list[datetime]
    zone: str
    says: str
    there: list[str] = []
    count: int = 0
