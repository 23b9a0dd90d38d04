"""How commands speak: tables for people, JSON for scripts, one line for what went wrong."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from studiolo.kernel.errors import Invalid, StudioloError

if TYPE_CHECKING:
    from studiolo.kernel.http import Transport

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)
if not out.is_terminal:
    out = Console(soft_wrap=True, width=1000)  # a pipe or a file has no edge to fold at
_WHOLE = ("id", "run", "run_id", "name", "reference", "state", "version")  # what people copy is never folded
_UNITS = {"": 86400, "d": 86400, "h": 3600, "m": 60, "s": 1}
_BYTES = "_bytes"  # ends the names of numbers of bytes
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Output(StrEnum):
    """Form of a command's answer."""

    table = "table"
    json = "json"


def days(text: str) -> float:
    """Read a time such as `7d`, `12h` or `30` (days); raises Invalid.

    >>> days("7d"), days("12h"), days("0")
    (7.0, 0.5, 0.0)
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([dhms]?)", text.strip())
    if match is None:
        raise Invalid(f"'{text}' is no time.", "Write 7d, 12h or 0d.", field="older-than")
    return float(match[1]) * _UNITS[match[2]] / 86400


OutputOption = Annotated[Output, typer.Option("--output", "-o", help="table for people, json for scripts.")]
OlderThanOption = Annotated[  # scripts wrote the second name before all bins had the first
    float | None,
    typer.Option(
        "--older-than",
        "--older-than-days",
        parser=days,
        metavar="TIME",
        help="Only what has been in the bin so long: 12h, 7d; 0d is all. Default: the retention time.",
    ),
]


def transport(context: typer.Context) -> "Transport":
    """Return the connection to the studio that the command's options name."""
    connect = context.find_root().obj
    connection: Transport = connect()
    return connection


def show(
    found: Any, columns: Sequence[str] = (), *, output: Output = Output.table, empty: str = "Nothing here yet."
) -> None:
    """Print one noun or a list of nouns; JSON prints all fields, a table the named columns."""
    plain = _plain(found)
    if output is Output.json:
        sys.stdout.write(json.dumps(plain, indent=2, ensure_ascii=False, default=str) + "\n")
        return
    if isinstance(plain, dict):
        keys = columns or tuple(plain)
        width = max((len(key) for key in keys), default=0)
        for key in keys:
            out.print(f"{_label(key):<{width}}  {_value(plain.get(key), key)}", markup=False, highlight=False)
        return
    if not plain:
        out.print(empty, markup=False)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    keys = columns or tuple(plain[0])
    for key in keys:
        right = all(isinstance(row.get(key), int | float) for row in plain)
        table.add_column(_label(key), overflow="fold", no_wrap=key in _WHOLE, justify="right" if right else "left")
    for row in plain:
        table.add_row(*(_value(row.get(key), key) for key in keys))
    out.print(table, markup=False)


def warn(message: str) -> None:
    """Say something on standard error that does not stop the command."""
    err.print(f"warning: {message}", markup=False, highlight=False)


def fail(error: StudioloError) -> None:
    """Print an error as a sentence and what to do about it."""
    field = f" ({error.field})" if error.field else ""
    err.print(f"error{field}: {error.detail}", style="bold red", markup=False, highlight=False)
    if error.hint:
        err.print(f"  {error.hint}", markup=False, highlight=False)


@contextmanager
def progress(label: str, total: float | None, *, bytes_: bool = False, quiet: bool = False) -> Iterator[Progress]:
    """Draw a bar on standard error with the time left; its one task has id 0. Nothing is drawn when it is no terminal."""
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        *([DownloadColumn()] if bytes_ else []),
        TimeElapsedColumn(),
    ]
    with Progress(
        *columns, TimeRemainingColumn(), console=err, transient=True, disable=quiet or not err.is_terminal
    ) as bar:
        bar.add_task(label, total=total)
        yield bar


def counted(chunks: Iterable[bytes], bar: Progress) -> Iterator[bytes]:
    """Pass chunks on while the bar counts them."""
    for chunk in chunks:
        yield chunk
        bar.advance(bar.task_ids[0], len(chunk))


def _plain(found: Any) -> Any:
    if isinstance(found, BaseModel):
        return found.model_dump(mode="json")
    if isinstance(found, list | tuple):
        return [_plain(item) for item in found]
    return found


def _label(key: str) -> str:
    return key.removesuffix(_BYTES).replace("_", " ")


def _value(value: Any, key: str) -> str:
    return size(value) if key.endswith(_BYTES) and isinstance(value, int) else _cell(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):  # a command that makes its own rows hands the moment itself
        return f"{value.astimezone():%Y-%m-%d %H:%M:%S}"
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return _cell(datetime.fromisoformat(value))
    if isinstance(value, dict | list):
        return json.dumps(_seconds(value), ensure_ascii=False, default=str)
    return str(value)


def size(count: float) -> str:
    """Write bytes as the pages write them (`bytes` of ui/src/kernel/format.ts): in thousands, with a digit below a hundred.

    >>> size(0), size(1536), size(999_900), size(250_000_000)
    ('0 B', '1.5 kB', '1.0 MB', '250 MB')
    """
    units = ("B", "kB", "MB", "GB", "TB", "PB")
    place = 0
    while count >= 999.5 and place < len(units) - 1:
        count, place = count / 1000, place + 1
    return f"{count:.0f} {units[place]}" if place == 0 or count >= 100 else f"{count:.1f} {units[place]}"


def _seconds(value: Any) -> Any:
    """Return what stands within a cell with its moments written as those of a cell of their own."""
    if isinstance(value, dict):
        return {key: _seconds(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_seconds(inner) for inner in value]
    moment = isinstance(value, datetime) or (isinstance(value, str) and _MOMENT.fullmatch(value))
    return _cell(value) if moment else value
