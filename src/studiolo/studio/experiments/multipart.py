"""Uploads in parts: each part is a file of its own until the last call puts them together as one blob.

`<blobs>/multipart/<upload>/` holds `upload.json` and one file `<number>.<digest>` per part. The files are the truth: any
process of the server can take any part, and what nobody completes is swept by its age.
"""

import contextlib
import hmac
import json
import re
import secrets
import shutil
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from studiolo.kernel.context import Context
from studiolo.kernel.ids import is_id, new_id
from studiolo.kernel.storage.blobs import CHUNK, Blob, BlobStore, BlobWriter
from studiolo.studio.experiments.errors import ArtifactTooLarge, BadPart, UploadNotFound

MAX_PARTS = 10_000
KEEP_HOURS = 24  # an upload that nothing was sent to for so long is given up
_RECORD = "upload.json"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Upload(NamedTuple):
    """path: where the file will be in the workspace; key_hash: SHA-256 of the secret that lets a part be sent."""

    id: str
    workspace_id: str
    path: str
    parts: int
    key_hash: str
    completed: bool


def create(ctx: Context, path: str, parts: int) -> tuple[Upload, str]:
    """Begin an upload; returns it and the secret that the addresses of its parts carry."""
    key = secrets.token_urlsafe(24)
    upload = Upload(new_id(), ctx.workspace_id, path, parts, sha256(key.encode()).hexdigest(), completed=False)
    folder = _folder(ctx.blobs, upload.id)
    folder.mkdir(parents=True)
    _write(folder, upload)
    return upload, key


def _folder(blobs: BlobStore, upload_id: str) -> Path:
    if not is_id(upload_id):
        raise UploadNotFound(upload_id)
    return blobs.root / "multipart" / upload_id


def _write(folder: Path, upload: Upload) -> None:
    temporary = folder / f"{_RECORD}.{secrets.token_hex(4)}"
    temporary.write_text(json.dumps(upload._asdict()))
    temporary.rename(folder / _RECORD)


def _read(blobs: BlobStore, upload_id: str) -> Upload:
    try:
        return Upload(**json.loads((_folder(blobs, upload_id) / _RECORD).read_text()))
    except (FileNotFoundError, NotADirectoryError):
        raise UploadNotFound(upload_id) from None


def find(ctx: Context, upload_id: str, path: str) -> Upload:
    """Return an upload of the workspace to this very path; raises UploadNotFound."""
    upload = _read(ctx.blobs, upload_id)
    if upload.workspace_id != ctx.workspace_id or upload.path != path:
        raise UploadNotFound(upload_id)
    return upload


def admit(blobs: BlobStore, upload_id: str, number: int, key: str) -> Upload:
    """Return the upload that a part belongs to; raises UploadNotFound also for a wrong secret."""
    upload = _read(blobs, upload_id)
    if not hmac.compare_digest(sha256(key.encode()).hexdigest(), upload.key_hash) or upload.completed:
        raise UploadNotFound(upload_id)
    if not 1 <= number <= upload.parts:
        raise BadPart(number, f"The upload has the parts 1 to {upload.parts}.")
    return upload


def room(blobs: BlobStore, upload: Upload, limit: int) -> int:
    """Return how many bytes the upload may still take."""
    taken = 0
    for file in _folder(blobs, upload.id).iterdir():
        with contextlib.suppress(FileNotFoundError):
            taken += file.stat().st_size
    return max(0, limit - taken)


def keep(blobs: BlobStore, upload: Upload, number: int, writer: BlobWriter) -> Blob:
    """Keep what was written as a part; one of the same number is replaced."""
    folder = _folder(blobs, upload.id)
    part = writer.set_aside(lambda blob: folder / f"{number:05d}.{blob.digest}")
    for older in folder.glob(f"{number:05d}.*"):
        if older.name != f"{number:05d}.{part.digest}":
            older.unlink(missing_ok=True)
    return part


def assemble(ctx: Context, upload: Upload, parts: Sequence[tuple[int, str]]) -> Blob:
    """Put the parts, (number, digest) each, together as one blob. They stay until `forget`, so that this can be repeated."""
    folder = _folder(ctx.blobs, upload.id)
    files: list[Path] = []
    for place, (number, digest) in enumerate(parts, start=1):
        file = folder / f"{number:05d}.{digest}"
        if number != place:
            raise BadPart(number, f"Part {place} must come here: parts are numbered 1, 2, 3 …")
        if _DIGEST.fullmatch(digest) is None or not file.is_file():
            raise BadPart(number, "It was not received, or its ETag is another one.")
        files.append(file)
    if sum(file.stat().st_size for file in files) > ctx.settings.upload_limit_bytes:
        raise ArtifactTooLarge(
            f"'{upload.path}' is larger than {ctx.settings.upload_limit_bytes} bytes.",
            "Raise STUDIOLO_UPLOAD_LIMIT_BYTES.",
        )
    with ctx.blobs.writer() as writer:
        for file in files:
            with file.open("rb") as source:
                while chunk := source.read(CHUNK):
                    writer.write(chunk)
        return writer.commit()


def finish(ctx: Context, upload: Upload) -> None:
    """Remove the parts; that the upload was completed is remembered for a while, so that a client may ask twice."""
    folder = _folder(ctx.blobs, upload.id)
    _write(folder, upload._replace(completed=True))
    for file in folder.iterdir():
        if file.name != _RECORD:
            file.unlink(missing_ok=True)


def forget(ctx: Context, upload: Upload) -> None:
    """Remove an upload with its parts."""
    shutil.rmtree(_folder(ctx.blobs, upload.id), ignore_errors=True)


def sweep(blobs: BlobStore, before: datetime) -> int:
    """Remove uploads that nothing was sent to since a moment; returns how many."""
    swept = 0
    root = blobs.root / "multipart"
    for folder in root.iterdir() if root.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):  # completed or aborted meanwhile
            if folder.stat().st_mtime < before.timestamp():  # a folder's time is that of its newest entry
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
    return swept
