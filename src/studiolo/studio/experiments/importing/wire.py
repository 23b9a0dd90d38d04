"""What an import sends: read from a source, written by the server. MessagePack, since JSON has no NaN and is slower."""

from typing import Any

import msgspec


class Points(msgspec.Struct, array_like=True):
    """A metric's history. timestamps: milliseconds since 1970; the lists are of one length."""

    key: str
    steps: list[int]
    timestamps: list[int]
    values: list[float]


class ModelPoint(msgspec.Struct, array_like=True):
    """A point that measures a logged model, perhaps on a dataset."""

    model_id: str | None
    key: str
    value: float
    timestamp: int
    step: int
    dataset_name: str | None = None
    dataset_digest: str | None = None


class UsedDataset(msgspec.Struct):
    """A dataset that a client described as the input of a run."""

    name: str
    digest: str
    source_type: str
    source: str
    schema: str | None = None
    profile: str | None = None
    tags: dict[str, str] = {}


class File(msgspec.Struct, array_like=True):
    """A file whose bytes are in the store already. digest: blake3."""

    path: str
    digest: str
    size: int


class SentRun(msgspec.Struct):
    """A run. experiment: its id here; id: here, source_id: there; times in milliseconds since 1970.

    stamp: of its content at the source; empty when more parts of the run follow.
    """

    id: str
    source_id: str
    experiment: str
    stamp: str
    name: str = ""
    user: str = ""
    status: str = "FINISHED"
    start: int | None = None
    end: int | None = None
    deleted: bool = False
    deleted_at: int | None = None
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    metrics: list[Points] = []
    datasets: list[UsedDataset] = []
    models_used: list[str] = []
    models_made: dict[str, int] = {}
    model_points: list[ModelPoint] = []
    files: list[File] = []


class SentModel(msgspec.Struct):
    """A logged model. experiment: its id here."""

    id: str
    source_id: str
    experiment: str
    stamp: str
    name: str
    model_type: str = ""
    source_run_id: str | None = None
    status: str = "LOGGED_MODEL_READY"
    created: int = 0
    updated: int = 0
    deleted: bool = False
    params: dict[str, str] = {}
    tags: dict[str, str] = {}
    files: list[File] = []


class SentAssessment(msgspec.Struct):
    """Feedback, an expectation or an issue. message: as the protocol writes it; times in milliseconds since 1970."""

    id: str
    message: dict[str, Any]
    created: int
    updated: int
    valid: bool = True


class SentTrace(msgspec.Struct):
    """A trace. experiment: its id here; started, duration: milliseconds; spans: messages of OpenTelemetry.

    stamp: of its content at the source; empty when more spans follow. runs, prompts: what it is linked to.
    """

    id: str
    source_id: str
    experiment: str
    stamp: str
    state: str
    started: int
    duration: int | None = None
    client_request_id: str | None = None
    request: str | None = None
    response: str | None = None
    tags: dict[str, str] = {}
    metadata: dict[str, str] = {}
    runs: list[str] = []
    prompts: list[str] = []
    spans: list[bytes] = []
    assessments: list[SentAssessment] = []
    files: list[File] = []


class Batch(msgspec.Struct):
    """What is written together: models before the runs that name them."""

    models: list[SentModel] = []
    runs: list[SentRun] = []
    traces: list[SentTrace] = []
