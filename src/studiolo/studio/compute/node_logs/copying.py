"""What the programs of a node print, copied into the log of the node while they run; how far stands in the state of that log."""

import os
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from studiolo.kernel.context import Context
from studiolo.kernel.secrets import scrubbing
from studiolo.runner import once
from studiolo.studio.compute.clusters.scripted import programs
from studiolo.studio.compute.node_logs import book

FOLDER = "node-logs"  # of a home
OWN = "own-"  # before the name of a node of a machine's own: it may be a number
ALL = ("resume", "suspend")
_FIRST, _LAST = 48 * 1024, 16 * 1024  # bytes of a program that writes without end
_LINE = 4000  # characters


def where(ctx: Context, compute: str, node: int | str) -> Path:
    """Return the folder of the log of a node. compute: id of its cluster; an attached machine is number 0 of its own id.

    node: its number, or the name that an attached machine has for one of its own.
    """
    folder = f"{OWN}{node}" if isinstance(node, str) else str(node)
    return ctx.settings.home / FOLDER / ctx.workspace_id / compute / folder


def stamped(at: datetime, text: str) -> str:
    """Return a line of a log: when, and what."""
    moment = at.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03}Z  {text}"


def finish(ctx: Context, cluster: str, node: Row[Any]) -> None:
    """Copy all that is left of a node whose programs have ended, before their folders are removed."""
    copy(ctx, cluster, node, ended=True)


def copy(ctx: Context, cluster: str, node: Row[Any], which: Collection[str] = ALL, *, ended: bool = False) -> None:
    """Copy what programs of a node have printed since the last look. ended: also a last line without an end."""
    log = where(ctx, cluster, node.number)
    known = (book.state(log) or book.State()).tails
    tails = {key: value for key, value in known.items() if key.startswith(node.id)}  # of those before, all was copied
    lines: list[str] = []
    for folder in _programs(ctx.settings.home / programs.FOLDER / str(node.id)):
        verb = folder.name.partition("-")[0]
        if verb not in which:
            continue
        key = f"{node.id}/{folder.name}"
        if key not in tails:
            lines.append(f"The {verb} program is run.")
        over = ended or (folder / once.END).exists()  # asked first: what it wrote before it ended is there then
        before, now = tails.get(key, {}), {}
        for name, called in ((once.OUT, verb), (once.ERR, f"{verb}, stderr")):
            texts, now[name] = _new(folder / name, before.get(name, 0), over=over)
            lines += [f"{called}: {text}" for text in texts]
        tails[key] = now
    if tails != known or lines:
        at = ctx.clock.now()
        book.append(log, [stamped(at, line) for line in lines], tails=tails)


def _programs(folder: Path) -> list[Path]:
    """Return the folders of programs that were begun, in that order."""
    try:
        found = [one for one in folder.iterdir() if (one / once.BEGUN).exists()]
    except OSError:
        return []
    return sorted(found, key=lambda one: (one.name.partition("-")[0], len(one.name), one.name))


def _new(path: Path, offset: int, *, over: bool) -> tuple[list[str], int]:
    """Return the lines that a file has from a byte on, and the byte behind them; of a long file its first and its last."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            long = size > max(offset, _FIRST) + _LAST
            until = min(size, _FIRST) if long or not over else size
            file.seek(offset)
            data = file.read(max(0, until - offset))
            if not over:
                data = data[: data.rfind(b"\n") + 1]
            if not over or not long:
                return list(_texts(data)), offset + len(data)
            last = size - _LAST
            file.seek(last)
            left_out = f"… {last - max(offset, until)} bytes are left out …"
            return [*_texts(data), left_out, *_texts(file.read(_LAST))], size
    except OSError:
        return [], offset


def _texts(data: bytes) -> Iterator[str]:
    text = scrubbing.clean(data.decode("utf-8", "replace")).replace("\0", "")
    for line in text.split("\n"):
        shown = line.rstrip("\r").rpartition("\r")[2].rstrip()  # of a progress line, its last state
        if shown:
            yield shown[:_LINE]
