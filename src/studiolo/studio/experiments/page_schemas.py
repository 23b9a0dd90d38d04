"""The nouns that the page of a run reads: files, tables, code, its place among other runs."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from studiolo.studio.experiments.schemas import Artifact, Run


class FileTree(BaseModel):
    """Every file of a run, or of a folder of it. size: bytes of all that are listed; cut: there are more than these."""

    files: list[Artifact]
    size: int
    cut: bool


class ContentLink(BaseModel):
    """Where the second origin shows a file until it expires. frame: its page that shows HTML handed to it."""

    url: str
    frame: str
    expires_at: datetime


class TableColumn(BaseModel):
    """A column of a table in a file; type: in the words of its format, empty where it has none."""

    name: str
    type: str = ""


class TableRows(BaseModel):
    """Rows of a table in a file. total: of the whole table, null where only reading it to the end would tell."""

    columns: list[TableColumn]
    rows: list[list[Any]]
    offset: int
    total: int | None
    more: bool


class CodeFile(BaseModel):
    """A file of the code that a job was submitted with."""

    path: str
    digest: str
    size: int


class RunNode(BaseModel):
    """A run in a tree. children: how many it has itself."""

    run: Run
    children: int


class LogMatch(BaseModel):
    """A line of a log with the text that was looked for. offset: byte where it begins; line: its number, from 1."""

    offset: int
    line: int
    text: str


class LogMatches(BaseModel):
    """Lines of a log with a text. total: of the whole log; matches: the first of them after `offset`."""

    total: int
    matches: list[LogMatch]
