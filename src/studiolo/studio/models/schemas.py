"""The nouns of models on the wire."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Column(BaseModel):
    """An input, output or parameter of a model. type: MLflow's word, e.g. double, long, string, tensor(float32)."""

    name: str | None = None
    type: str
    required: bool = True
    shape: list[int] | None = None
    default: Any = None


class Signature(BaseModel):
    """What a model takes and gives."""

    inputs: list[Column] = []
    outputs: list[Column] = []
    params: list[Column] = []


Verdict = Literal["clean", "unknown", "dangerous", "unreadable"]


class ScanFinding(BaseModel):
    """Something that loading the model would import, call or run. offset: of its first place in the file, in bytes."""

    what: str
    grade: Literal["safe", "unknown", "dangerous"]
    why: str = ""
    file: str
    offset: int | None = None
    count: int = 1


class UnreadFile(BaseModel):
    """A file that could not be looked into."""

    file: str
    why: str


class Scan(BaseModel):
    """What a look into the files found, without loading them.

    verdict: `clean`, `unknown` (types on no list, or code of its own), `dangerous`, `unreadable` (a file withstood the look).
    pickles: files that hold one; cut: there was more than is listed.
    """

    verdict: Verdict
    findings: list[ScanFinding] = []
    notes: list[str] = []
    unreadable: list[UnreadFile] = []
    files: int = 0
    pickles: int = 0
    cut: bool = False
    seconds: float = 0.0
    scanner: str
    scanned_at: datetime


class ModelVersion(BaseModel):
    """A version never changes but for description, tags, aliases and stage.

    size: bytes of all files; used_by: what serves it, such as `endpoint:titanic`; source: where it was registered from.
    scan: the verdict on its files, None before they were looked into; run_name: of the run that made it, None when it is gone. deleted_at, remove_at: of one in the bin.
    """

    name: str
    version: int
    description: str = ""
    tags: dict[str, str] = {}
    aliases: list[str] = []
    stage: str = "None"
    status: str = "READY"
    run_id: str | None = None
    run_name: str | None = None
    model_id: str | None = None
    source: str = ""
    flavors: list[str] = []
    signature: Signature | None = None
    mlflow_version: str | None = None
    size: int = 0
    files: int = 0
    user: str = ""
    used_by: list[str] = []
    scan: Verdict | None = None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    deleted_by: str = ""
    remove_at: datetime | None = None


class Model(BaseModel):
    """A name for a line of versions. aliases: name of the alias to version.

    bin_id, deleted_at, remove_at: of one in the bin, where several may have had the same name.
    """

    name: str
    description: str = ""
    tags: dict[str, str] = {}
    aliases: dict[str, int] = {}
    latest: ModelVersion | None = None
    versions: int = 0
    created_at: datetime
    updated_at: datetime
    bin_id: str | None = None
    deleted_at: datetime | None = None
    deleted_by: str = ""
    remove_at: datetime | None = None


class ModelFile(BaseModel):
    """A file of a version. digest: blake3 of its content."""

    path: str
    size: int
    digest: str = ""


class Example(BaseModel):
    """An input that the model was logged with: rows of named columns, or as it was written when it is no table.

    file: its path in the version; cut: there are more rows than are given.
    """

    file: str
    columns: list[str] = []
    rows: list[list[Any]] = []
    raw: Any = None
    cut: bool = False


class ComparedLine(BaseModel):
    """One line of a comparison; values: one a version, None where it has none. same: all are equal."""

    key: str
    values: list[Any]
    same: bool


class VersionComparison(BaseModel):
    """Versions side by side. signature: keys such as `input age`; files: the first 12 digits of their digest."""

    versions: list[ModelVersion]
    signature: list[ComparedLine] = []
    metrics: list[ComparedLine] = []
    params: list[ComparedLine] = []
    requirements: list[ComparedLine] = []
    files: list[ComparedLine] = []


Kind = Literal["auto", "folder", "onnx", "lightgbm", "xgboost", "catboost", "skops", "pickle", "joblib"]


class VersionUpload(BaseModel):
    """Register a file that was trained elsewhere: a model file, or a folder with an MLmodel file as zip or tar.

    kind: `auto` tells by the content. requirements: lines of pip's. example: rows as a JSON list of objects; a signature is
    made from them where the file brings none. source: where the file is from, for people to read.
    """

    model_config = ConfigDict(extra="forbid")

    filename: str = Field("model", min_length=1, max_length=255)
    kind: Kind = "auto"
    description: str = Field("", max_length=8000)
    requirements: str = Field("", max_length=4000)
    example: str = Field("", max_length=16_000)
    source: str = Field("", max_length=1000)


class FetchCreate(BaseModel):
    """Register what the studio fetches: a web address of a model file, or a model of another MLflow.

    address: `https://…`, or `runs:/<run>/<path>`, `models:/…` of the MLflow server at `tracking_uri`. token: sent there as
    Bearer, `user:password` as Basic; kept sealed until the fetch has ended. The rest as for an upload.
    """

    model_config = ConfigDict(extra="forbid")

    address: str = Field(min_length=1, max_length=2000)
    tracking_uri: str = Field("", max_length=2000)
    token: str = Field("", max_length=8000, pattern=r"^[\x21-\x7e]*$", repr=False)
    kind: Kind = "auto"
    description: str = Field("", max_length=8000)
    requirements: str = Field("", max_length=4000)
    example: str = Field("", max_length=16_000)


class FetchOrder(FetchCreate):
    """What the job of a fetch is given. private: addresses that are not public may be asked; limit: bytes."""

    name: str
    private: bool
    seconds: float
    limit: int


class Fetch(BaseModel):
    """How far a fetch is. progress: 0 to 1, None while the size is not known; version: what was registered.

    error, hint: sentences, when it failed; field: of the request, when one is to blame.
    """

    run_id: str
    name: str
    state: Literal["queued", "running", "done", "failed", "canceled"]
    started_at: datetime
    progress: float | None = None
    label: str = ""
    version: int | None = None
    error: str = ""
    hint: str = ""
    field: str | None = None


class VersionCreate(BaseModel):
    """Register what a run logged below `path`, a logged model, or what an address of this studio names.

    source: `runs:/<run>/<path>`, `models:/m-<id>`, `models:/<name>/<version>` or `models:/<name>@<alias>`.
    """

    model_config = ConfigDict(extra="forbid")

    source: str | None = Field(None, max_length=1000)

    run_id: str | None = None
    path: str = "model"
    model_id: str | None = None
    description: str = ""
    tags: dict[str, str] = {}


class Change(BaseModel):
    """What may be changed; absent fields stay. A tag of null is removed."""

    model_config = ConfigDict(extra="forbid")

    description: str | None = Field(None, max_length=100_000)
    stage: Literal["None", "Staging", "Production", "Archived"] | None = None
    tags: dict[str, str | None] = {}


class Restore(BaseModel):
    """How to bring a deleted model back. id: its `bin_id`, else the last deleted one; new_name: when its own is taken by now."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(None, max_length=32)
    new_name: str | None = Field(None, max_length=250)


class BinCleanup(BaseModel):
    """What to remove for good. older_than_days: null is the retention time; 0 is all of the bin."""

    model_config = ConfigDict(extra="forbid")

    older_than_days: float | None = Field(None, ge=0, le=36500)


class BinContents(BaseModel):
    """What was removed for good. left: there is more, ask again."""

    models: int = 0
    versions: int = 0
    left: bool = False


class AliasSet(BaseModel):
    """The version that an alias names."""

    model_config = ConfigDict(extra="forbid")

    version: int
