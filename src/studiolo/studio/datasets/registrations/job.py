"""The registration job: `python -m studiolo.studio.datasets.registrations.job`, in a process of its own.

It brings the files into the store, finds out how they are read, writes the manifest, and leaves `registered.json`: the version's
row is made by the tick that takes it. Stopped anywhere and started again it goes on: what was copied is known by its digest.
"""

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from studiolo.kernel.errors import Invalid, StudioloError
from studiolo.kernel.storage import manifests
from studiolo.kernel.storage.batches import Batch
from studiolo.kernel.storage.blobs import LocalBlobStore
from studiolo.kernel.storage.manifests import Entry, Manifest
from studiolo.runner.journal import Journal
from studiolo.studio.datasets.errors import NoFiles
from studiolo.studio.datasets.registration_schemas import FromAnswer, FromDatastore, FromQuery, FromUrl, Skipped
from studiolo.studio.datasets.registrations import fetching, tables, unpacking
from studiolo.studio.datasets.registrations.collecting import Collected, Progress, collect
from studiolo.studio.datasets.registrations.order import ORDER, PROBLEM, RESULT, Order, Result
from studiolo.studio.datasets.registrations.sources import InStore, Place
from studiolo.studio.datasets.registrations.stat_cache import StatCache
from studiolo.studio.datasets.schemas import Preview, TableSchema

CACHE = Path("cache") / "files.sqlite"
_SKIPPED = 1000  # that are named
_NO_TABLE = "Files that make no one table are kept as they are with the kind `file`; the format `texts` makes a row of each text."
_FRESH_SECONDS = 1800.0  # for which what was held need not be held again; the sweep leaves it for a day


class Registering:
    """One registration on its way."""

    def __init__(self, order: Order, home: Path, work: Path, journal: Journal) -> None:
        self.order, self._home, self._work, self._journal = order, home, work, journal
        self.blobs = LocalBlobStore(home / "blobs")
        self.source = order.source.model_dump(mode="json", exclude_defaults=False)
        self._skipped: list[Skipped] = []
        self._held: frozenset[str] = frozenset()  # blobs that were held when the files were collected
        self._began = time.monotonic()
        self._reused = 0

    def run(self) -> Result:
        """Do it all. Raises what is wrong with the source or its files."""
        progress = Progress(self.tell)
        entries = self._brought(progress)
        if self.order.unpack:
            entries = self._unpacked(entries)
        if not entries:
            raise NoFiles("There is nothing to register.", "Name at least one file.", field="source")
        return self._finished(entries)

    def tell(self, done: float, total: float | None, label: str) -> None:
        """Report how far it is."""
        self._journal.progress(done, total, label)

    def _brought(self, progress: Progress) -> dict[str, Entry]:
        source = self.order.source
        if isinstance(source, FromDatastore):
            return self._from_store(source, progress)
        if isinstance(source, FromUrl | FromQuery | FromAnswer):
            fetched = fetching.fetch(self.order, self._work, self.tell)
            self.source |= fetched.about
            with Batch(self.blobs) as batch:
                blob = batch.take(fetched.path)
                batch.flush()
            return {fetched.name: Entry(fetched.name, blob.size, blob.digest)}
        entries = {e.path: e for e in Manifest(self.blobs, self.order.given).entries()} if self.order.given else {}
        return entries | self._from_spool(progress)

    def _from_store(self, source: FromDatastore, progress: Progress) -> dict[str, Entry]:
        from studiolo.studio.datastores.opening import from_environment

        store = from_environment(source.datastore)
        place: Place = InStore(store, source, self.order.workspace_id)
        self.tell(0, None, "Looking for files")
        found = sorted(place.find(), key=lambda file: file.path)
        twice = next((a.path for a, b in pairwise(found) if a.path == b.path), None)
        if twice is not None:
            raise Invalid(
                f"Two files would be called '{twice}'.",
                "Their names differ only in how accents are written: rename one.",
            )
        progress.expect(found)
        if self.order.mode == "referenced":
            bare = [file.path for file in found if file.fingerprint is None]
            if bare:
                raise Invalid(
                    f"The datastore says nothing of '{bare[0]}' that would show a change (ETag, time).",
                    "Register it as managed: its bytes are then kept.",
                    field="mode",
                )
            self._references = {file.path: (place, file) for file in found}
            return {f.path: Entry(f.path, f.size, fingerprint=f.fingerprint, mtime=f.mtime) for f in found}
        cache = StatCache(self._home / CACHE, place.key)
        done: Collected = collect(place, found, self.blobs, cache, progress, skip=self.order.skip)
        self._skipped, self._reused = done.skipped, done.reused
        self._held = frozenset(str(entry.digest) for entry in done.entries.values())
        print(f"{len(done.entries):,} files, {done.reused:,} of them unchanged since they were last read", flush=True)
        return done.entries

    def _from_spool(self, progress: Progress) -> dict[str, Entry]:
        found: dict[str, Entry] = {}
        progress.files_total, progress.bytes_total = len(self.order.parts), sum(p.size for p in self.order.parts)
        with Batch(self.blobs) as batch:
            for part in self.order.parts:
                blob = batch.take(Path(part.file))
                progress.moved(1, blob.size)
                found[part.path] = Entry(part.path, blob.size, blob.digest)
            batch.flush()
        return found

    def _unpacked(self, entries: dict[str, Entry]) -> dict[str, Entry]:
        """Put what is in archives in their place: in a folder of their name, or at the top where there is but one."""
        found: dict[str, Entry] = {}
        with Batch(self.blobs) as batch:
            for path, entry in entries.items():
                archive = self.blobs.path(str(entry.digest))
                kind = unpacking.kind(archive)
                if kind is None:
                    found[path] = entry
                    continue
                folder = path.rpartition("/")[0] if kind in ("gz", "bz2", "xz", "zst") else unpacking.plain_name(path)
                top = "" if len(entries) == 1 else f"{folder}/" if folder else ""

                def keep(inside: str, stream: object, top: str = top, path: str = path) -> None:
                    blob = batch.copy(stream)  # type: ignore[arg-type]
                    if top + inside in found or (top + inside in entries and top + inside != path):
                        raise Invalid(
                            f"'{top}{inside}' is there and in an archive.", "Rename one of them.", field="source"
                        )
                    found[top + inside] = Entry(top + inside, blob.size, blob.digest)

                self.tell(len(found), None, f"Unpacking {path}")
                unpacking.unpack(archive, path, self.order.limit, keep)
            batch.flush()
        return found

    def _finished(self, entries: dict[str, Entry]) -> Result:
        nothing = Preview(columns=[], rows=[], total_rows=0)
        read = tables.Read(TableSchema(format="files", columns=[], rows=0), nothing)
        if self.order.kind == "tabular":
            with self._local(entries) as files:
                try:
                    read = tables.read(self.order, entries, files, self.blobs, self._work, self.tell)
                except StudioloError as error:
                    if len(entries) > 1:
                        error.hint = f"{error.hint} {_NO_TABLE}".strip()
                    raise
        written = manifests.write(self.blobs, (entries[path] for path in sorted(entries)))
        kept = self.blobs.put(read.preview.model_dump_json().encode()).digest
        fresh = time.monotonic() - self._began < _FRESH_SECONDS
        gone = manifests.keep(self.blobs, written.digest, self._held if fresh else ())
        if gone:
            raise Invalid(f"{len(gone):,} files went from the store meanwhile.", "Register again.")
        only = None
        if len(entries) == 1 and self.order.mode == "managed" and self.order.kind == "tabular":
            entry = next(iter(entries.values()))
            readable = read.whole or entry.readable
            only = {"path": entry.path, "size": entry.size, "digest": entry.digest, "readable": readable}
        reading = self.order.reading.model_dump(mode="json", exclude_defaults=True)
        return Result(
            kind=self.order.kind,
            mode=self.order.mode,
            manifest=written.digest,
            file_count=written.files,
            size=written.bytes,
            table=read.schema,
            preview=kept,
            whole=read.whole,
            only=only,
            source=self.source | ({"reading": reading} if reading else {}),
            skipped=self._skipped[:_SKIPPED],
            reused=self._reused,
            kept_at=time.time(),
        )

    @contextmanager
    def _local(self, entries: dict[str, Entry]) -> Iterator[dict[str, Path]]:
        """Give local copies by path: blobs, or of referenced objects copies that go afterwards."""
        if self.order.mode == "managed":
            yield {path: self.blobs.path(str(entry.digest)) for path, entry in entries.items()}
            return
        with tempfile.TemporaryDirectory(dir=self._work) as folder:
            files: dict[str, Path] = {}
            for number, (path, (place, found)) in enumerate(self._references.items()):
                self.tell(number, len(entries), f"Reading {path}")
                target = Path(folder) / str(number)
                with place.open(found) as stream, target.open("wb") as file:
                    while piece := stream.read(1 << 20):
                        file.write(piece)
                files[path] = target
            yield files


def main() -> int:
    """Register, and leave the result, or what was wrong as a document of the run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what is half copied goes
    journal = Journal()
    order = Order.model_validate_json(os.environ[ORDER])
    try:
        order = fetching.opened(order)
        with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix="work-") as work:
            result = Registering(order, Path(os.environ["STUDIOLO_HOME"]), Path(work), journal).run()
    except (StudioloError, OSError, MemoryError) as error:
        problem = error if isinstance(error, StudioloError) else Invalid(f"It cannot be registered: {error}.")
        extra = {"class": type(problem).__name__, "files": problem.extra.get("files", [])}
        told = {"detail": problem.detail, "hint": problem.hint, "field": problem.field, "code": problem.code}
        journal.document(PROBLEM, told | extra)
        print(f"error: {problem.detail} {problem.hint}", flush=True)
        return 1
    (Path(os.environ["STUDIOLO_OUTPUTS"]) / RESULT).write_text(result.model_dump_json(), encoding="utf-8")
    journal.progress(1, 1, f"{result.file_count:,} files")
    print(f"{result.file_count:,} files, {result.size:,} bytes", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
