"""The nouns of datastores."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

NAME = r"^[A-Za-z0-9_]{1,63}$"
Values = dict[str, str | int | bool | None]


class CredentialState(BaseModel):
    """A credential, of which only is told whether it is there and since when."""

    field: str
    title: str
    set: bool
    updated_at: datetime | None = None


class CheckState(BaseModel):
    """What came of trying the connection. cause, hint: for people; code: of the error."""

    ok: bool
    cause: str = ""
    hint: str = ""
    code: str = ""
    milliseconds: float = 0.0
    at: datetime | None = None


class Datastore(BaseModel):
    """A place for bytes. location: for people; free_bytes, total_bytes: of its file system, where it has one."""

    name: str
    title: str
    description: str = ""
    kind: str
    kind_title: str = ""
    family: Literal["blobs", "files", "sql"] = "files"
    default: bool = False
    built_in: bool = False
    read_only: bool = False
    location: str = ""
    auth: str = "none"
    config: dict[str, Any] = {}
    credentials: list[CredentialState] = []
    tags: dict[str, str] = {}
    check: CheckState | None = None
    free_bytes: int | None = None
    total_bytes: int | None = None
    created_at: datetime | None = None
    created_by: str = ""
    updated_at: datetime | None = None


class DatastoreCreate(BaseModel):
    """A new datastore. auth: default the one whose credentials are given; credentials: sealed, never shown again."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME)
    kind: str = Field(max_length=63)
    auth: str | None = None
    config: Values = {}
    credentials: dict[str, str | None] = {}
    description: str = Field("", max_length=10_000)
    tags: dict[str, str] = {}
    read_only: bool = False
    default: bool = False


class DatastorePatch(BaseModel):
    """What is left out stays. config: the fields that change; null takes one away."""

    model_config = ConfigDict(extra="forbid")

    auth: str | None = None
    config: Values | None = None
    credentials: dict[str, str | None] | None = None
    description: str | None = Field(None, max_length=10_000)
    tags: dict[str, str] | None = None
    read_only: bool | None = None


class DatastoreTry(BaseModel):
    """A connection to try before it is saved. like: a datastore whose stored credentials fill what is left out."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(max_length=63)
    auth: str | None = None
    config: Values = {}
    credentials: dict[str, str | None] = {}
    like: str | None = None


class CredentialsPut(BaseModel):
    """Credentials that replace the stored ones."""

    model_config = ConfigDict(extra="forbid")

    credentials: dict[str, str | None]


class KindField(BaseModel):
    """One thing to fill in."""

    name: str
    title: str
    help: str
    type: str
    required: bool
    secret: bool
    choices: list[str]
    default: str | int | bool | None
    auth: list[str]
    group: str
    example: str


class KindAuth(BaseModel):
    """A way to sign in."""

    name: str
    title: str
    help: str


class DatastoreKind(BaseModel):
    """What the form of a kind is drawn from. installed: whether its optional dependency is there; extra: its name."""

    name: str
    title: str
    description: str
    family: str
    fields: list[KindField]
    auth: list[KindAuth]
    writable: bool
    installed: bool
    extra: str | None


class FileEntry(BaseModel):
    """A file or folder. size: None where the store does not say it in a listing."""

    name: str
    path: str
    folder: bool
    size: int | None
    modified: datetime | None = None
    fingerprint: str = ""


class HeadColumn(BaseModel):
    """A column of an answer. type: of Arrow, as a dataset would get it."""

    name: str
    type: str


class TableHead(BaseModel):
    """The first rows of a table. Values are JSON where it keeps them exactly, else texts; more: there are further rows."""

    columns: list[HeadColumn]
    rows: list[list[Any]]
    more: bool = False
    total: int | None = None


class FilePreview(BaseModel):
    """The beginning of a file. kind: what it seems to be; text: up to 64 KiB of it; truncated: there is more.

    table: the first rows, of a Parquet file.
    """

    path: str
    size: int
    modified: datetime | None
    kind: Literal["text", "image", "binary", "table"]
    text: str = ""
    truncated: bool = False
    table: TableHead | None = None


class DatabaseTable(BaseModel):
    """A table or view of a database. rows: as its own statistics estimate them, None where it keeps none."""

    name: str
    kind: Literal["table", "view"]
    rows: int | None = None


class TableColumn(BaseModel):
    """A column of a table. type: in the database's own words; key: whether it is part of the primary key."""

    name: str
    type: str
    nullable: bool = True
    key: bool = False


class TableShape(BaseModel):
    """The columns of a table. query: for all of it, in the database's own spelling."""

    columns: list[TableColumn]
    query: str


class QueryRequest(BaseModel):
    """A query of which the first rows are wanted; it may only read."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, max_length=100_000)
    limit: int = Field(100, ge=1, le=1000)


class DatastoreUser(BaseModel):
    """Something that points at a datastore. kind: the noun, such as dataset; title: for people."""

    kind: str
    name: str
    title: str
