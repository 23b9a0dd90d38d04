"""What a registration job is told, and what it leaves. Plain values, written as JSON."""

from typing import Any, Literal

from pydantic import BaseModel

from studiolo.studio.datasets.registration_schemas import Skipped, Source
from studiolo.studio.datasets.schemas import Kind, Mode, Reading, TableSchema

ORDER = "STUDIOLO_REGISTRATION"  # environment variable of the job
RESULT = "registered.json"  # what it leaves among its outputs
PROBLEM = "problem"  # document of the run, when it failed


class Parent(BaseModel):
    """The version that the new one goes on from: what was read of it need not be read again."""

    manifest: str | None
    files: list[dict[str, Any]] = []
    readable: str | None = None
    table: TableSchema


class SentPart(BaseModel):
    """A file of an upload that lies in the spool, not in the store yet. file: where."""

    path: str
    size: int
    file: str


class Asked(BaseModel):
    """A query over datasets. tables: the job's input folder of each name in it; else the studio's limits of such a query.

    seconds: of the query; memory: bytes of its process; size: bytes of its rows; room: bytes of copies by columns.
    """

    tables: dict[str, str] = {}
    seconds: float
    memory: int
    size: int
    room: int


class Order(BaseModel):
    """given: manifest of files that are in the store already; sealed: the address is fetched from the studio, since it is secret."""

    name: str
    kind: Kind
    mode: Mode = "managed"
    source: Source
    sealed: bool = False
    given: str | None = None
    parts: list[SentPart] = []
    unpack: bool = False
    skip: bool = False
    reading: Reading = Reading()
    parent: Parent | None = None
    answer: Asked | None = None
    limit: int
    seconds: float
    private: bool = False
    line_limit: int
    workspace_id: str


class Result(BaseModel):
    """A version that has no row yet: its blobs are in the store, held when it was written."""

    state: Literal["registered"] = "registered"
    kind: Kind
    mode: Mode
    manifest: str
    file_count: int
    size: int
    table: TableSchema
    preview: str
    whole: str | None = None  # one copy that is read instead of all files
    only: dict[str, Any] | None = None  # of a managed version with one file: path, size, digest, readable
    source: dict[str, Any]
    skipped: list[Skipped] = []
    reused: int = 0
    kept_at: float
