"""The nouns of imports on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ImportStart(BaseModel):
    """A source. fingerprint: the same for the same source; source: as people call it, without secrets."""

    model_config = ConfigDict(extra="forbid")

    fingerprint: str = Field(pattern=r"^[0-9a-f]{64}$")
    source: str = Field(max_length=2000)


class Import(BaseModel):
    """A source that was, or is being, imported. report: of the last time it came to its end."""

    id: str
    source: str
    user: str
    report: dict[str, Any] | None = None
    created_at: datetime
    updated_at: datetime


class ImportedExperiment(BaseModel):
    """An experiment of the source. Times are milliseconds since 1970."""

    model_config = ConfigDict(extra="forbid")

    source_id: str = Field(max_length=256)
    name: str = Field(min_length=1, max_length=500)
    tags: dict[str, str] = {}
    deleted: bool = False
    created: int | None = None
    updated: int | None = None


class ImportedExperiments(BaseModel):
    """Experiments of the source, to be found or made here."""

    model_config = ConfigDict(extra="forbid")

    experiments: list[ImportedExperiment] = Field(max_length=1000)


class ExperimentHere(BaseModel):
    """Where the runs of an experiment of the source go. state: made now, merged into one of that name, or known."""

    source_id: str
    id: str
    name: str
    state: Literal["added", "merged", "there"]


class Stamps(BaseModel):
    """Stamps of the content of things at the source, by their id there."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["run", "logged_model", "trace", "model"]
    stamps: dict[str, str] = Field(max_length=10_000)


class Known(BaseModel):
    """same: what is here as it is at the source; gone: what was imported and has been removed here since."""

    same: list[str]
    gone: list[str]


class Taken(BaseModel):
    """What became of a thing that was sent; reason: of a refusal."""

    kind: Literal["run", "logged_model", "trace"]
    source_id: str
    state: Literal["added", "updated", "there", "refused"]
    reason: str = ""


class ImportEnd(BaseModel):
    """The report of an import that came to its end."""

    model_config = ConfigDict(extra="forbid")

    report: dict[str, Any]
