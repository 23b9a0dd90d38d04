"""The nouns of inspections."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.studio.datasets.schemas import ColumnType, Preview, Reading, ReadingNote


class InspectionSource(BaseModel):
    """Where the files are. session: of an upload; dataset: `name:version`; path or glob below a datastore; query: of a SQL one."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["upload", "dataset", "datastore", "sql", "url"]
    session: str = ""
    dataset: str = ""
    datastore: str = ""
    path: str = ""
    glob: str = ""
    url: str = ""
    query: str = Field("", max_length=100_000)


class InspectionRequest(BaseModel):
    """What to look into, and how it is read; called anew whenever the owner changes something."""

    model_config = ConfigDict(extra="forbid")

    source: InspectionSource
    reading: Reading = Field(default_factory=Reading)
    rows: int = Field(100, ge=1, le=1000)


class InspectedFile(BaseModel):
    """A file of the source."""

    path: str
    size: int


class InspectedColumn(BaseModel):
    """A column as it would be.

    choices: the types it can be given; formats: how its moments are written, where that was found; examples: of its first values.
    """

    name: str
    field: list[str]
    type: ColumnType
    stored: str
    include: bool
    origin: Literal["file", "path", "partition", "folder"]
    choices: list[ColumnType]
    formats: list[str] = []
    examples: list[Any]


class LostValue(BaseModel):
    """A value that does not fit; line: physical, of the file; row: of its rows."""

    file: str
    line: int | None
    row: int | None = None
    value: str


class Loss(BaseModel):
    """What the chosen type of a column loses. exact: all rows were looked at, else more may follow."""

    column: str
    type: ColumnType
    count: int
    exact: bool
    first: list[LostValue]


class Inspection(BaseModel):
    """What the files would be as a table. rows: exact or an estimate; bytes_read: in all, of the files.

    files: the first hundred; timestamps: columns that can order the rows in time. transformations: of an MLTable file, or as they
    were given; null: there are none.
    """

    format: str
    options: dict[str, Any]
    files: list[InspectedFile]
    file_count: int
    size: int
    columns: list[InspectedColumn]
    timestamps: list[str]
    preview: Preview
    rows: int | None
    exact: bool
    losses: list[Loss]
    problems: list[ReadingNote]
    transformations: list[Any] | None = None
    bytes_read: int
    seconds: float


class FormatNoun(BaseModel):
    """A format of files. options: the fields of `Reading` that it heeds."""

    name: str
    title: str
    extensions: list[str]
    options: list[str]
