"""The nouns of quality on the wire; `rules` has the rules themselves and what came of each."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.studio.datasets.monitors.windows import Frequency
from studiolo.studio.datasets.quality.rules import MOST_RULES, Report, Rule
from studiolo.studio.workspace.notices.schemas import Address

CheckState = Literal["running", "passed", "warned", "failed", "error", "canceled"]
CheckOrigin = Literal["registration", "schedule", "request"]
OPEN: frozenset[str] = frozenset({"running"})


class QualitySettings(BaseModel):
    """Rules of a dataset, and when they are asked besides at registration. frequency: none is never.

    recipients: addresses that get mail when the rules begin to be broken, and when they are kept again.
    """

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule] = Field(default_factory=list, max_length=MOST_RULES)
    frequency: Frequency | None = None
    zone: str = "UTC"
    recipients: list[Address] = Field(default_factory=list, max_length=100)


class Check(BaseModel):
    """A check of a version. state: `warned`: a rule that warns is broken; `failed`: one that blocks; `error`: it could not be done.

    rules, broken: how many; failed: the broken ones in words.
    """

    id: str
    dataset: str
    version: int
    rules_version: int
    origin: CheckOrigin
    state: CheckState
    run_id: str | None = None
    rules: int
    broken: int = 0
    failed: list[str] = Field(default_factory=list)
    error: str = ""
    created_at: datetime
    ended_at: datetime | None = None


class Quality(QualitySettings):
    """Rules of a dataset and how they stand. rules_version: grows with each change; titles: of the rules, in words.

    state: of the newest check that ended; none: there was no check yet. last: the newest check.
    """

    dataset: str
    rules_version: int
    titles: list[str]
    state: Literal["none", "ok", "failing"]
    last: Check | None = None
    next_at: datetime | None = None
    updated_at: datetime | None = None
    updated_by: str = ""


class CheckReport(BaseModel):
    """A check and what came of each rule; report: none while it runs or where it could not be done."""

    check: Check
    report: Report | None = None


class CheckRequest(BaseModel):
    """What to check now. version: none is the newest one."""

    model_config = ConfigDict(extra="forbid")

    version: int | None = Field(None, ge=1)


class Suggestion(BaseModel):
    """A rule that the profile of a version keeps. why: what in the profile suggests it."""

    rule: Rule
    title: str
    why: str


class RulesText(BaseModel):
    """Rules as YAML."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(max_length=1_000_000)
