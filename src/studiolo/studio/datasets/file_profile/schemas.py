"""The nouns of profiles of files."""

from pydantic import BaseModel


class Group(BaseModel):
    """Files that share something. name: an ending, or a kind by content."""

    name: str
    files: int
    bytes: int


class SizeBin(BaseModel):
    """Files of at least `low` and fewer than `high` bytes; high None: no end."""

    low: int
    high: int | None
    files: int


class FileNamed(BaseModel):
    """A file, and what is to be said of it."""

    path: str
    size: int
    note: str = ""


class Repeated(BaseModel):
    """Files with the same bytes. paths: the first ones."""

    paths: list[str]
    files: int
    size: int


class Range(BaseModel):
    """What numbers reach from and to."""

    low: float
    median: float
    high: float


class Images(BaseModel):
    """What images are like. looked: at so many of them, all or evenly chosen; damaged: that cannot be decoded."""

    files: int
    looked: int
    damaged: int
    first_damaged: list[FileNamed]
    formats: dict[str, int]
    modes: dict[str, int]
    width: Range | None = None
    height: Range | None = None


class Texts(BaseModel):
    """What texts are like. looked: at the first MiB of so many of them; lines, characters: of those that are read whole."""

    files: int
    looked: int
    encodings: dict[str, int]
    lines: Range | None = None
    characters: Range | None = None


class FileProfile(BaseModel):
    """What is known of the files of a version. kinds: by content; misnamed: whose ending says another kind.

    repeated_bytes: what would be saved without copies; notes: what was not looked at.
    """

    files: int
    bytes: int
    empty: int
    first_empty: list[str]
    sizes: list[SizeBin]
    endings: list[Group]
    kinds: list[Group]
    misnamed: int
    first_misnamed: list[FileNamed]
    repeated: int
    repeated_bytes: int
    first_repeated: list[Repeated]
    largest: list[FileNamed]
    images: Images | None = None
    texts: Texts | None = None
    notes: list[str] = []
    seconds: float
