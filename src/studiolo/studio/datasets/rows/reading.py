"""The SDK's side of an Arrow stream: record batches as they come, gone on with where a connection broke."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.http import NotRunning, Transport

if TYPE_CHECKING:
    import pyarrow as pa

ATTEMPTS = 3  # connections in a row that bring no row


class StreamCutOff(StudioloError):
    """The connection broke again and again before all rows had come."""

    code, status, title = "client.stream_cut_off", 503, "The rows did not come to the end"


class _Pieces:
    """The bytes of a reply as a file."""

    closed = False

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def read(self, size: int = -1) -> bytes:
        parts, wanted = [self._left], size
        have = len(self._left)
        while wanted < 0 or have < wanted:
            piece = next(self._pieces, b"")
            if not piece:
                break
            parts.append(piece)
            have += len(piece)
        data = b"".join(parts)
        if wanted < 0:
            wanted = len(data)
        self._left = data[wanted:]
        return data[:wanted]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


def batches(transport: Transport, path: str, params: Mapping[str, Any]) -> "tuple[pa.Schema, Iterator[pa.RecordBatch]]":
    """Return the schema, and the record batches in order, one in memory at a time.

    A broken connection is opened again after the rows that have come; raises StreamCutOff when that does not help.
    """
    found = _batches(transport, path, dict(params))
    return next(found), found


def _batches(transport: Transport, path: str, params: dict[str, Any]) -> Iterator[Any]:
    import pyarrow as pa

    limit, start = params.get("limit"), int(params.get("offset") or 0)
    taken, idle, told = 0, 0, False
    while True:
        params["offset"] = (start + taken) or None
        if limit is not None:
            params["limit"] = limit - taken
        before = taken
        try:
            with ExitStack() as stack:
                reply = stack.enter_context(transport.stream("GET", path, **params))
                with pa.ipc.open_stream(pa.PythonFile(_Pieces(reply.iter_bytes()), mode="r")) as reader:
                    if not told:
                        told = True
                        yield reader.schema
                    while True:
                        try:
                            batch = reader.read_next_batch()
                        except StopIteration:
                            return
                        taken += batch.num_rows
                        yield batch
        except (NotRunning, pa.ArrowInvalid, OSError) as error:
            idle = idle + 1 if taken == before else 0
            if idle >= ATTEMPTS:
                raise StreamCutOff(
                    f"The connection broke {idle} times after {taken:,} rows: {error}.",
                    "Is the studio still running? Its log (studiolo logs) says what happened.",
                ) from error
