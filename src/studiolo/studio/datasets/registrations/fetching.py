"""Sources of one file that has to be made or fetched first: an address of the web, the rows of a query."""

import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from studiolo.kernel import outbound
from studiolo.kernel.errors import Invalid, StudioloError
from studiolo.kernel.http import Transport
from studiolo.studio.datasets.errors import UploadTooLarge
from studiolo.studio.datasets.registration_schemas import FromAnswer, FromQuery, FromUrl
from studiolo.studio.datasets.registrations.order import Order

SETTING = "STUDIOLO_FETCH_PRIVATE"
_PATIENCE = 60.0  # seconds that a studio may be away while it starts again
_ROWS_TOLD = 0.5  # seconds
Tell = Callable[[float, float | None, str], None]


@dataclass
class Fetched:
    """path: where it lies; name: in the dataset; about: what the version says of its source."""

    path: Path
    name: str
    about: dict[str, Any] = field(default_factory=dict)


def opened(order: Order) -> Order:
    """Return the order with its address, which only this job's token opens."""
    if not order.sealed:
        return order
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            told = Transport().get(f"datasets/registrations/{os.environ['STUDIOLO_RUN_ID']}/order")
            return order.model_copy(update={"source": FromUrl(url=told["url"])})
        except StudioloError:  # the server may just be starting again
            if time.monotonic() > until:
                raise
            time.sleep(1.0)


def fetch(order: Order, work: Path, tell: Tell) -> Fetched:
    """Fetch the file, or run the query, within the bounds of the order."""
    if isinstance(order.source, FromQuery):
        return _query(order, order.source, work, tell)
    if isinstance(order.source, FromAnswer):
        from studiolo.studio.datasets.registrations import answering  # it brings Explore, which no other job needs

        assert order.answer
        path = answering.file_of(order.source, order.answer, work, tell)
        return Fetched(path, f"{order.name}.parquet", {"type": "sql"})
    assert isinstance(order.source, FromUrl)
    return _url(order, order.source, work, tell)


def _url(order: Order, source: FromUrl, work: Path, tell: Tell) -> Fetched:
    deadline = time.monotonic() + order.seconds
    with outbound.stream(source.url, {}, deadline=deadline, private=order.private, setting=SETTING) as reply:
        host = urlsplit(reply.url).netloc
        if reply.status != 200:
            raise Invalid(
                f"{host} answers {reply.status}.", "Open the address in a browser: is it there?", field="source.url"
            )
        name, done = file_name(reply), 0
        path = work / "fetched"
        with path.open("wb") as file:
            for piece in reply.pieces:
                file.write(piece)
                done += len(piece)
                if max(done, reply.size or 0) > order.limit:
                    raise UploadTooLarge(
                        f"The file has more than {order.limit:,} bytes.",
                        "STUDIOLO_UPLOAD_LIMIT_BYTES sets the limit.",
                        field="source.url",
                    )
                tell(done, reply.size, f"Fetching {name}")
        if reply.size is not None and done != reply.size:
            raise outbound.NotReached(f"It ended after {done:,} of {reply.size:,} bytes.", "Try again.")
        seen = {key: reply.headers[key] for key in ("etag", "last-modified", "content-type") if key in reply.headers}
    return Fetched(path, name, {"url": without_secrets(source.url), "size": done, "headers": seen})


def without_secrets(url: str) -> str:
    """Return an address without user, password and query: they are where keys stand.

    >>> without_secrets("https://me:pw@host/a.csv?sig=x")
    'https://host/a.csv'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def file_name(reply: outbound.Incoming) -> str:
    """Return a file name: what the server calls it, or the end of the address."""
    message = Message()
    message["Content-Disposition"] = reply.headers.get("content-disposition", "")
    name = message.get_filename() or PurePosixPath(unquote(urlsplit(reply.url).path)).name or "data"
    return re.sub(r"[^\w.\-]", "_", name)[-120:].lstrip(".") or "data"


def _query(order: Order, source: FromQuery, work: Path, tell: Tell) -> Fetched:
    import pyarrow.parquet as pq

    from studiolo.studio.datastores.opening import database_from_environment

    database = database_from_environment(source.datastore)
    path, rows, told = work / "query.parquet", 0, 0.0
    at = datetime.now(UTC)
    with database.read(source.query) as batches, pq.ParquetWriter(path, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
            if path.stat().st_size > order.limit:
                raise UploadTooLarge(
                    f"The query returns more than {order.limit:,} bytes.",
                    "Ask for less of it; STUDIOLO_UPLOAD_LIMIT_BYTES sets the limit.",
                    field="source.query",
                )
            if time.monotonic() - told > _ROWS_TOLD:
                told = time.monotonic()
                tell(rows, None, f"{rows:,} rows")
    if rows == 0:
        raise Invalid("The query returns no rows.", "Ask for something that is there.", field="source.query")
    return Fetched(path, "query.parquet", {"rows": rows, "at": at.isoformat()})
