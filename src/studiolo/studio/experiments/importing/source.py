"""What a source of an import gives: experiments, then runs and models with a stamp each, read in full only when it is new."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from studiolo.studio.experiments.importing.wire import SentModel, SentRun

if TYPE_CHECKING:
    from studiolo.studio.experiments.importing.found_traces import FoundTrace


class FoundExperiment(NamedTuple):
    """An experiment; times in milliseconds since 1970."""

    id: str
    name: str
    tags: dict[str, str]
    deleted: bool
    created: int | None
    updated: int | None


class Listed(NamedTuple):
    """A run or model before it is read. stamp: changes when its content does; order: time of its start."""

    id: str
    stamp: str
    order: int


class FoundFile(NamedTuple):
    """A file. path: below the artifacts; local: where it is on this machine, None when `Source.read` gets it."""

    path: str
    local: Path | None
    address: str = ""


@dataclass
class FoundRun:
    """A run as the source has it (ids of the source). lost: what of it cannot be read, in words."""

    run: SentRun
    files: list[FoundFile] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


@dataclass
class FoundModel:
    """A logged model."""

    model: SentModel
    files: list[FoundFile] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


class FoundVersion(NamedTuple):
    """A version of a registered model. source: where its files were registered from, such as `runs:/<id>/model`."""

    version: int
    source: str
    run_id: str | None
    model_id: str | None
    stage: str
    description: str
    user: str
    run_link: str
    tags: dict[str, str]
    created: int
    updated: int


class FoundRegistered(NamedTuple):
    """A registered model or prompt, with its versions in order."""

    name: str
    description: str
    tags: dict[str, str]
    aliases: dict[str, int]
    created: int
    updated: int
    versions: list[FoundVersion]


class Leftover(NamedTuple):
    """What the source has and an import does not take."""

    kind: str
    many: int
    reason: str


class Source(Protocol):
    """An MLflow. label: as people call it, without secrets; identity: the same for the same source."""

    label: str
    identity: str

    def experiments(self) -> list[FoundExperiment]:
        """Return all experiments, deleted ones too."""
        ...

    def runs(self, experiment: str) -> list[Listed]:
        """List the runs of an experiment."""
        ...

    def read_runs(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundRun]:
        """Read runs in full; what is not there any more is left out."""
        ...

    def models(self, experiment: str) -> list[Listed]:
        """List the logged models of an experiment."""
        ...

    def read_models(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundModel]:
        """Read logged models in full."""
        ...

    def traces(self, experiment: str) -> list[Listed]:
        """List the traces of an experiment."""
        ...

    def read_traces(self, experiment: str, ids: Sequence[str]) -> "Iterator[FoundTrace]":
        """Read traces in full."""
        ...

    def registered(self) -> Iterator[FoundRegistered]:
        """Read the registry."""
        ...

    def leftovers(self) -> list[Leftover]:
        """Count what is not taken."""
        ...

    def read(self, file: FoundFile) -> Iterator[bytes]:
        """Read a file that is not on this machine."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


MODEL_STATUS = {"1": "LOGGED_MODEL_PENDING", "2": "LOGGED_MODEL_READY", "3": "LOGGED_MODEL_UPLOAD_FAILED"}
MODEL_STATUS |= {"PENDING": MODEL_STATUS["1"], "READY": MODEL_STATUS["2"], "FAILED": MODEL_STATUS["3"]}
RUN_STATUS = {"1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}
NOT_TAKEN = "Studiolo's import does not take them."


def model_status(value: Any) -> str:
    """Return MLflow's word for the status of a logged model, which its stores keep as a number or a word."""
    text = str(value).rsplit(".", 1)[-1]
    return MODEL_STATUS.get(text, text if text.startswith("LOGGED_MODEL_") else MODEL_STATUS["2"])


def run_status(value: Any) -> str:
    """Return MLflow's word for the status of a run."""
    text = str(value)
    return RUN_STATUS.get(text, text)


def stamp(*parts: Any) -> str:
    """Return a stamp of values."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def integer(value: Any) -> int | None:
    """Return a number, None for what is none."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
