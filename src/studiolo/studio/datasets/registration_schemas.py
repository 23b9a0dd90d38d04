"""The nouns of registering: where files come from, uploads that can be gone on with, and how far a registration is."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.studio.datasets.schemas import Kind, Mode, Reading, Tags

PATHS = 10_000  # files announced in one call
Path = Annotated[str, Field(min_length=1, max_length=1024)]


class FromDatastore(BaseModel):
    """A file, a folder or a pattern of a datastore. glob: `**` any folders, `*`, `?`, `{a,b}`; instead of a path."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["datastore"] = "datastore"
    datastore: str = Field(max_length=100)
    path: str = Field("", max_length=2000, description="A file or folder; empty: all of the datastore")
    glob: str | None = Field(None, max_length=2000, description="Such as `sales/**/*.{csv,parquet}`")


class FromUrl(BaseModel):
    """A file of the web."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["url"] = "url"
    url: str = Field(min_length=1, max_length=2000)


class FromQuery(BaseModel):
    """The rows that a query of a SQL datastore returns now; they are kept as Parquet."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["sql"] = "sql"
    datastore: str = Field(max_length=100)
    query: str = Field(min_length=1, max_length=100_000)


class FromAnswer(BaseModel):
    """What a query over datasets answers, to its last row; only saving an answer makes this. datasets: what it reads.

    dataset: `name:version` that its bare name means in the query.
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["answer"] = "answer"
    query: str = Field(min_length=1, max_length=100_000)
    dataset: str | None = Field(None, max_length=200)
    datasets: list[str] = []


class FromRun(BaseModel):
    """What a run left: a file or folder of its artifacts; empty: all of them."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["run"] = "run"
    run_id: str = Field(max_length=64)
    path: str = Field("", max_length=1024)


class FromUpload(BaseModel):
    """What an upload session brought; only completing one makes this."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["upload"] = "upload"
    session: str = Field("", max_length=64)


Source = Annotated[FromDatastore | FromUrl | FromQuery | FromAnswer | FromRun | FromUpload, Field(discriminator="type")]


class About(BaseModel):
    """What is to be made. kind `file`: files as they are; description: of the dataset; tags: of the version."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        "", max_length=100, description="Letters, digits, `.`, `_`, `-`; empty: from the file's or folder's name"
    )
    kind: Kind = "tabular"
    description: str = Field("", max_length=10_000)
    tags: Tags = {}
    unpack: bool = Field(False, description="Whether archives (zip, tar, gz, zstd) are unpacked")
    reading: Reading = Reading()


class RegistrationCreate(About):
    """Register files from somewhere. mode `referenced`: of a datastore alone; unreadable: refuse, or skip and name them."""

    source: Source
    mode: Mode = "managed"
    unreadable: Literal["refuse", "skip"] = "refuse"


class Skipped(BaseModel):
    """A file that could not be read and was left out."""

    path: str
    reason: str


class Registration(BaseModel):
    """How far a registration is. seconds_left: None while not known; version: once done; existing: it was there already."""

    run_id: str
    name: str
    kind: Kind
    mode: Mode
    source: dict[str, Any]
    state: Literal["queued", "running", "done", "failed", "canceled"]
    label: str = ""
    files_done: int | None = None
    files_total: int | None = None
    bytes_done: int | None = None
    bytes_total: int | None = None
    seconds_left: float | None = None
    version: int | None = None
    existing: bool = False
    note: str = ""
    skipped: list[Skipped] = []
    error: str = ""
    hint: str = ""
    field: str | None = None
    code: str | None = None
    upload_id: str | None = None
    created_at: datetime
    created_by: str
    ended_at: datetime | None = None


class UploadSessionCreate(About):
    """Begin to send files; they become a version when the session is completed."""


class UploadSession(BaseModel):
    """Files on their way in. expires_at: when it is given up, if nothing is sent until then; run_id: of its registration."""

    id: str
    name: str
    kind: Kind
    state: Literal["open", "completing", "done"]
    files: int
    files_complete: int
    bytes: int
    bytes_received: int
    created_at: datetime
    created_by: str
    expires_at: datetime
    run_id: str | None = None


class UploadFile(BaseModel):
    """A file of a session. path: in the dataset, with folders; digest: blake3, then bytes that are here already are not sent.

    mark: what changes when the file does, such as the time of its last change; default: its digest.
    """

    model_config = ConfigDict(extra="forbid")

    path: Path
    size: int = Field(ge=0, lt=2**63)
    digest: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    mark: str | None = Field(None, max_length=100)


class UploadFiles(BaseModel):
    """Files that will be sent."""

    model_config = ConfigDict(extra="forbid")

    files: list[UploadFile] = Field(max_length=PATHS)


class FileState(BaseModel):
    """What is there of a file of a session. received: bytes; go on from there."""

    path: str
    size: int
    received: int
    complete: bool
