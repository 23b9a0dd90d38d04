"""The nouns of datasets: columns and tables here; profiles in `profile_schemas`."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Kind = Literal["tabular", "file"]  # a table, or files as they are
Mode = Literal["managed", "referenced"]  # bytes in the store, or left where they are and checked at every use
Tag = Annotated[str, StringConstraints(max_length=500)]
Tags = Annotated[dict[Annotated[str, StringConstraints(min_length=1, max_length=100)], Tag], Field(max_length=100)]
ColumnType = Literal["integer", "number", "decimal", "boolean", "date", "datetime", "time", "text", "binary", "json"]
HeaderMode = Literal["same", "first", "none", "combine"]
FITTING = 4096  # longest partition format


class Noun(BaseModel):
    """A noun whose checks are made when they are first needed: a job needs few of them, and each takes a millisecond or two.

    Not one that a request brings: the application makes those checks with its routes, and warns of each that comes later.
    """

    model_config = ConfigDict(defer_build=True)


class ColumnSchema(Noun):
    """One column. sql_type: how DuckDB holds it; stored: the type in the file, where the file has types.

    field: where it stands in the file, the names from outside in; empty: its own name. origin: `path`, `partition` and `folder`
    come from the file's name. lenient: it is read as text and turned into its type, what does not fit is missing; formats: how its
    moments are written (strptime); true, false: the words of a boolean.
    """

    name: str
    type: ColumnType
    sql_type: str
    stored: str = ""
    field: list[str] = Field(default_factory=list)
    origin: Literal["file", "path", "partition", "folder"] = "file"
    lenient: bool = False
    formats: list[str] = Field(default_factory=list)
    true: list[str] = Field(default_factory=list)
    false: list[str] = Field(default_factory=list)

    @property
    def place(self) -> tuple[str, ...]:
        """Where the column stands in the file."""
        return tuple(self.field) or (self.name,)


class ReadingNote(Noun):
    """Something decided while looking into a file that its owner should know; line counts from 1 and is physical.

    file: which one, of many; value: the text that decided it, cut; lost: how many values became missing.
    """

    message: str
    column: str = ""
    line: int | None = None
    file: str = ""
    value: str = ""
    lost: int = 0


class TableSchema(Noun):
    """All that is needed to read files the same way each time. options: what the format found, e.g. the delimiter.

    columns: of the table, in order; what the files hold besides is left out. timestamp: the column that orders the rows in time.
    losses: how many values of a column contradicted its type and became missing.
    """

    format: str
    columns: list[ColumnSchema]
    rows: int
    options: dict[str, Any] = Field(default_factory=dict)
    notes: list[ReadingNote] = Field(default_factory=list)
    timestamp: str = ""
    losses: dict[str, int] = Field(default_factory=dict)


class ReadOptions(Noun):
    """What the owner says about files; whatever is left out is found out."""

    model_config = ConfigDict(extra="forbid")

    format: str | None = Field(
        None, description="delimited, json_lines, json, parquet, arrow, excel, texts, images or delta"
    )
    delimiter: str | None = Field(None, min_length=1, max_length=4, description="What separates the values of a row")
    encoding: str | None = Field(None, max_length=40, description="Such as cp1252; any that Python knows")
    header: bool | HeaderMode | None = Field(
        None,
        description="Column names stand in the first row of: all files, the same (`same`, true); the `first` file alone; none of them "
        "(`none`, false); each file, and differ (`combine`)",
    )
    skip_rows: int = Field(0, ge=0, le=1_000_000, description="Lines, or rows of a sheet, before the table begins")
    quote: str | None = Field(None, max_length=1, description="Empty: nothing is quoted")
    escape: str | None = Field(None, max_length=1, description="What lets a quote stand inside quotes")
    comment: str | None = Field(None, max_length=1, description="Lines that begin with it are left out")
    decimal: Literal[".", ","] | None = Field(None, description="What stands before the fraction of a number")
    multi_line: bool = Field(
        True, description="Whether a value in quotes may hold line ends; without, they are refused"
    )
    empty_as_text: bool = Field(False, description="Empty values of text columns are empty texts, not missing")
    infer_types: bool = Field(True, description="Without, all columns of delimited text are text")
    proof: bool = Field(True, description="Read the files through before they are accepted; without, a part of them")
    path_column: str | None = Field(
        None, max_length=200, description="Name of a column for the path of each row's file"
    )
    partition_format: str | None = Field(
        None, max_length=FITTING, description="Columns from the path, e.g. `{state}/{day:yyyy/MM/dd}/data.csv`"
    )
    member: str | None = Field(None, max_length=1000, description="Which file of a zip archive")
    nested: Literal["json", "flatten"] = Field(
        "json", description="Nested values become JSON text, or their fields become columns (`address.city`)"
    )
    records: str | None = Field(None, max_length=200, description="The key that holds the rows of a JSON document")
    invalid_lines: Literal["error", "drop"] = Field(
        "error", description="What to do with lines that are no JSON object"
    )
    sheet: str | None = Field(None, max_length=200, description="Name or number (from 1) of a workbook's sheet")
    fill_merged: bool = Field(True, description="Merged cells hold their value in each of them")


class ColumnChoice(Noun):
    """What the owner says about one column. name: in the file (nested: `a.b`), rename: its name in the table.

    formats: how its moments are written: `%d/%m/%Y` or `dd/MM/yyyy`. true, false: the words of a boolean.
    mismatch: values that do not fit the type are missing, or refused.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=1000)
    include: bool = True
    rename: str | None = Field(None, max_length=1000)
    type: ColumnType | None = None
    formats: list[str] = Field(default_factory=list, max_length=20)
    true: list[str] = Field(default_factory=list, max_length=50)
    false: list[str] = Field(default_factory=list, max_length=50)
    precision: int = Field(38, ge=1, le=38, description="Digits of a decimal")
    scale: int = Field(9, ge=0, le=38, description="Digits after the point of a decimal")
    mismatch: Literal["missing", "error"] = "missing"


class Reading(ReadOptions):
    """How to read files, with what the owner chose about the columns. timestamp: the column that orders the rows in time."""

    columns: list[ColumnChoice] = Field(default_factory=list, max_length=10_000)
    timestamp: str = Field("", max_length=1000)
    table_version: int | None = Field(None, ge=0, lt=2**53, description="Of a Delta table; else its newest")
    table_time: str | None = Field(
        None, max_length=40, description="Of a Delta table: as it was at a time, 2026-01-31T00:00:00Z"
    )
    transformations: list[Any] | None = Field(
        None,
        max_length=500,
        description="What is done to rows and columns, in the words of an MLTable file; null: what an MLTable file among the files says",
    )


class Preview(Noun):
    """The first rows. A row is a list in order of `columns`; long texts are cut."""

    columns: list[ColumnSchema]
    rows: list[list[Any]]
    total_rows: int


class DatasetFile(Noun):
    """A file of a version. digest: blake3 of the bytes; None of an object that stays in its datastore."""

    path: str
    size: int
    digest: str | None = None


class ProfileUpdate(Noun):
    """A profile that is being computed anew. exact: from all rows; progress: 0 to 1."""

    run_id: str
    exact: bool
    progress: float | None = None
    label: str = ""
    started_at: datetime | None = None


class ProfileStatus(Noun):
    """Where the profile of a version is. progress: 0 to 1 while it runs; error: why it failed; none: it is no table.

    update: a new one is on its way while this one is there. A ready one with an error: the last update failed.
    """

    state: Literal["queued", "running", "ready", "failed", "none"]
    run_id: str | None = None
    progress: float | None = None
    label: str = ""
    error: str | None = None
    update: ProfileUpdate | None = None


class ProfileAsked(Noun):
    """How closely to look. exact: at all rows; target: the column that models will predict, to find what gives it away."""

    model_config = ConfigDict(extra="forbid")

    exact: bool = False
    target: str = Field("", max_length=300)


class VersionSummary(Noun):
    """A version without its columns. size: bytes of its files; columns: how many; reference: `name:version`.

    mode: `referenced` files stay in their datastore and are checked at every use; parent: the newest version when this was made;
    quality: how it stands with the dataset's rules; `held` and `rejected` are not the newest as long as there is another;
    source: where it came from; deleted_at, remove_at: of one in the bin, which can be restored until remove_at.
    """

    name: str
    version: int
    reference: str
    digest: str
    size: int
    rows: int
    columns: int
    format: str
    created_at: datetime
    created_by: str
    kind: Kind = "tabular"
    mode: Mode = "managed"
    file_count: int = 1
    description: str = ""
    tags: dict[str, str] = {}
    parent: int | None = None
    source: dict[str, Any] | None = None
    run_id: str | None = None
    quality: Literal["due", "held", "passed", "warned", "failed", "rejected", "error", "accepted"] | None = None
    lifecycle: Literal["active", "deleted"] = "active"
    deleted_at: datetime | None = None
    remove_at: datetime | None = None


class DatasetVersion(VersionSummary):
    """A version: the same bytes for ever, and how they are read. files: the first 100; manifest: digest of the list of all."""

    files: list[DatasetFile]
    table: TableSchema
    profile: ProfileStatus
    manifest: str | None = None
    datastore: str | None = None


class Retention(Noun):
    """Which versions go into the bin by themselves: all but the newest `keep_last`, and those older than `keep_days`.

    Where both are given, a version goes when both say so. One that a run, model or endpoint was made from stays unless `used` says
    otherwise; the newest version always stays.
    """

    model_config = ConfigDict(extra="forbid")

    keep_last: int | None = Field(None, ge=1, le=100_000)
    keep_days: float | None = Field(None, gt=0, le=36_500)
    used: bool = Field(False, description="Whether versions that a run, model or endpoint was made from go too")


class Dataset(Noun):
    """A named table, or folder of files, and its newest version."""

    name: str
    description: str
    version: int
    reference: str
    size: int
    rows: int
    columns: int
    format: str
    created_at: datetime
    updated_at: datetime
    created_by: str
    kind: Kind = "tabular"
    mode: Mode = "managed"
    file_count: int = 1
    tags: dict[str, str] = {}
    retention: Retention | None = None
    lifecycle: Literal["active", "deleted"] = "active"
    deleted_at: datetime | None = None
    remove_at: datetime | None = None


class DatasetPatch(BaseModel):
    """What may change of a dataset; the bytes of its versions never do. What is left out stays; retention null: none."""

    model_config = ConfigDict(extra="forbid")

    description: str | None = Field(None, max_length=10_000)
    tags: Tags | None = None
    retention: Retention | None = None


class VersionPatch(BaseModel):
    """What may change of a version: words about it."""

    model_config = ConfigDict(extra="forbid")

    description: str | None = Field(None, max_length=10_000)
    tags: Tags | None = None


class DatasetCreate(ReadOptions):
    """What to create from a file. name: empty takes it from the file's name."""

    model_config = ConfigDict(defer_build=False)

    name: str = Field("", description="Letters, digits, `.`, `_`, `-`; empty: from the file's name")
    filename: str = Field("", description="The file's own name; its ending helps to recognise the format")
    description: str = Field("", max_length=10_000)


class DatasetCreated(Noun):
    """The version that holds the file. existing: it was there already, with the same bytes read the same way."""

    dataset: DatasetVersion
    existing: bool
    note: str = ""


class SampleTable(Noun):
    """A table that comes with the studio. task, target: what to try with it."""

    name: str
    title: str
    description: str
    source: str
    licence: str
    rows: int
    task: str
    target: str
