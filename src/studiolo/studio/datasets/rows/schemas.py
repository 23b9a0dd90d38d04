"""The nouns of taking rows: traits, splits, windows of time."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

NAME = r"[A-Za-z][A-Za-z0-9_-]{0,58}"
Method = Literal["hash", "stratified", "group", "time"]


class Traits(BaseModel):
    """What columns of a version mean; empty: nothing was said.

    timestamp: orders the rows in time; partition_timestamp: a moment in the path of each file, at or before its rows;
    target: what models will predict.
    """

    model_config = ConfigDict(extra="forbid")

    timestamp: str = Field("", max_length=300)
    partition_timestamp: str = Field("", max_length=300)
    target: str = Field("", max_length=300)


class TraitsPatch(BaseModel):
    """What to change; what is left out stays, an empty text takes it away."""

    model_config = ConfigDict(extra="forbid")

    timestamp: str | None = Field(None, max_length=300)
    partition_timestamp: str | None = Field(None, max_length=300)
    target: str | None = Field(None, max_length=300)


class SplitCreate(BaseModel):
    """How rows are split into parts.

    hash: by chance, decided by seed and row (its file and place, or the value of `key`): rows keep their part in later versions.
    stratified: each value of `column` is shared out alike. group: all rows of a value of `column` are in one part.
    time: by `column` (default: the timestamp of the version), the first parts are the earliest.
    shares: of the parts, in order; they sum to 1.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field("default", pattern=rf"^{NAME}$")
    method: Method = "hash"
    shares: dict[str, float] = Field(default_factory=lambda: {"train": 0.8, "test": 0.2})
    seed: int = Field(0, ge=0, lt=2**63)
    column: str = Field("", max_length=300)
    key: str = Field("", max_length=300)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        import re

        if not 2 <= len(self.shares) <= 20:
            raise ValueError("shares: name 2 to 20 parts")
        if any(not re.fullmatch(NAME, part) for part in self.shares):
            raise ValueError("shares: parts are called like train, validation, test: letters, digits, _ and -")
        if any(share <= 0 for share in self.shares.values()) or abs(sum(self.shares.values()) - 1) > 1e-6:
            raise ValueError("shares: each is above 0, and together they are 1")
        if self.method in ("stratified", "group") and not self.column:
            raise ValueError(f"column: a {self.method} split needs one")
        return self


class Split(SplitCreate):
    """A split that is recorded with a version. references: how each part is written."""

    references: dict[str, str]
    created_at: datetime
    created_by: str


class Window(BaseModel):
    """From when to when. column: default the timestamp of the version. Moments without a zone are UTC, as columns are."""

    after: datetime | None = None
    before: datetime | None = None
    boundary: bool = True
    column: str = ""


class Snippet(BaseModel):
    """Ready code. needs: a package that does not come with the studio."""

    id: str
    title: str
    language: Literal["python", "bash", "yaml"] = "python"
    code: str
    needs: str = ""
