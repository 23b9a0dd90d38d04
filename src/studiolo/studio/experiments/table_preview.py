"""The server's side of looking at a table in a file: a child process with a deadline and a memory limit."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.experiments import run_files
from studiolo.studio.experiments.page_schemas import TableRows

MAX_ROWS = 1000
KINDS = {
    ".parquet": "parquet",
    ".csv": "delimited",
    ".tsv": "delimited",
    ".tab": "delimited",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL")  # nothing that is secret
_SECONDS = 30.0


class NoTable(Invalid):
    """A file that cannot be shown as a table."""

    code, title = "experiments.no_table", "Not a table"


def rows(ctx: Context, run_id: str, path: str, offset: int = 0, limit: int = 200) -> TableRows:
    """Return rows of a CSV, TSV, JSON, JSON lines or Parquet file of a run; raises NoTable, ArtifactNotFound."""
    kind = KINDS.get(PurePosixPath(path).suffix.lower())
    if kind is None:
        raise NoTable(f"'{path}' has none of the endings {', '.join(KINDS)}.", "Download it.", field="path")
    if offset < 0 or not 1 <= limit <= MAX_ROWS:
        raise Invalid(f"offset must not be negative, limit be 1 to {MAX_ROWS}.", field="limit")
    with ctx.db.read() as tx:
        stored = run_files.find(tx, ctx, run_id, path)
    request = {"kind": kind, "path": str(ctx.blobs.path(stored.digest)), "offset": offset, "limit": limit}
    return TableRows.model_validate(_ask(ctx, request, path))


def _ask(ctx: Context, request: dict[str, Any], path: str) -> dict[str, Any]:
    seconds = min(_SECONDS, ctx.settings.inspect_seconds)
    request |= {"memory": ctx.settings.inspect_memory_bytes, "seconds": seconds}
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "studiolo.studio.experiments.table_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={key: os.environ[key] for key in _PASSED_ON if key in os.environ},
        start_new_session=True,
    )
    with child:
        try:
            answer, _ = child.communicate(json.dumps(request).encode(), timeout=seconds)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise NoTable(
                    f"Reading '{path}' took longer than {seconds:g} s.", "Download it.", field="path"
                ) from None
            raise
    try:
        reply: dict[str, Any] = json.loads(answer)
    except ValueError:
        reply = {"memory": True}
    if "ok" in reply:
        found: dict[str, Any] = reply["ok"]
        return found
    why = reply.get("bad", "it needs more memory than a preview may take")
    raise NoTable(f"'{path}' cannot be read as a table: {why}", "Download it to look at it.", field="path")
