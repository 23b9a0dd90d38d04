"""What one fit is asked to do, whoever asks: a job, the command line, a test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from studiolo.studio.automl.reading import Table, column_names, read


@dataclass(frozen=True)
class FitSpec:
    """A fit of one table. task: classification, regression, or auto; time_limit: seconds from submission, None = until max_trials; work: where trials keep files."""

    train: Path
    target: str
    task: str
    work: Path
    metric: str = ""
    time_limit: float | None = 60.0
    max_trials: int | None = None
    seed: int = 0
    cores: int | None = None
    memory: int | None = None  # bytes of one trial
    test: Path | None = None
    validation: Path | None = None  # a table that checks the models, in the place of folds
    drop: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    model_dir: Path | None = None
    waited: float = 0.0  # seconds between submission and the start of `run`
    read: Callable[[Path], Table] = read  # how `train`, `validation` and `test` become a table
    names: Callable[[Path], list[str]] = column_names  # the columns of one of them, before it is read
    metadata: Mapping[str, Any] = field(default_factory=dict)  # goes into MLmodel


class Report(Protocol):
    """Where a fit reports; `studiolo.runner.journal.Journal` is one."""

    def param(self, key: str, value: object) -> None: ...
    def metric(self, key: str, value: float, step: int | None = None) -> None: ...
    def tag(self, key: str, value: object) -> None: ...
    def progress(self, done: float, total: float | None = None, label: str = "") -> None: ...
    def child(
        self, id: str, name: str, state: str, *, kind: str = "trial",  # noqa: A002 - the name of the field
        params: Mapping[str, object] | None = None, metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, object] | None = None, error: str | None = None,
        started_at: float | None = None, ended_at: float | None = None,
    ) -> None: ...  # fmt: skip
    def document(self, name: str, value: Any) -> None: ...


class Silent:
    """Reports to nobody."""

    def param(self, key: str, value: object) -> None:
        del key, value

    def metric(self, key: str, value: float, step: int | None = None) -> None:
        del key, value, step

    def tag(self, key: str, value: object) -> None:
        del key, value

    def progress(self, done: float, total: float | None = None, label: str = "") -> None:
        del done, total, label

    def child(self, id: str, name: str, state: str, **fields: Any) -> None:  # noqa: A002
        del id, name, state, fields

    def document(self, name: str, value: Any) -> None:
        del name, value
