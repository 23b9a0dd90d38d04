"""The server's side of looking into a file: a child process, a deadline, a memory limit, a folder that goes afterwards."""

import errno
import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import DiskFull, StudioloError
from studiolo.kernel.forks import Child
from studiolo.kernel.ids import new_id
from studiolo.studio.datasets import children, errors
from studiolo.studio.datasets.errors import BadFile, InspectionFailed
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import Preview, Reading, ReadOptions, TableSchema

PREVIEW_ROWS = 100
WORK = "work"
CHILD = "studiolo.studio.datasets.inspect_process"
Request = dict[str, Any] | Callable[[], dict[str, Any]]


@dataclass
class FoundTable:
    """readables: copies in the work folder that are read instead, by place, or None; rows: of each file.

    Where one copy is read instead of all of them, it is that of each.
    """

    schema: TableSchema
    preview: Preview
    readables: list[Path | None]
    rows: list[int]


@contextmanager
def work_folder(ctx: Context) -> Iterator[Path]:
    """Give a folder that is gone afterwards; what a killed server left goes by `sweep`."""
    folder = ctx.settings.home / WORK / new_id()
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(ctx: Context) -> int:
    """Remove work folders that no inspection can be using any more; returns how many."""
    root = ctx.settings.home / WORK
    if not root.is_dir():
        return 0
    oldest = ctx.clock.now().timestamp() - 2 * ctx.settings.inspect_seconds - 60
    left = [folder for folder in root.iterdir() if folder.stat().st_mtime < oldest]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def inspect(ctx: Context, path: Path, name: str, options: ReadOptions, work: Path) -> FoundTable:
    """Have one file looked into; raises a BadFile, or InspectionFailed when a limit was reached."""
    known = {key: getattr(options, key) for key in ReadOptions.model_fields}
    return inspect_files(ctx, [(path, name)], Reading.model_validate(known), work)


def inspect_files(
    ctx: Context,
    files: Sequence[tuple[Path, str]],
    reading: Reading,
    work: Path,
    known: TableSchema | None = None,
) -> FoundTable:
    """Have the files of a table looked into; raises a BadFile that names the one at fault, or InspectionFailed.

    files: local copies and their names in the dataset; known: the schema of files that were looked into before.
    """
    request = {
        "verb": "inspect",
        "files": [[str(path), name] for path, name in files],
        "reading": reading.model_dump(mode="json"),
        "known": known.model_dump(mode="json") if known else None,
        "rows": PREVIEW_ROWS,
        "line_limit": ctx.settings.line_limit_bytes,
    }
    found = _ask(ctx, request, work)
    return FoundTable(
        TableSchema.model_validate(found["schema"]),
        Preview.model_validate(found["preview"]),
        [Path(path) if path else None for path in found["readables"]],
        [int(rows) for rows in found["rows"]],
    )


def preview(ctx: Context, table: TableInput, rows: int, work: Path) -> Preview:
    """Read the first rows."""
    request = {
        "verb": "preview",
        "files": [[str(path), name] for path, name in zip(table.files, table.names, strict=True)],
        "schema": table.schema.model_dump(mode="json"),
        "rows": rows,
    }
    return Preview.model_validate(_ask(ctx, request, work))


def ask(ctx: Context, request: Request, work: Path, module: str) -> dict[str, Any]:
    """Let another child answer, within the same limits; `inspect_process.answer` is what its module calls.

    request: what is asked, or what returns it: it is called when the child has begun, which both take a while.
    """
    return _ask(ctx, request, work, module)


def _ask(ctx: Context, request: Request, work: Path, module: str = CHILD) -> dict[str, Any]:
    seconds = ctx.settings.inspect_seconds
    try:
        with TemporaryFile(dir=work) as answers, TemporaryFile(dir=work) as complaints:
            child = children.start(module, work, answers=answers, complaints=complaints)
            try:
                asked = request() if callable(request) else request
                asked |= {"work": str(work), "memory": ctx.settings.inspect_memory_bytes, "seconds": seconds}
                _tell(child, asked)
                code = child.wait(seconds)
            except subprocess.TimeoutExpired:
                raise InspectionFailed(
                    f"Looking into the file took longer than {seconds:g} s.",
                    "Upload it as Parquet, whose footer is enough, or raise STUDIOLO_INSPECT_SECONDS.",
                    field="file",
                ) from None
            finally:
                children.kill(child)
            answers.seek(0)
            complaints.seek(0)
            return _understood(ctx, answers.read(), complaints.read(), code)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull("There is no room to look into the file.", "Make room, then try again.") from error


def _tell(child: Child, asked: dict[str, Any]) -> None:
    """Write what is asked; of a child that has ended before, its end says more."""
    assert child.stdin is not None
    with suppress(BrokenPipeError), child.stdin as pipe:
        pipe.write(json.dumps(asked).encode())


def _understood(ctx: Context, answer: bytes, complaint: bytes, code: int) -> dict[str, Any]:
    try:
        reply: dict[str, Any] = json.loads(answer)
    except ValueError:
        reply = {"memory": True} if code in (-signal.SIGKILL, -signal.SIGSEGV) or b"MemoryError" in complaint else {}
    if "ok" in reply:
        found: dict[str, Any] = reply["ok"]
        return found
    if "problem" in reply:
        raise as_error(reply["problem"])
    if "memory" in reply:
        raise InspectionFailed(
            f"Looking into the file took more than {ctx.settings.inspect_memory_bytes / 2**30:.1f} GiB of memory.",
            "Upload it as Parquet, or raise STUDIOLO_INSPECT_MEMORY_BYTES.",
            field="file",
        )
    last = (complaint.decode("utf-8", "replace").strip().splitlines() or [f"exit code {code}"])[-1]
    raise InspectionFailed(
        f"Looking into the file failed: {reply.get('crash', last)}", "Is the file whole? Upload it again.", field="file"
    )


def as_error(problem: dict[str, Any]) -> Exception:
    """Make the child's error again, by its class."""
    kind: Any = getattr(errors, str(problem["class"]), BadFile)
    detail, hint, name = problem["detail"], problem.get("hint", ""), problem.get("field", "file")
    if issubclass(kind, BadFile):
        bad: BadFile = kind(detail, hint, field=name, line=problem.get("line"), file=problem.get("file", ""))
        return bad
    if issubclass(kind, StudioloError):
        made: StudioloError = kind.__new__(kind)
        StudioloError.__init__(made, detail, hint, field=name)
        return made
    return InspectionFailed(detail, hint, field=name)
