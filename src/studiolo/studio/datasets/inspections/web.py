"""A file at an address of the web, read in ranges where its server has them."""

import re
import time

from studiolo.kernel import outbound
from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid
from studiolo.studio.datasets.inspections.opened import Opened
from studiolo.studio.datasets.registrations.fetching import SETTING, file_name

BEGINNING = 1 << 20
NO_RANGES = 8 << 20  # bytes of a file that is read whole, where only that is possible
_TOTAL = re.compile(r"bytes \d+-\d+/(\d+)")


def find(ctx: Context, url: str) -> Opened:
    """Ask for the beginning of a file; raises AddressRefused, NotReached, and Invalid for what cannot be looked at."""
    outbound.check_url(url, private=ctx.settings.fetch_private, field="source.url", setting=SETTING)
    deadline = time.monotonic() + ctx.settings.inspect_seconds
    name, size, first = _ask(ctx, url, 0, BEGINNING, deadline)

    def read(start: int, end: int) -> bytes:
        end = min(end, size)
        if end <= len(first):
            return first[start:end]
        begun = first[start:]
        return begun + _ask(ctx, url, start + len(begun), end, deadline)[2]

    return Opened(name, size, read)


def _ask(ctx: Context, url: str, start: int, end: int, deadline: float) -> tuple[str, int, bytes]:
    """Return the name of the file, its size, and bytes from `start` on; all of a small one whose server has no ranges."""
    headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}
    private = ctx.settings.fetch_private
    with outbound.stream(url, headers, deadline=deadline, private=private, setting=SETTING) as reply:
        total = _TOTAL.fullmatch(reply.headers.get("content-range", ""))
        if reply.status == 206 and total is not None:
            return file_name(reply), int(total[1]), _read(reply, end - start)
        if reply.status == 416 and start == 0:  # an empty file has no beginning
            return file_name(reply), 0, b""
        if reply.status != 200:
            raise Invalid(
                f"The address answers {reply.status}.", "Open it in a browser: is it there?", field="source.url"
            )
        data = _read(reply, NO_RANGES + 1)
        if start or len(data) > NO_RANGES:
            raise Invalid(
                "Its server sends files only whole, and this one is too large to look at first.",
                "Register it: it is looked into then.",
                field="source.url",
            )
        return file_name(reply), len(data), data


def _read(reply: outbound.Incoming, most: int) -> bytes:
    found = bytearray()
    for piece in reply.pieces:
        found += piece
        if len(found) >= most:
            break
    return bytes(found[:most])
