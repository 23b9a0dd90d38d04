"""Sending stored files to browsers and clients: whole or a range, and never as something a browser would run here."""

import mimetypes
import re
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from studiolo.kernel.context import Context
from studiolo.studio.experiments.artifacts import Stored
from studiolo.studio.experiments.errors import BadRange

# what a browser may draw in place; everything else is a download. SVG and HTML can carry scripts: sandboxed, they are inert
_INLINE = {
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "text/plain",
    "text/csv",
    "application/json",
    "text/markdown",
}
_TEXT = {".yaml", ".yml", ".txt", ".log", ".md", ".py", ".toml", ".cfg", ".ini", ".jsonl", ".sh", ".sql", ".r", ""}
_RANGE = re.compile(r"bytes=\s*(?:(?P<start>\d+)-\d*|-(?P<last>\d+))(?:\s*,\s*(?:\d+-\d*|-\d+))*", re.ASCII)
_SAFE = {
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-cache",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class FileReply(FileResponse):
    """A blob under the name of an artifact. Range and If-Range are answered; the digest is the ETag."""

    chunk_size = 1 << 20

    def __init__(self, path: Path, name: str, digest: str, *, inline: bool = False) -> None:
        file_name = PurePosixPath(name).name
        kind = media_type(file_name)
        super().__init__(
            path,
            headers={**_SAFE, "ETag": f'"{digest}"'},
            media_type=kind,
            filename=file_name,
            content_disposition_type="inline" if inline and kind.split(";")[0] in _INLINE else "attachment",
        )


def attachment(name: str) -> dict[str, str]:
    """Return the headers of a download that has a name."""
    return {
        **_SAFE,
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}",
        "Cache-Control": "private, no-store",
    }


def answer(request: Request, ctx: Context, stored: Stored) -> Response:
    """Send a file, a range of it, or only that it is still the one the client has; raises BadRange."""
    tag = f'"{stored.digest}"'
    known = request.headers.get("if-none-match", "").replace("W/", "")
    if known.strip() == "*" or tag in re.split(r"\s*,\s*", known.strip()):
        return Response(status_code=304, headers={"ETag": tag})
    wanted = request.headers.get("range")
    if wanted is not None:
        found = _RANGE.fullmatch(wanted)
        if found is None or int(found["start"] or 0) >= max(1, stored.size) or found["last"] == "0":
            raise BadRange(wanted, stored.size)
    return FileReply(ctx.blobs.path(stored.digest), stored.path, stored.digest)


def media_type(name: str) -> str:
    """Return the type to send a file as; whatever a browser could run comes as plain bytes.

    >>> media_type("roc.png"), media_type("page.html"), media_type("MLmodel")
    ('image/png', 'application/octet-stream', 'text/plain; charset=utf-8')
    """
    guessed = mimetypes.guess_type(name)[0]
    if guessed == "application/json":
        return guessed
    if PurePosixPath(name).suffix.lower() in _TEXT:
        return "text/plain; charset=utf-8"
    if guessed in _INLINE:
        return guessed if not guessed.startswith("text/") else f"{guessed}; charset=utf-8"
    return "application/octet-stream"
