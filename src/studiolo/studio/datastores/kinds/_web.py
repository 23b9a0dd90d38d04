"""HTTP for the kinds that speak it themselves: each address judged, redirects told, bodies streamed both ways."""

import base64
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpcore
import orjson

from studiolo.kernel import outbound
from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    PathNotFound,
    StoreError,
    StoreFull,
    StoreUnreachable,
    WrongCredential,
)
from studiolo.studio.datastores.spec import Surroundings

SETTING = "STUDIOLO_DATASTORE_PRIVATE"
_MOST = 64 << 20  # bytes of a document, such as the listing of a folder, that are read at once


class Reply:
    """An answer while it is open. headers: by lower-case name; signed: whether a credential was sent."""

    def __init__(self, answer: httpcore.Response, url: str, *, signed: bool = False) -> None:
        self.status, self.url, self.signed = answer.status, url, signed
        self.headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
        self._answer = answer

    @property
    def size(self) -> int | None:
        """Bytes announced; None for a body that is packed or in chunks."""
        text = self.headers.get("content-length", "")
        packed = self.headers.get("content-encoding", "identity") not in ("identity", "")
        return int(text) if text.isdecimal() and not packed else None

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it comes."""
        yield from self._answer.iter_stream()

    def body(self, most: int = _MOST) -> bytes:
        """Return the body; raises StoreError for one that is larger than anything sensible."""
        found: list[bytes] = []
        size = 0
        for piece in self.pieces():
            size += len(piece)
            if size > most:
                raise StoreError(f"The server answered with more than {most:,} bytes.", "List a smaller folder.")
            found.append(piece)
        return b"".join(found)

    def json(self) -> Any:
        """Return the body as JSON; raises StoreError when it is none."""
        try:
            return orjson.loads(self.body() or b"null")
        except ValueError:
            raise StoreError(
                "The server's answer is no JSON.", "Check the address: something else answers there."
            ) from None


class Web:
    """A server at a base address. headers: sent to that host alone."""

    def __init__(
        self,
        base: str,
        about: Surroundings,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> None:
        self.base, self._headers, self._query = base.rstrip("/"), dict(headers or {}), dict(query or {})
        self._pool = outbound.pool(private=about.private, setting=SETTING, context=ssl.create_default_context())
        self._about = about
        self.host = urlsplit(base).netloc

    def address(self, path: str, query: Mapping[str, Any] | None = None) -> str:
        """Return the URL of a path; its parts are percent-encoded."""
        asked = urlencode(
            {**self._query, **{key: str(value) for key, value in (query or {}).items() if value is not None}},
            quote_via=quote,
        )
        return self.base + (f"/{quote(path, safe='/')}" if path else "") + (f"?{asked}" if asked else "")

    @contextmanager
    def ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, content: bytes | Iterable[bytes] = b""
    ) -> Iterator[Reply]:
        """Send a request and give its answer, whatever its status; raises AddressRefused and errors of httpcore."""
        outbound.check_url(url, private=True, setting=SETTING)
        own = self._headers if urlsplit(url).netloc == self.host else {}
        sent = {"User-Agent": "studiolo", "Accept": "*/*", "Accept-Encoding": "identity", **own, **(headers or {})}
        if not isinstance(content, bytes) and "Content-Length" not in sent:
            sent["Transfer-Encoding"] = "chunked"
        elif isinstance(content, bytes) and method in ("PUT", "POST"):
            sent["Content-Length"] = str(len(content))
        seconds = self._about.seconds
        times = {"connect": min(10.0, seconds), "read": seconds, "write": seconds, "pool": seconds}
        pairs: list[tuple[bytes | str, bytes | str]] = list(sent.items())
        with self._pool.stream(
            method,
            url,
            headers=pairs,
            content=content if isinstance(content, bytes) else iter(content),
            extensions={"timeout": times},
        ) as answer:
            yield Reply(answer, url, signed="Authorization" in sent or bool(self._query))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def basic(user: str, password: str) -> str:
    """Return the header of a user and a password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def refused(reply: Reply, path: str, where: str) -> StudioloError:  # noqa: PLR0911 - one line a cause
    """Return our error of an answer that is none of those hoped for."""
    status = reply.status
    if status == 401:
        if not reply.signed:
            return WrongCredential(
                f"{where} wants a sign-in (401).", "Choose user and password, or a token, as the way to sign in."
            )
        return WrongCredential(f"{where} did not accept the credential (401).", "Write it anew; it may have expired.")
    if status == 403:
        return AccessDenied(f"{where} does not allow this (403).", "Give the account the right to it.")
    if status in (404, 410):
        return PathNotFound(path or "/")
    if status == 507:
        return StoreFull(f"{where} has no room left (507).", "Free some space.")
    if status in (500, 502, 503, 504):
        return StoreUnreachable(f"{where} answered with an error of its own ({status}).", "Try again; look at its log.")
    return StoreError(f"{where} answered with status {status}.", "Check the address and what it allows.")


def sized(source: Iterable[bytes], size: int | None) -> tuple[dict[str, str], Iterable[bytes]]:
    """Return headers and body of a request that sends a stream."""
    return ({"Content-Length": str(size)} if size is not None else {}), source


Opener = Callable[[], Any]
