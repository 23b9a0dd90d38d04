"""Registering what was trained elsewhere: a child makes a model folder of the bytes, its files become a version."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from studiolo.kernel.context import Context
from studiolo.kernel.errors import DiskFull
from studiolo.kernel.ids import new_id
from studiolo.kernel.storage import receiving
from studiolo.kernel.storage.blobs import BlobWriter
from studiolo.studio.experiments import artifacts
from studiolo.studio.models import repository, service
from studiolo.studio.models.errors import BadModelFile, NotAModel, UploadCutOff, UploadTooLarge
from studiolo.studio.models.names import check_name
from studiolo.studio.models.publishing import Source, add
from studiolo.studio.models.scanning import PASSED_ON
from studiolo.studio.models.schemas import ModelVersion, VersionCreate, VersionUpload

WORK = "work"
_RUN = re.compile(r"runs:/(?P<run>[0-9a-f]{32})(?:/(?P<path>.+))?")
_LOGGED = re.compile(r"models:/(?P<id>m-[0-9a-f]{32})")
_VERSION = re.compile(r"models:/(?P<name>[^/@]+)(?:/(?P<version>[^/@]+)|@(?P<alias>[\w-]+))")


async def receive(ctx: Context, stream: AsyncIterator[bytes], announced: int | None) -> BlobWriter:
    """Write a stream to the spool; raises UploadTooLarge, DiskFull, UploadCutOff; then nothing is kept."""
    return await receiving.receive(ctx, stream, announced, too_large=UploadTooLarge, cut_off=UploadCutOff)


def check(name: str, spec: VersionUpload) -> list[dict[str, Any]]:
    """Check all but the bytes, before they are taken; returns the rows of the example."""
    check_name(name)
    if not spec.example.strip():
        return []
    try:
        rows = json.loads(spec.example)
    except ValueError as error:
        raise BadModelFile(
            f"The example is no JSON: {error}.", 'Write a list of rows: [{"age": 3.0, "sex": "f"}].', field="example"
        ) from None
    rows = [rows] if isinstance(rows, dict) else rows
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) and row for row in rows):
        raise BadModelFile(
            "The example is no list of rows.", 'Write objects: [{"age": 3.0, "sex": "f"}].', field="example"
        )
    return rows


def register(ctx: Context, name: str, spec: VersionUpload, writer: BlobWriter) -> ModelVersion:
    """Make the next version of a model of received bytes; the same bytes again are the same version.

    Raises BadModelFile, which names what is wrong; NotAModel for an MLmodel file that cannot be read; DiskFull.
    Nothing is kept then. The file is never loaded.
    """
    rows = check(name, spec)
    work = ctx.settings.home / WORK / new_id()
    work.mkdir(parents=True)
    try:
        with writer:
            root = Path(_pack(ctx, writer.flushed(), spec, rows, work)["root"])
            stored = tuple(_store(ctx, root))
            listed = "".join(f"{file.path}\0{file.digest}\0" for file in stored)
            origin = f"upload:{sha256(listed.encode()).hexdigest()}"
            writer.abort()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    text = spec.source or f"upload of {spec.filename}"
    with ctx.db.begin() as tx:
        model = service.found_or_made(tx, ctx, name)
        found = repository.version_by_origin(tx, model.id, origin)
        source = Source(text, None, files=stored)
        row = found or add(tx, ctx, model, source, origin=origin, description=spec.description, tags=None)
        return repository.to_versions(tx, [row])[0]


def from_address(ctx: Context, name: str, spec: VersionCreate) -> ModelVersion:
    """Register what an address of this studio names."""
    text = (spec.source or "").strip()
    if found := _RUN.fullmatch(text):
        path = found["path"] or "model"
        return service.register(ctx, name, found["run"], path, description=spec.description, tags=spec.tags)
    if found := _LOGGED.fullmatch(text):
        return service.register_logged(ctx, name, found["id"], spec.description, spec.tags)
    if found := _VERSION.fullmatch(text):
        return _copy(ctx, name, found["name"], found["version"] or f"@{found['alias']}", spec)
    raise NotAModel(
        f"'{text[:120]}' names no model of this studio.",
        "Write runs:/RUN/path, models:/m-ID, models:/NAME/3 or models:/NAME@alias. What is elsewhere is fetched by "
        "studiolo models register, on the machine that runs it.",
        field="source",
    )


def _copy(ctx: Context, name: str, of: str, version: str, spec: VersionCreate) -> ModelVersion:
    check_name(name)
    with ctx.db.begin() as tx:
        row = service.find_version(tx, ctx, of, version)
        stored = tuple(artifacts.below(tx, ctx, row.folder)) if row.folder else ()
        if not stored:
            raise NotAModel(
                f"The files of {of}:{row.version} are not in the studio, but at {row.source}.", field="source"
            )
        text, origin = f"models:/{of}/{row.version}", f"version:{row.id}"
        model = service.found_or_made(tx, ctx, name)
        source = Source(text, None, row.run_id, row.model_id, stored)
        made = repository.version_by_origin(tx, model.id, origin) or add(
            tx, ctx, model, source, origin=origin, description=spec.description or row.description, tags=spec.tags
        )
        return repository.to_versions(tx, [made])[0]


def _store(ctx: Context, root: Path) -> list[artifacts.Stored]:
    stored = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            blob = ctx.blobs.put(path)
            stored.append(artifacts.Stored(artifacts.clean(path.relative_to(root).as_posix()), blob.digest, blob.size))
    return stored


def _pack(ctx: Context, path: Path, spec: VersionUpload, rows: list[dict[str, Any]], work: Path) -> dict[str, Any]:
    seconds = ctx.settings.inspect_seconds
    request = {
        "path": str(path),
        "name": spec.filename,
        "work": str(work),
        "kind": spec.kind,
        "requirements": [line.strip() for line in spec.requirements.splitlines() if line.strip()],
        "example": rows,
        "limit": ctx.settings.upload_limit_bytes,
        "memory": ctx.settings.inspect_memory_bytes,
        "seconds": seconds,
    }
    environment = {key: os.environ[key] for key in PASSED_ON if key in os.environ} | {"TMPDIR": str(work)}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "studiolo.studio.models.packing.process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=work,
        env=environment,
        start_new_session=True,
    ) as child:
        try:
            answer, _ = child.communicate(json.dumps(request).encode(), timeout=seconds + 10)
        except subprocess.TimeoutExpired:
            _kill(child)
            answer = b""
        except BaseException:
            _kill(child)
            raise
    try:
        reply = json.loads(answer)
    except ValueError:
        raise BadModelFile(
            f"Looking into the file ended without an answer (within {seconds:g} s and the limits of memory).",
            "Is the file whole? Raise STUDIOLO_INSPECT_SECONDS for a large one.",
            field="file",
        ) from None
    if "full" in reply:
        raise DiskFull(f"There is no room left in {work.parent}.", "Free some space, then try again; nothing was kept.")
    if "problem" in reply:
        raise BadModelFile(**reply["problem"])
    made: dict[str, Any] = reply["ok"]
    return made


def _kill(child: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
