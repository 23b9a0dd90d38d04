"""The nouns of endpoints on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"

DeploymentState = Literal["Queued", "Starting", "Live", "Restarting", "Stopping", "Stopped", "Failed"]
EndpointState = Literal["Deploying", "Live", "Failed", "Deleting"]
ENDED: frozenset[str] = frozenset({"Stopped", "Failed"})


class EndpointDeploy(BaseModel):
    """Deploy a model version under a name; an endpoint that is there gets it as its next deployment.

    model: `NAME`, `NAME:VERSION` or `NAME@ALIAS`. port: 0 keeps the endpoint's, or takes a free one.
    tier: `auto` takes the compiled form when it was proven equal, else the original model.
    accept_risk: deploy also what could run a stranger's code while it is loaded.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME)
    model: str = Field(min_length=1, max_length=300)
    description: str | None = Field(None, max_length=2000)
    workers: int = Field(1, ge=1, le=32)
    tier: Literal["auto", "compiled", "pyfunc"] = "auto"
    port: int = Field(0, ge=0, le=65535)
    accept_risk: bool = False


class Failure(BaseModel):
    """Why a deployment does not serve. stage: load, sample, listen, start, timeout, lost."""

    stage: str
    error: str
    traceback: str = ""


class Column(BaseModel):
    """A column that the deployed model takes."""

    name: str
    type: str
    required: bool


class Deployment(BaseModel):
    """A model version in front of an endpoint.

    tier: `compiled` (ONNX, one thread, no pandas) or `pyfunc`; why: why that one; batching: of the original model.
    message: what it waits for or does now. failure: of the last try. restarts: since it last ran for a minute.
    """

    id: str
    endpoint: str
    number: int
    model: str
    version: int
    workers: int
    state: DeploymentState
    message: str = ""
    tier: Literal["compiled", "pyfunc"] | None = None
    why: str = ""
    batching: str | None = None
    load_seconds: float | None = None
    sample_ms: float | None = None
    memory_bytes: int | None = None
    restarts: int = 0
    failure: Failure | None = None
    created_by: str = ""
    created_at: datetime
    started_at: datetime | None = None
    live_at: datetime | None = None
    ended_at: datetime | None = None


class Endpoint(BaseModel):
    """A name and a port behind which a model answers.

    url: of `/score` on its own port; forward: path of the same through the server.
    live: the deployment that answers; latest: the newest one, which may be on its way, or have failed.
    """

    id: str
    name: str
    description: str = ""
    state: EndpointState
    host: str
    port: int
    url: str
    forward: str
    live: Deployment | None = None
    latest: Deployment | None = None
    created_by: str = ""
    created_at: datetime
    updated_at: datetime


class Key(BaseModel):
    """A key of an endpoint, without its secret. hint: its last characters."""

    name: Literal["primary", "secondary"]
    hint: str
    created_at: datetime


class NewKey(Key):
    """A key as it is shown once."""

    key: str


class EndpointDeployed(Endpoint):
    """The answer to a deploy. keys: only when the endpoint is new; they are shown this once."""

    keys: list[NewKey] = []


class EndpointSample(BaseModel):
    """Rows to try an endpoint with, and what the model said of them. columns: what it takes."""

    rows: list[dict[str, Any]]
    columns: list[Column]
    response: dict[str, Any] | None = None


class EndpointWindow(BaseModel):
    """Ten seconds of an endpoint. Percentiles in milliseconds."""

    at: datetime
    requests: int
    errors: int
    rows: int
    p50: float
    p95: float
    p99: float


class EndpointStats(BaseModel):
    """What an endpoint did since it was made; rate (requests per second) and durations (ms) of the last `over` seconds."""

    requests: int
    errors: int
    statuses: dict[str, int]
    over: int
    rate: float
    rows: int
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    windows: list[EndpointWindow]


class EndpointLog(BaseModel):
    """The end of a log. kind: `requests` (one line each) or `process` (what the scorer wrote, tracebacks included)."""

    kind: Literal["requests", "process"]
    deployment: int
    text: str
