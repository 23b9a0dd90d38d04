"""Looking through the files of a run: all of them, a signed address, a folder as a ZIP; and the code it was submitted with."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from studiolo.kernel import content
from studiolo.kernel.content import Grant
from studiolo.kernel.context import Context
from studiolo.kernel.home import Home
from studiolo.studio.experiments import run_files, service
from studiolo.studio.experiments.artifacts import Stored
from studiolo.studio.experiments.errors import ArtifactNotFound
from studiolo.studio.experiments.logged import MODELS
from studiolo.studio.experiments.page_schemas import CodeFile, ContentLink, FileTree
from studiolo.studio.experiments.schemas import Artifact

MAX_FILES = 20_000
_PIECE = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive


class Archive(NamedTuple):
    """name: for the file that a browser saves; files: by path in the archive."""

    name: str
    files: list[Stored]


def files(ctx: Context, run_id: str, path: str = "", limit: int = MAX_FILES) -> FileTree:
    """List every file below a folder of a run, by path."""
    with ctx.db.read() as tx:
        found: list[Stored] = []
        for stored in run_files.below(tx, ctx, run_id, path):
            found.append(stored)
            if len(found) > limit:
                break
    shown = found[:limit]
    items = [Artifact(path=one.path, is_dir=False, size=one.size, digest=one.digest) for one in shown]
    return FileTree(files=items, size=sum(one.size for one in shown), cut=len(found) > limit)


def link(ctx: Context, run_id: str, path: str, scheme: str, host: str) -> ContentLink:
    """Sign an address of the second origin for a file of a run; good for the files beside and below it too.

    scheme, host: of the request, since the second origin has the same. Raises ArtifactNotFound, NoSecondOrigin.
    """
    with ctx.db.read() as tx:
        run_files.find(tx, ctx, run_id, path)
        above, _, name = path.rpartition("/")
        folder = run_files.folder(tx, ctx, run_id, above)
    expires = int(ctx.clock.now().timestamp()) + content.SECONDS
    grant = Grant(ctx.workspace_id, folder, expires)
    key = Home(ctx.settings.home).key("content")
    url = content.address(ctx.settings, key, grant, name, scheme, host)
    frame = f"{content.origin(ctx.settings, scheme, host)}/{content.FRAME}"
    return ContentLink(url=url, frame=frame, expires_at=datetime.fromtimestamp(expires, UTC))


def archive(ctx: Context, run_id: str, path: str = "") -> Archive:
    """Return what a ZIP of a folder of a run holds; raises ArtifactNotFound when there is nothing."""
    with ctx.db.read() as tx:
        found = list(run_files.below(tx, ctx, run_id, path))
    if not found:
        raise ArtifactNotFound(path or "artifacts")
    path = path.strip("/")
    name = path.rpartition("/")[2].rstrip(":") or f"run-{run_id[-8:]}"
    return Archive(f"{name}.zip", list(_named(found, path)))


def _named(found: Sequence[Stored], path: str) -> Iterator[Stored]:
    """Name files as an archive of a folder does: below it, and logged models in a folder that every system can write."""
    own = {one.path.partition("/")[0] for one in found if not one.path.startswith(MODELS)}
    models = next(name for name in ("models", "logged-models", MODELS.replace("/", "-")) if name not in own)
    for one in found:
        if path and path != MODELS.rstrip("/"):
            yield one._replace(path=one.path.removeprefix(f"{path}/"))
        else:
            yield one._replace(path=re.sub(f"^{MODELS}", f"{models}/", one.path))


def code(ctx: Context, run_id: str) -> list[CodeFile]:
    """List the files that a job was submitted with, by path; none for a run made by a client."""
    spec = service.spec(ctx, run_id)
    given = sorted(spec.code, key=lambda file: file.path) if spec else []
    return [
        CodeFile(path=file.path, digest=file.digest, size=ctx.blobs.path(file.digest).stat().st_size) for file in given
    ]


def code_file(ctx: Context, run_id: str, path: str) -> CodeFile:
    """Return a file of the code; raises ArtifactNotFound."""
    for file in code(ctx, run_id):
        if file.path == path:
            return file
    raise ArtifactNotFound(path)


def code_archive(ctx: Context, run_id: str) -> Archive:
    """Return what a ZIP of the code holds; raises ArtifactNotFound when there is none."""
    found = [Stored(file.path, file.digest, file.size) for file in code(ctx, run_id)]
    if not found:
        raise ArtifactNotFound("code")
    return Archive(f"code-{run_id[-8:]}.zip", found)


def zipped(ctx: Context, given: Sequence[Stored]) -> Iterator[bytes]:
    """Yield a ZIP as it is made, uncompressed: what is sent is never in memory or on the disk as a whole."""
    out = _Pipe()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        for stored in given:
            info = zipfile.ZipInfo(stored.path, _EPOCH)
            info.external_attr = 0o644 << 16
            with (
                ctx.blobs.open(stored.digest) as source,
                made.open(info, "w", force_zip64=stored.size >= 1 << 31) as into,
            ):
                while piece := source.read(_PIECE):
                    into.write(piece)
                    yield out.take()
            yield out.take()
    yield out.take()


class _Pipe(io.RawIOBase):
    """Takes what the archive writes, until it is taken; it cannot be sought, so sizes follow the bytes."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def write(self, data: object) -> int:
        """Take bytes."""
        piece = bytes(memoryview(data))  # type: ignore[arg-type]
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken
