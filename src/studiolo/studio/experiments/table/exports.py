"""Files of runs on their way: how far each is, and a way to stop it.

Who exports a large table wants to see how long it takes, and the browser that loads the file cannot say. They are known to
the server that sends them, and to nobody after it has gone: then the file is asked for again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from weakref import WeakKeyDictionary

from studiolo.kernel.clock import Clock
from studiolo.kernel.context import Context
from studiolo.kernel.db.engine import Database
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.ids import new_id
from studiolo.studio.experiments.errors import ExportNotFound, ExportStopped
from studiolo.studio.experiments.table import export as run_export
from studiolo.studio.experiments.table import rows as run_table
from studiolo.studio.experiments.table.schemas import RunCountSearch, RunExport, RunExportSpec, RunSearch

KEPT = 200  # of a server; the oldest are forgotten
_WHERE = ("experiments", "filter", "lifecycle", "top_level", "parent_id")
State = Literal["waiting", "running", "done", "failed", "canceled"]


@dataclass
class _Export:
    id: str
    workspace_id: str
    account: str
    wanted: RunSearch
    format: run_export.Format
    runs: int
    clock: Clock
    began: datetime
    state: State = "waiting"
    done: int = 0
    error: str = ""
    ended: datetime | None = None

    def told(self, rows: int) -> None:
        self.done += rows
        if self.state == "canceled":
            raise ExportStopped

    def end(self, state: State, error: str = "") -> None:
        if self.state in ("waiting", "running"):
            self.state, self.error = state, error
        self.ended = self.ended or self.clock.now()

    def shown(self) -> RunExport:
        return RunExport(
            id=self.id,
            format=self.format,
            state=self.state,
            runs=self.runs,
            done=self.done,
            began_at=self.began,
            ended_at=self.ended,
            error=self.error,
        )


_held: WeakKeyDictionary[Database, dict[str, _Export]] = WeakKeyDictionary()


def begin(ctx: Context, spec: RunExportSpec) -> RunExport:
    """Look whether the runs can be written, count them, and keep that they are wanted; raises what the search raises."""
    wanted = RunSearch.model_validate(spec.model_dump(exclude={"format"}))
    run_export.check(wanted)
    run_table.search(ctx, wanted.model_copy(update={"limit": 1, "columns": []}))
    runs = run_table.count(ctx, RunCountSearch(**wanted.model_dump(include=set(_WHERE)))).total
    made = _Export(new_id(), ctx.workspace_id, ctx.actor.id, wanted, spec.format, runs, ctx.clock, ctx.clock.now())
    held = _held.setdefault(ctx.db, {})
    while len(held) >= KEPT:
        held.pop(next(iter(held)), None)
    held[made.id] = made
    return made.shown()


def get(ctx: Context, export_id: str) -> RunExport:
    """Return how far a file is; only who began it is told."""
    return _find(ctx, export_id).shown()


def cancel(ctx: Context, export_id: str) -> RunExport:
    """End a file where it is: what has been sent of it is cut off, so that nobody takes it for the whole."""
    found = _find(ctx, export_id)
    found.end("canceled")
    return found.shown()


def send(ctx: Context, export_id: str) -> tuple[run_export.Format, Iterator[bytes]]:
    """Return the form and the pieces of the file; raises ExportStopped when it was canceled before.

    Sent again, it is the new sending that is told of: the end of the line of the one before does not end this one.
    """
    known = _find(ctx, export_id)
    if known.state == "canceled":
        raise ExportStopped
    found = replace(known, state="running", done=0, error="", began=ctx.clock.now(), ended=None)
    _held[ctx.db][export_id] = found
    pieces = run_export.stream(ctx, found.wanted, found.format, found.told)

    def sent() -> Iterator[bytes]:
        try:
            yield from pieces
            found.end("done")
        except StudioloError as error:
            found.end("failed", error.detail)
            raise
        except Exception:
            # whatever it was: the page that shows how far the file is must not wait for ever; the log has the rest
            found.end("failed", "The server could not go on; its log says why.")
            raise
        finally:
            found.end("canceled")  # closed before its end: who took it has hung up

    return found.format, sent()


def _find(ctx: Context, export_id: str) -> _Export:
    found = _held.get(ctx.db, {}).get(export_id)
    if found is None or (found.workspace_id, found.account) != (ctx.workspace_id, ctx.actor.id):
        raise ExportNotFound(export_id)
    return found
