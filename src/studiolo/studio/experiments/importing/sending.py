"""Sends files and batches; the server writes one batch while the next is read."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import msgspec

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.importing.errors import BadSource
from studiolo.studio.experiments.importing.names import Lose
from studiolo.studio.experiments.importing.report import Report
from studiolo.studio.experiments.importing.source import FoundFile, Source
from studiolo.studio.experiments.importing.wire import Batch, File, Points, SentModel, SentRun, SentTrace

MOST_POINTS = 20_000  # of one batch: its transaction holds others up for a fraction of a second
MOST_RUNS = 100
MOST_TEXT = 4 << 20
_WAITING = 2  # batches that may wait for the server
_UPLOADS = 4
_PIECE = 1 << 20


class Wanted(NamedTuple):
    """Files of one thing; lose: is told of those that cannot be had."""

    files: Sequence[FoundFile]
    lose: Lose


class Sender:
    """Gathers runs and models into batches; `done` hears of each what became of it."""

    def __init__(
        self, transport: Transport, source: Source, report: Report, done: Callable[[dict[str, Any]], None]
    ) -> None:
        self._transport, self._source, self._report, self._done = transport, source, report, done
        self._path = f"experiments/imports/{report.import_id}"
        self._batch = Batch()
        self._points = self._text = 0
        self._sending: deque[tuple[Future[Any], set[str]]] = deque()  # with the runs of which more follows
        self._one = ThreadPoolExecutor(1, "batches")
        self._some = ThreadPoolExecutor(_UPLOADS, "files")

    def __enter__(self) -> "Sender":
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self._one.shutdown(cancel_futures=True)
            self._some.shutdown(cancel_futures=True)

    def add_model(self, model: SentModel) -> None:
        """Send a logged model, soon."""
        self._batch.models.append(model)
        self._text += sum(len(value) for value in (*model.params.values(), *model.tags.values()))
        self._send_if_full()

    def add_run(self, run: SentRun) -> None:
        """Send a run, soon; one with a very long history in parts, the last of which says that it is complete."""
        *parts, last = split(run)
        for part in parts:
            self._send(Batch(runs=[part]))
        self._batch.runs.append(last)
        self._points += sum(len(points.steps) for points in last.metrics)
        self._text += sum(len(value) for value in (*run.params.values(), *run.tags.values()))
        self._report.amounts["points"] += sum(len(points.steps) for points in run.metrics)
        self._send_if_full()

    def add_trace(self, trace: SentTrace) -> None:
        """Send a trace, soon; one with very large spans in parts, the last of which says that it is complete."""
        *parts, last = split_trace(trace)
        for part in parts:
            self._send(Batch(traces=[part]))
        self._batch.traces.append(last)
        self._text += sum(map(len, last.spans)) + sum(map(len, (*trace.tags.values(), *trace.metadata.values())))
        self._send_if_full()

    def flush(self) -> None:
        """Send what is gathered and wait until all of it is written."""
        if self._batch.runs or self._batch.models or self._batch.traces:
            self._send(self._batch)
            self._batch = Batch()
            self._points = self._text = 0
        while self._sending:
            self._hear()

    def store(self, wanted: Sequence[Wanted]) -> list[list[File]]:
        """Bring the files of several things into the store; those it has already are not sent. In order of what was asked."""
        files = [file for each in wanted for file in each.files]
        digests = dict(zip(map(id, files), self._some.map(_digest, files), strict=True))
        asked = sorted({digest for digest in digests.values() if digest})
        missing: set[str] = set()
        for first in range(0, len(asked), 5000):
            reply = self._transport.post("experiments/files/missing", json={"digests": asked[first : first + 5000]})
            missing |= set(reply["digests"])
        uploads: dict[str, Future[File]] = {}
        for file in files:
            digest = digests[id(file)]
            key = digest or file.address
            if (digest in missing or file.local is None) and key not in uploads:
                uploads[key] = self._some.submit(self._upload, file)
        return [
            [found for file in each.files if (found := _stored(file, digests[id(file)], uploads, each.lose))]
            for each in wanted
        ]

    def _upload(self, file: FoundFile) -> File:
        size = file.local.stat().st_size if file.local else None
        chunks = _pieces(file.local) if file.local else self._source.read(file)
        sent = self._transport.upload("POST", "experiments/files", chunks, size=size)
        self._report.sent(1, int(sent["size"]))
        return File(file.path, str(sent["digest"]), int(sent["size"]))

    def _send_if_full(self) -> None:
        many = len(self._batch.runs) + len(self._batch.models) + len(self._batch.traces)
        if self._points >= MOST_POINTS or many >= MOST_RUNS or self._text >= MOST_TEXT:
            batch, self._batch = self._batch, Batch()
            self._points = self._text = 0
            self._send(batch)

    def _send(self, batch: Batch) -> None:
        body = msgspec.msgpack.encode(batch)
        unfinished = {run.source_id for run in batch.runs if not run.stamp}
        unfinished |= {trace.source_id for trace in batch.traces if not trace.stamp}
        while len(self._sending) >= _WAITING:
            self._hear()
        path = f"{self._path}/batches"
        future = self._one.submit(self._transport.upload, "POST", path, iter([body]), size=len(body))
        self._sending.append((future, unfinished))

    def _hear(self) -> None:
        future, unfinished = self._sending.popleft()
        for taken in future.result():
            if taken["source_id"] not in unfinished or taken["state"] == "refused":
                self._done(taken)


def _stored(file: FoundFile, digest: str | None, uploads: Mapping[str, "Future[File]"], lose: Lose) -> File | None:
    try:
        if (upload := uploads.get(digest or file.address)) is not None:
            sent = upload.result()
            return File(file.path, sent.digest, sent.size)
        if digest and file.local is not None:
            return File(file.path, digest, file.local.stat().st_size)
        lose(f"the file '{file.path}' cannot be read")
    except OSError as error:
        lose(f"the file '{file.path}' cannot be read: {error.strerror}")
    except BadSource as error:
        lose(f"the file '{file.path}' cannot be fetched: {error.detail}")
    return None


def split(run: SentRun) -> list[SentRun]:
    """Cut a run into parts of at most `MOST_POINTS` points; all but the last have no stamp."""
    total = sum(len(points.steps) for points in run.metrics)
    if total <= MOST_POINTS:
        return [run]
    parts: list[list[Points]] = [[]]
    room = MOST_POINTS
    for points in run.metrics:
        first = 0
        while first < len(points.steps):
            last = first + room
            piece = Points(
                points.key, points.steps[first:last], points.timestamps[first:last], points.values[first:last]
            )
            parts[-1].append(piece)
            room -= len(piece.steps)
            first = last
            if room <= 0:
                parts.append([])
                room = MOST_POINTS
    made = [msgspec.structs.replace(run, metrics=part, stamp="") for part in parts if part]
    made[-1].stamp = run.stamp
    return made


def split_trace(trace: SentTrace) -> list[SentTrace]:
    """Cut a trace into parts of at most `MOST_TEXT` bytes of spans; all but the last have no stamp."""
    parts: list[list[bytes]] = [[]]
    size = 0
    for span in trace.spans:
        if size and size + len(span) > MOST_TEXT:
            parts.append([])
            size = 0
        parts[-1].append(span)
        size += len(span)
    made = [msgspec.structs.replace(trace, spans=part, stamp="") for part in parts]
    made[-1].stamp = trace.stamp
    return made


def _digest(file: FoundFile) -> str | None:
    from blake3 import blake3

    if file.local is None:
        return None
    try:
        if file.local.stat().st_size > _PIECE:
            return str(blake3().update_mmap(file.local).hexdigest())
        return str(blake3(file.local.read_bytes()).hexdigest())
    except OSError:
        return None


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
