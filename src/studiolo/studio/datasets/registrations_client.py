"""The part of the SDK that registers: folders of this machine, and files from datastores, the web, queries and runs."""

import io
import tarfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from studiolo.kernel.errors import Invalid, Remote, StudioloError
from studiolo.kernel.home import Home
from studiolo.kernel.http import Transport
from studiolo.studio.datasets.errors import FilesNotRead, NoFiles, RegistrationFailed, UploadOffset
from studiolo.studio.datasets.local_files import LocalFile, local_files
from studiolo.studio.datasets.mltable import client as mltable
from studiolo.studio.datasets.registration_schemas import PATHS, FileState, Registration, UploadSession
from studiolo.studio.datasets.registrations.stat_cache import StatCache, settled
from studiolo.studio.datasets.schemas import Kind, Mode

PART = 8 << 20
_THREADS = 4
_SMALL = 256 << 10  # a file up to this size is sent with others
_PACK_FILES, _PACK_BYTES = 500, 8 << 20
_PATIENCE = 5  # times that a part is tried
Tell = Callable[[int, int, str], None]  # bytes done, of, what


class Registrations:
    """What makes versions of many files, or of files from elsewhere, in jobs that can be followed."""

    _transport: Transport

    def send(
        self,
        place: str | Path | list[str | Path],
        name: str | None = None,
        *,
        kind: Kind = "tabular",
        description: str = "",
        tags: Mapping[str, str] | None = None,
        unpack: bool = False,
        reading: Mapping[str, Any] | None = None,
        session: str | None = None,
        watch: Tell | None = None,
        warn: Callable[[str], None] = warnings.warn,
    ) -> Registration:
        """Send a folder, or files, and register them; returns the registration, to be followed by `wait_for`.

        What the studio has already is not sent; what did not change since it was last sent is not even read. A folder with an MLTable
        is read as that says; one whose paths are addresses has the studio fetch them. session: go on with an upload that was cut off.
        Links that lead nowhere or back are left out, which `warn` is told. Raises FilesNotRead, which names what cannot be read.
        """
        only = place[0] if isinstance(place, list) and len(place) == 1 else place
        if kind == "tabular" and isinstance(only, str | Path) and mltable.is_one(Path(only)):
            place = Path(only).parent  # it says how the folder that it is in is read
        if kind == "tabular" and isinstance(place, str | Path):
            table = mltable.in_folder(Path(place))
            away = mltable.elsewhere(table) if table else None
            if away is not None:  # nothing is here but the MLTable
                away["reading"] = {**away["reading"], **(reading or {})}
                about_it: dict[str, Any] = {"description": description, "tags": tags, "unpack": unpack}
                return self.register(name or _name(Path(place)), **about_it, **away)
        left_out: list[str] = []
        files = list(local_files(place, left_out))
        if left_out:
            more = f" and {len(left_out) - 5:,} more" if len(left_out) > 5 else ""
            warn(f"Left out, for there is nothing to send: {'; '.join(left_out[:5])}{more}.")
        if not files:
            raise NoFiles(f"There are no files in {place}.", "Name a folder with files.", field="file")
        first = Path(place[0] if isinstance(place, list) else place)
        about: dict[str, Any] = {
            "name": name or _name(first),
            "kind": kind,
            "description": description,
            "tags": dict(tags or {}),
        }
        about |= {"unpack": unpack, "reading": dict(reading or {})}
        # before the studio hears of it: what cannot be read leaves no upload open
        cache = StatCache(Home(None).root / "cache" / "sent.sqlite", "local")
        digests = _digests(files, cache)
        if session is None:
            session = str(self._transport.post("datasets/uploads/sessions", json=about)["id"])
        try:
            return self._send_all(f"datasets/uploads/sessions/{session}", files, digests, watch)
        except (StudioloError, KeyboardInterrupt) as error:
            kept = f"What has arrived is kept: the same again with `--session {session}` sends the rest alone."
            if isinstance(error, StudioloError):
                error.hint = f"{error.hint} {kept}".strip()
            else:
                warn(kept)
            raise

    def _send_all(
        self, where: str, files: list[LocalFile], digests: Mapping[str, str], watch: Tell | None
    ) -> Registration:
        """Send what the studio does not have of the files, and have them registered."""
        total = sum(file.size for file in files)
        done = [0]

        def moved(size: int, what: str) -> None:
            done[0] += size
            if watch:
                watch(done[0], total, what)

        for start in range(0, len(files), PATHS):
            some = files[start : start + PATHS]
            body = [{"path": file.path, "size": file.size, "digest": digests[file.path]} for file in some]
            states = [
                FileState.model_validate(item) for item in self._transport.post(f"{where}/files", {"files": body})
            ]
            left = [(file, state) for file, state in zip(some, states, strict=True) if not state.complete]
            moved(sum(file.size for file in some) - sum(file.size for file, _ in left), "")
            small = [file for file, state in left if file.size <= _SMALL and not state.received]
            large = [item for item in left if item[0].size > _SMALL or item[1].received]
            with ThreadPoolExecutor(_THREADS) as pool:
                for _ in pool.map(lambda together: self._send_packed(where, together, moved), _packs(small)):
                    pass
                for _ in pool.map(lambda item: self._send(where, item[0], item[1].received, moved), large):
                    pass
        return Registration.model_validate(self._transport.post(f"{where}/complete"))

    def _send_packed(self, where: str, files: list[LocalFile], moved: Callable[[int, str], None]) -> None:
        """Send small files in one request."""
        body = io.BytesIO()
        with tarfile.open(fileobj=body, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for file in files:
                about = tarfile.TarInfo(file.path)
                content = file.place.read_bytes()
                if len(content) != file.size:
                    raise FilesNotRead(f"{file.place} changed while it was sent.", "Send it again.", field="file")
                about.size = file.size
                tar.addfile(about, io.BytesIO(content))
        self._transport.upload("POST", f"{where}/contents", [body.getvalue()], size=body.getbuffer().nbytes)
        moved(sum(file.size for file in files), files[-1].path)

    def _send(self, where: str, file: LocalFile, at: int, moved: Callable[[int, str], None]) -> None:
        """Send what is missing of a file; a part whose line was cut is tried again from where the studio says."""
        moved(at, file.path)
        tries = 0
        with file.place.open("rb") as source:
            while True:
                source.seek(at)
                piece = source.read(PART)
                try:
                    reply = self._transport.upload(
                        "PUT", f"{where}/content", [piece], size=len(piece), path=file.path, offset=at
                    )
                except Remote as error:
                    if error.remote_code != UploadOffset.code or tries >= _PATIENCE:
                        raise
                    tries, at = tries + 1, int(error.remote["received"])
                    continue
                moved(len(piece), file.path)
                at = int(reply["received"])
                if reply["complete"]:
                    return
                if not piece:
                    raise FilesNotRead(
                        f"{file.place} became shorter while it was sent.", "Send it again.", field="file"
                    )

    def uploads(self) -> list[UploadSession]:
        """Return the uploads that can be gone on with."""
        return [UploadSession.model_validate(item) for item in self._transport.get("datasets/uploads/sessions")]

    def register(
        self,
        name: str = "",
        *,
        datastore: str | None = None,
        path: str = "",
        glob: str | None = None,
        url: str | None = None,
        query: str | None = None,
        run: str | None = None,
        kind: Kind = "tabular",
        mode: Mode = "managed",
        description: str = "",
        tags: Mapping[str, str] | None = None,
        unpack: bool = False,
        unreadable: Literal["refuse", "skip"] = "refuse",
        reading: Mapping[str, Any] | None = None,
    ) -> Registration:
        """Register from a datastore (path, `glob`, or `query` of a SQL one), a web address, or a run's artifacts (`path` in them).

        mode `referenced`: the files stay in the datastore and are checked at every use. Follow it by `wait_for`.
        """
        source: dict[str, Any]
        if run:
            source = {"type": "run", "run_id": run, "path": path}
        elif url:
            source = {"type": "url", "url": url}
        elif datastore and query:
            source = {"type": "sql", "datastore": datastore, "query": query}
        elif datastore:
            source = {"type": "datastore", "datastore": datastore, "path": path, "glob": glob}
        else:
            raise Invalid("Where do the files come from?", "Give datastore, url, or run.", field="source")
        body: dict[str, Any] = {
            "name": name,
            "kind": kind,
            "mode": mode,
            "description": description,
            "tags": dict(tags or {}),
        }
        body |= {"unpack": unpack, "unreadable": unreadable, "reading": dict(reading or {}), "source": source}
        return Registration.model_validate(self._transport.post("datasets/registrations", json=body))

    def registration(self, run_id: str) -> Registration:
        """Return how far a registration is."""
        return Registration.model_validate(self._transport.get(f"datasets/registrations/{run_id}"))

    def registrations(self) -> list[Registration]:
        """Return the last registrations, newest first."""
        page = self._transport.get("datasets/registrations", limit=100)
        return [Registration.model_validate(item) for item in page["items"]]

    def cancel_registration(self, run_id: str) -> Registration:
        """Stop a registration; the next one goes on from what was copied."""
        return Registration.model_validate(self._transport.delete(f"datasets/registrations/{run_id}"))

    def wait_for(
        self,
        registration: Registration | str,
        *,
        timeout: float = 24 * 3600,
        watch: Callable[[Registration], None] | None = None,
    ) -> Registration:
        """Return a registration when it is done; raises RegistrationFailed with what was wrong. watch: told how far it is."""
        run_id = registration if isinstance(registration, str) else registration.run_id
        return followed(self._transport, run_id, timeout=timeout, watch=watch)


def followed(
    transport: Transport,
    run_id: str,
    *,
    timeout: float = 24 * 3600,
    watch: Callable[[Registration], None] | None = None,
) -> Registration:
    """Return a registration when it is done; raises RegistrationFailed with what was wrong."""
    until, pause = time.monotonic() + timeout, 0.05
    while True:
        found = Registration.model_validate(transport.get(f"datasets/registrations/{run_id}"))
        if watch:
            watch(found)
        if found.state == "done":
            return found
        if found.state in ("failed", "canceled") or time.monotonic() > until:
            raise RegistrationFailed(found.error or f"It is {found.state}.", found.hint, field=found.field or "")
        time.sleep(pause)
        pause = min(1.0, pause * 1.5)


def _packs(files: list[LocalFile]) -> Iterator[list[LocalFile]]:
    """Yield files in groups that go in one request each."""
    pack: list[LocalFile] = []
    size = 0
    for file in files:
        if pack and (len(pack) == _PACK_FILES or size + file.size > _PACK_BYTES):
            yield pack
            pack, size = [], 0
        pack.append(file)
        size += file.size
    if pack:
        yield pack


def _digests(files: list[LocalFile], cache: StatCache) -> dict[str, str]:
    """Return the digest of each file; those that did not change since they were last hashed are not read."""
    from blake3 import blake3

    known, now = cache.known(), time.time()
    found: dict[str, str] = {}
    fresh: dict[str, tuple[str, str]] = {}
    unread: list[str] = []
    for file in files:
        place = str(file.place.absolute())
        mark, digest = known.get(place, ("", ""))
        if mark != file.mark:
            try:
                digest = str(blake3(max_threads=blake3.AUTO).update_mmap(file.place).hexdigest())
            except OSError as error:
                why = error.strerror or str(error).partition(" (os error")[0]  # blake3's own errors have no strerror
                unread.append(f"{file.place}: {why}")
                continue
            if settled(file.mtime, now):
                fresh[place] = (file.mark, digest)
        found[file.path] = digest
    cache.remember(fresh, (str(file.place.absolute()) for file in files))
    if unread:
        more = f" and {len(unread) - 5:,} more" if len(unread) > 5 else ""
        raise FilesNotRead(
            f"{len(unread):,} {'file' if len(unread) == 1 else 'files'} cannot be read: {'; '.join(unread[:5])}{more}.",
            "Give yourself the right to read it; nothing was sent.",
            field="file",
        )
    return found


def _name(place: Path) -> str:
    from studiolo.studio.datasets import names

    return names.from_file(place.resolve().name)


def from_address(text: str) -> dict[str, str] | None:
    """Read where files are from an address: `azureml://…/paths/…`, `studiolo://datastores/…`, `https://…`; None for a local path.

    >>> from_address("studiolo://datastores/sales/2024/*.csv")
    {'datastore': 'sales', 'glob': '2024/*.csv'}
    >>> from_address("azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/blob/paths/a/b.csv")
    {'datastore': 'blob', 'path': 'a/b.csv'}
    >>> from_address("data/a.csv") is None
    True
    """
    parts = urlsplit(text)
    if parts.scheme in ("http", "https"):
        return {"url": text}
    if parts.scheme not in ("azureml", "studiolo"):
        return None
    words = [word for word in (parts.netloc + parts.path).split("/") if word]
    try:
        at = words.index("datastores")
        store, rest = words[at + 1], words[at + 2 :]
    except (ValueError, IndexError):
        raise Invalid(
            f"'{text[:200]}' names no datastore.", "Write azureml://datastores/<name>/paths/<path>.", field="path"
        ) from None
    if rest and rest[0] == "paths":
        rest = rest[1:]
    path = "/".join(rest)
    return {"datastore": store, "glob" if any(mark in path for mark in "*?{") else "path": path}
