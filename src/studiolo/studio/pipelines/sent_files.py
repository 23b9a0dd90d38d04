"""Pipelines whose folder was sent by a browser: it is laid out again for a moment, and read by a child process."""

import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.experiments.schemas import InputFile
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.files import reading
from studiolo.studio.pipelines.schemas import Problem
from studiolo.studio.pipelines.sent_schemas import PipelineRead, SentPipeline

_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL")  # nothing that is secret
_TEXT_BYTES = 1 << 20  # of a file that may be YAML or name ignored files; of larger ones only the name counts
_ALL_BYTES = 64 << 20  # of all files that are written; the smallest come first
_NO_PLACE = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG)


def read(ctx: Context, sent: SentPipeline) -> PipelineRead:
    """Return the pipeline of a file, or what is wrong with it; raises BadPipeline for a path that leaves the folder."""
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        root = Path(folder).resolve()
        _lay_out(ctx, root, sent)
        answer = _ask(ctx, {"root": str(root), "main": sent.main})
    if "bad" in answer:
        bad = answer["bad"]
        alone = Problem(field=bad.get("field", ""), message=bad["detail"], hint=bad.get("hint", ""))
        problems = [Problem.model_validate(one) for one in answer.get("problems", [])] or [alone]
        return PipelineRead(problems=problems, warnings=answer.get("warnings", []))
    digests = {file.path: file.digest for file in sent.files}
    placed = {
        tuple(slot): [InputFile(path=path, digest=digests[source]) for path, source in names if source in digests]
        for slot, names in answer["files"]
    }
    reading.fill(answer["spec"], placed)
    try:
        return PipelineRead.model_validate({"spec": answer["spec"], "warnings": answer["warnings"]})
    except ValueError as error:
        return PipelineRead(problems=[Problem(message=str(error).splitlines()[-1][:500])], warnings=answer["warnings"])


def _lay_out(ctx: Context, root: Path, sent: SentPipeline) -> None:
    """Write the files below a folder: small ones with their content, others empty, for nobody looks into them here."""
    main, places = _below(root, sent.main), {file.path: _below(root, file.path) for file in sent.files}
    for gone in ctx.blobs.keep_all({file.digest for file in sent.files})[:1]:
        path = next(file.path for file in sent.files if file.digest == gone)
        raise BadPipeline(f"The bytes of '{path[:200]}' are not here.", "Send the folder again.", field="files")
    sources = {file.path: ctx.blobs.path(file.digest) for file in sent.files}
    left = _ALL_BYTES
    for size, path in sorted((source.stat().st_size, path) for path, source in sources.items()):
        whole = size <= min(_TEXT_BYTES, left)
        left -= size if whole else 0
        _write(places[path], path, sources[path].read_bytes() if whole else b"")
    if sent.text:
        _write(main, sent.main, sent.text.encode())


def _write(place: Path, path: str, content: bytes) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    except OSError as error:
        if error.errno not in _NO_PLACE:
            raise
        said = f"'{path[:200]}' cannot be a file of the folder: {error.strerror}."
        raise BadPipeline(said, "Send the folder again.", field="files") from None


def _below(root: Path, path: str) -> Path:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or "\0" in path or not parts.parts:
        raise BadPipeline(
            f"'{path[:200]}' is no path in the folder.", "Name files by their place in it.", field="files"
        )
    return root / parts


def _ask(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    seconds = min(20.0, ctx.settings.inspect_seconds)
    environ = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "studiolo.studio.pipelines.sent_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environ,
        start_new_session=True,
    )
    limits = {"memory": ctx.settings.inspect_memory_bytes, "seconds": seconds}
    with child:
        try:
            answer, _ = child.communicate(json.dumps(request | limits).encode(), timeout=seconds)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                raise Invalid(f"Reading the file took longer than {seconds:g} s.", field="text") from None
            raise
    try:
        reply: dict[str, Any] = json.loads(answer)
    except ValueError:
        return {"bad": {"detail": "Reading the file needs more memory than it may take.", "field": "file"}}
    return reply
