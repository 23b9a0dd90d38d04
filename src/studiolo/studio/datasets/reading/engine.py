"""DuckDB, opened with limits; the one place where names and texts are quoted into its SQL."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

INSPECT_MEMORY = "1GB"
_opened: "ContextVar[DuckDBPyConnection | None]" = ContextVar("opened", default=None)
_ready: "DuckDBPyConnection | None" = None  # of this process, or opened before it was forked
LINE = re.compile(r"[Ll]ine:? (\d+)")


def connect(spill: Path | None = None, memory: str = INSPECT_MEMORY, threads: int = 0) -> "DuckDBPyConnection":
    """Open an in-memory DuckDB that loads nothing from outside.

    spill: folder for what does not fit in memory; without one, not fitting is an error.
    threads: 0 takes two, or one on a machine with one core.
    """
    opened = _opened.get()
    limits: dict[str, str | int | float | list[str]] = {
        "memory_limit": memory,
        "threads": threads or min(2, os.cpu_count() or 1),
    }
    if opened is not None:
        opened.execute("; ".join(f"SET {key} = {literal(value)}" for key, value in limits.items()))
        return _told(opened.cursor())
    return _told(_open(spill, limits))


def _open(spill: Path | None, limits: dict[str, str | int | float | list[str]]) -> "DuckDBPyConnection":
    import duckdb

    return duckdb.connect(
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": str(spill) if spill else "",
            **limits,
        }
    )


@contextmanager
def opened_once(spill: Path) -> Iterator[None]:
    """Let all that connect within share one engine, one after the other: to open it costs as much as a small question.

    spill: the folder for what does not fit in memory, of all of them.
    """
    global _ready
    if _ready is None:
        _ready = connect(spill)
    else:
        _ready.execute(f"SET temp_directory = {literal(str(spill))}")
    before = _opened.set(_ready)
    try:
        yield  # who answers one request ends then: closing the engine would take as long as opening it
    finally:
        _opened.reset(before)


def open_before_forks(used: Callable[[], None]) -> None:
    """Open an engine that children forked from this process find open, and use it once, so that they find it in motion too.

    It has no thread but this one when this returns: a fork would lose the others, and wait for them.
    """
    global _ready
    connection = _told(_open(None, {"memory_limit": INSPECT_MEMORY, "threads": 1, "async_threads": 0}))
    before = _opened.set(connection)
    try:
        used()
    finally:
        _opened.reset(before)
        connection.execute("SET threads = 1")
    _ready = connection


def _told(connection: "DuckDBPyConnection") -> "DuckDBPyConnection":
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")  # so that it is known
    return connection


def name(text: str) -> str:
    """Quote an identifier."""
    return '"' + text.replace('"', '""') + '"'


def literal(value: Any) -> str:
    """Write a constant: text, number, truth value, None, list or mapping of those."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return "'" + str(value).replace("'", "''") + "'"


def arguments(options: dict[str, Any]) -> str:
    """Write named arguments of a table function."""
    return ", ".join(f"{key} = {literal(value)}" for key, value in options.items())


def file(path: Path) -> str:
    """Write a path so that DuckDB takes it as one file: its glob characters are put in brackets."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


def said(error: Exception) -> str:
    """Return the first line of what the engine said, without the paths of this machine."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return re.sub(r"""["']?/[^"'\s,;]+["']?""", "the file", first)


def line_of(path: Path, offset: int) -> int:
    """Return the physical line, from 1, of a byte offset."""
    lines, left = 1, offset
    with path.open("rb") as stream:
        while left > 0 and (chunk := stream.read(min(left, 1 << 20))):
            lines += chunk.count(b"\n")
            left -= len(chunk)
    return lines
