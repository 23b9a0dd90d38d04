"""The nouns of versions: their files, and what two of them have in common."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class VersionFile(BaseModel):
    """A file of a version, or a folder of it with what it holds. size: bytes; fingerprint: of an object that stays where it is."""

    path: str
    size: int
    folder: bool = False
    files: int = 1
    digest: str | None = None
    fingerprint: str | None = None


class ColumnChange(BaseModel):
    """A column that only one version has (added, removed), or whose type differs. left, right: types, None where it is not."""

    column: str
    change: Literal["added", "removed", "type"]
    left: str | None = None
    right: str | None = None


class ColumnFigures(BaseModel):
    """What a profile says of a column, where the version has one. missing_share, 0 to 1; dates are ISO texts."""

    type: str
    missing_share: float
    distinct: int
    mean: float | str | None = None
    std: float | None = None
    min: int | float | str | None = None
    max: int | float | str | None = None


class ColumnPair(BaseModel):
    """The same column in two versions; None where it is not there, or the profile is not."""

    column: str
    left: ColumnFigures | None = None
    right: ColumnFigures | None = None


class RowCounts(BaseModel):
    """Rows of two versions."""

    left: int
    right: int


class FileCounts(BaseModel):
    """How the files of two versions differ. bytes_added, bytes_removed: of added and changed, removed and changed files."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0
    bytes_added: int = 0
    bytes_removed: int = 0


class VersionComparison(BaseModel):
    """What differs between two versions of a dataset. profiles: whether both have one, which column figures need."""

    name: str
    left: int
    right: int
    same: bool
    columns_changed: list[ColumnChange] = Field(alias="schema", serialization_alias="schema")
    rows: RowCounts
    columns: list[ColumnPair]
    profiles: bool
    files: FileCounts

    model_config = ConfigDict(populate_by_name=True)


class FileChange(BaseModel):
    """A file that two versions do not share. left_size, right_size: bytes, None where it is not."""

    path: str
    change: Literal["added", "removed", "changed"]
    left_size: int | None = None
    right_size: int | None = None


class VersionCheck(BaseModel):
    """Whether files that stay in their datastore are what they were. changes: the first 1,000 of `count`."""

    reference: str
    unchanged: bool
    changes: list[FileChange]
    count: int


class DatasetCleanup(BaseModel):
    """What was removed for good, or would be. held: versions that retention leaves since something was made from them."""

    versions: int = 0
    binned: int = 0
    held: int = 0


class DatasetCleanupRequest(BaseModel):
    """Remove for good what has been in the bin too long. older_than_days: null is the studio's retention time; 0 is all of it."""

    model_config = ConfigDict(extra="forbid")

    older_than_days: float | None = Field(None, ge=0, le=36_500)
    dry_run: bool = False


class Deleted(BaseModel):
    """What went into the bin, and until when it can be restored."""

    name: str
    versions: list[int]
    remove_at: datetime
