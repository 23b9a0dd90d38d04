"""The nouns of datasets: columns and tables here; profiles in `profile_schemas`."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ColumnType = Literal["integer", "number", "boolean", "date", "datetime", "text"]


class ColumnSchema(BaseModel):
    """One column. sql_type: how DuckDB reads it; stored: the type in the file, where the file has types."""

    name: str
    type: ColumnType
    sql_type: str
    stored: str = ""


class ReadingNote(BaseModel):
    """Something decided while looking into a file that its owner should know; line counts from 1 and is physical."""

    message: str
    column: str = ""
    line: int | None = None


class TableSchema(BaseModel):
    """All that is needed to read a file the same way each time. options: what the format found, e.g. the delimiter."""

    format: str
    columns: list[ColumnSchema]
    rows: int
    options: dict[str, Any] = Field(default_factory=dict)
    notes: list[ReadingNote] = Field(default_factory=list)


class ReadOptions(BaseModel):
    """What the owner says about a file; whatever is left out is found out."""

    model_config = ConfigDict(extra="forbid")

    format: str | None = Field(None, description="delimited, parquet or json_lines")
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    encoding: str | None = Field(None, max_length=40)
    header: bool | None = Field(None, description="Whether the first row holds the column names")


class Preview(BaseModel):
    """The first rows. A row is a list in order of `columns`; long texts are cut."""

    columns: list[ColumnSchema]
    rows: list[list[Any]]
    total_rows: int
