"""The job that fetches a model: `python -m studiolo.studio.models.fetch_job`, in a process of its own.

It asks the studio what to fetch, fetches it within bounds of size and time to addresses that were judged, and sends it as
an upload: what happens to the bytes from there on is what happens to every upload. Nothing is loaded.
"""

import base64
import errno
import os
import re
import signal
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from studiolo.kernel import outbound
from studiolo.kernel.errors import Invalid, StudioloError
from studiolo.kernel.http import Transport
from studiolo.runner.journal import Journal
from studiolo.studio.models import fetching, sources
from studiolo.studio.models.elsewhere import Elsewhere
from studiolo.studio.models.errors import UploadTooLarge
from studiolo.studio.models.schemas import FetchOrder, ModelVersion

_TOLD_EVERY = 0.3  # seconds


class Fetcher:
    """Fetches within the bounds of an order and says how far it is."""

    def __init__(self, order: FetchOrder, journal: Journal) -> None:
        self.order, self._journal = order, journal
        self._deadline = time.monotonic() + order.seconds
        self._done, self._told = 0, 0.0
        self.total = 0  # bytes, 0 while not known
        self._headers = {"Authorization": _authorization(order.token)} if order.token else {}

    @contextmanager
    def ask(self, url: str) -> Iterator[outbound.Incoming]:
        """Open a URL; an answer that is none is said in words."""
        with outbound.stream(
            url, self._headers, deadline=self._deadline, private=self.order.private, setting=fetching.SETTING
        ) as reply:
            if reply.status != 200:
                raise _refusal(reply, bool(self.order.token))
            yield reply

    def keep(self, reply: outbound.Incoming, path: Path) -> None:
        """Write an answer to a file; raises UploadTooLarge as soon as that is known."""
        self._bounded(self._done + (reply.size or 0))
        path.parent.mkdir(parents=True, exist_ok=True)
        got = 0
        with path.open("wb") as file:
            for piece in reply.pieces:
                file.write(piece)
                got += len(piece)
                self._done += len(piece)
                self._bounded(self._done)
                self.tell()
        if reply.size is not None and got != reply.size:
            raise outbound.NotReached(f"It ended after {got:,} of {reply.size:,} bytes.", "Try again.")

    def tell(self, *, now: bool = False) -> None:
        """Report the bytes that came; not more often than anybody could see."""
        if now or time.monotonic() - self._told > _TOLD_EVERY:
            self._told = time.monotonic()
            of = f" of {self.total / 1e6:,.1f}" if self.total else ""
            self._journal.progress(self._done, self.total or None, f"Fetched {self._done / 1e6:,.1f}{of} MB")

    def _bounded(self, size: int) -> None:
        if size > self.order.limit:
            raise UploadTooLarge(
                f"It is larger than {self.order.limit:,} bytes.",
                "STUDIOLO_UPLOAD_LIMIT_BYTES sets the limit.",
                field="address",
            )


def fetch(order: FetchOrder, journal: Journal, work: Path) -> Path:
    """Return the file that was fetched: the model's, or the packed folder of another MLflow."""
    fetcher = Fetcher(order, journal)
    if not sources.OURS.match(order.address):
        with fetcher.ask(order.address) as reply:
            path = work / _name(reply)
            fetcher.total = reply.size or 0
            fetcher.keep(reply, path)
        fetcher.tell(now=True)
        return path
    folder = work / "model"
    listed = list(Elsewhere(order.tracking_uri, fetcher.ask).files(order.address))
    fetcher.total = sum(file.size for file in listed)
    for file in listed:
        with fetcher.ask(file.url) as reply:
            fetcher.keep(reply, folder / file.path)
    fetcher.tell(now=True)
    packed = work / "model.tar"
    with tarfile.open(packed, "w") as tape:
        for found in sorted(folder.rglob("*")):
            if found.is_file():
                tape.add(found, arcname=found.relative_to(folder).as_posix(), recursive=False)
    return packed


def main() -> int:
    """Fetch, send, and leave what came of it as a document of the run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was fetched is removed
    journal, run_id = Journal(), os.environ["STUDIOLO_RUN_ID"]
    name = os.environ.get("STUDIOLO_MODEL", "")
    try:
        transport = Transport()
        order = FetchOrder.model_validate(transport.get(f"models/{quote(name, safe='')}/fetches/{run_id}/order"))
        source = fetching.told(order)
        print(f"fetching {source}", flush=True)
        with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix="fetched-") as place:
            path = fetch(order, journal, Path(place))
            journal.progress(1, None, "Looking into the file")
            print(f"fetched {path.stat().st_size:,} bytes; sending them to the studio", flush=True)
            made = _send(transport, order, path, source)
    except (StudioloError, OSError) as error:
        problem = error if isinstance(error, StudioloError) else _of_the_system(error)
        journal.document(
            fetching.PROBLEM,
            {"detail": problem.detail, "hint": problem.hint, "field": problem.field, "code": problem.code},
        )
        print(f"error: {problem.detail} {problem.hint}", flush=True)
        return 1
    journal.document(fetching.DONE, {"name": made.name, "version": made.version})
    print(f"registered {made.name}:{made.version}", flush=True)
    return 0


def _send(transport: Transport, order: FetchOrder, path: Path, source: str) -> ModelVersion:
    answer = transport.upload(
        "POST",
        f"models/{quote(order.name, safe='')}/uploads",
        sources.pieces(path),
        size=path.stat().st_size,
        filename=path.name,
        source=source[:1000],
        kind=order.kind,
        description=order.description or None,
        requirements=order.requirements or None,
        example=order.example or None,
    )
    return ModelVersion.model_validate(answer)


def _name(reply: outbound.Incoming) -> str:
    """Return a file name: what the server calls it, or the end of the address."""
    message = Message()
    message["Content-Disposition"] = reply.headers.get("content-disposition", "")
    name = message.get_filename() or PurePosixPath(unquote(urlsplit(reply.url).path)).name or "model"
    return re.sub(r"[^\w.\-]", "_", name)[-120:].lstrip(".") or "model"


def _authorization(token: str) -> str:
    """Return the header of a token, or of `user:password`."""
    return f"Basic {base64.b64encode(token.encode()).decode()}" if ":" in token else f"Bearer {token}"


def _refusal(reply: outbound.Incoming, token: bool) -> Invalid:
    said = b""
    for piece in reply.pieces:
        said += piece
        if len(said) > 2000:
            break
    found = re.search(rb'"message"\s*:\s*"([^"\\]{1,300})', said)
    words = f": {found[1].decode('utf-8', 'replace')}" if found else "."
    host = urlsplit(reply.url).netloc
    if reply.status in (401, 403):
        hint = "Is the token right, and may it read this?" if token else "It asks for a token: give one."
        return Invalid(f"{host} refuses with {reply.status}{words}", hint, field="token")
    return Invalid(
        f"{host} answers {reply.status}{words}", "Open the address in a browser: is it there?", field="address"
    )


def _of_the_system(error: OSError) -> StudioloError:
    if error.errno == errno.ENOSPC:
        return Invalid("There is no room left for what is fetched.", "Free some space, then try again.")
    return Invalid(f"It cannot be kept: {error.strerror or error}.")


if __name__ == "__main__":
    sys.exit(main())
