"""Requests to addresses that users name: the address is looked up once, judged, and then connected to itself.

So no name can point at one address when it is judged and at another when it is used. Proxies of the environment are not
asked, redirects are not followed by `post` and judged one by one by `stream`, and an answer is read up to a size and a time.
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import httpcore

from studiolo.kernel.errors import Invalid, StudioloError

MAX_ANSWER = 4096  # bytes of an answer that are read
MAX_REDIRECTS = 5
WEBHOOKS = "STUDIOLO_WEBHOOK_PRIVATE"  # the setting that allows private addresses to a caller
_LOOPBACK = ipaddress.IPv4Address("127.0.0.1")  # what localhost and all below it are, asked or not (RFC 6761)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int], list[str]]


class NotReached(StudioloError):
    """A request got no answer."""

    code, status, title = "outbound.not_reached", 502, "No answer"


class AddressRefused(Invalid):
    """The address is private, or is no address that may be asked."""

    code, title = "outbound.refused", "This address may not be asked"


class Answer(NamedTuple):
    """status: of HTTP; body: the beginning of the answer as text; retry_after: seconds that the other side asks for."""

    status: int
    body: str
    retry_after: float | None


def public(address: Address) -> bool:
    """Say whether an address is of the public internet, also when IPv6 wraps it.

    >>> [public(ipaddress.ip_address(a)) for a in ("8.8.8.8", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1")]
    [True, False, False, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            return public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        inside = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inside is not None:
            return public(inside)
    return address.is_global and not address.is_multicast and not address.is_reserved


def check_url(url: str, *, private: bool, field: str = "url", setting: str = WEBHOOKS) -> str:
    """Return a URL that may be asked; raises AddressRefused.

    private: plain http, and addresses that are not of the public internet, are allowed too; setting: what allows that.
    """
    why = _wrong(url, private=private)
    if why:
        hint = "Write https://host/path."
        if url.startswith("http:") and not private:
            hint += f" The owner of the machine may allow plain http: {setting}=true."
        raise AddressRefused(why, hint, field=field)
    host = urlsplit(url).hostname or ""
    literal = _literal(host) or (_LOOPBACK if f".{host.rstrip('.').lower()}".endswith(".localhost") else None)
    if literal is not None and not private and not public(literal):
        raise _refused(host, str(literal), field, setting)
    return url


def _wrong(url: str, *, private: bool) -> str:
    """Return what is wrong with the form of a URL, empty when nothing is."""
    if not url or len(url) > 2000 or re.search(r"[\x00-\x20\x7f\\]", url) or not url.isascii():
        return "It is no URL of at most 2,000 plain characters."
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError as error:
        return f"It is no URL: {error}."
    schemes = ("https", "http") if private else ("https",)
    odd = _literal(host) is None and (host.replace(".", "").isdigit() or re.fullmatch(r"0x[0-9a-f.x]+", host))
    reasons = (
        (
            parts.scheme not in schemes,
            f"Invalid scheme: '{parts.scheme[:20]}'. Allowed schemes are: {', '.join(schemes)}.",
        ),
        (not host or port == 0, "It has no host, or port 0."),
        (parts.username is not None or bool(parts.fragment), "It has a user or a fragment: neither is sent."),
        (bool(odd), f"'{host}' is a number in an unusual spelling, and no canonical IP address."),
    )
    return next((why for wrong, why in reasons if wrong), "")


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _refused(host: str, address: str, field: str, setting: str) -> AddressRefused:
    return AddressRefused(
        f"'{host}' is at {address}, which is not a public address.",
        f"The owner of the machine may allow it: {setting}=true.",
        field=field,
    )


def _look_up(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class _Pinned(httpcore.NetworkBackend):
    """Looks up, judges and connects; TLS is still checked against the name."""

    def __init__(self, look_up: Lookup, *, private: bool, setting: str = WEBHOOKS, link_local: bool = True) -> None:
        self._look_up, self._private, self._setting, self._link_local = look_up, private, setting, link_local
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._look_up(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"'{host}' is not known: {error}") from None
        judge(host, addresses, private=self._private, setting=self._setting, link_local=self._link_local)
        last: Exception = httpcore.ConnectError(f"'{host}' has no address")
        for address in addresses[:4]:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


def judge(host: str, addresses: Iterable[str], *, private: bool, setting: str, link_local: bool = True) -> None:
    """Raise AddressRefused when one of a host's addresses may not be asked: one private among several is a trick.

    link_local: whether private addresses include those of the own wire, where clouds answer with credentials.
    """
    for text in addresses:
        address = ipaddress.ip_address(text.partition("%")[0])
        inside = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        if not link_local and (inside or address).is_link_local:
            raise AddressRefused(
                f"'{host}' is at {text}, where a cloud keeps the credentials of its machines.", "Name another host."
            )
        if not private and not public(address):
            raise _refused(host, text, "url", setting)


def judge_host(host: str, port: int, *, private: bool, setting: str, look_up: Lookup = _look_up) -> None:
    """Judge a host that somebody else's library will connect to; raises AddressRefused, OSError for an unknown name."""
    judge(host, look_up(host, port), private=private, setting=setting, link_local=False)


def pool(
    *, private: bool, setting: str, context: ssl.SSLContext | None = None, look_up: Lookup = _look_up
) -> httpcore.ConnectionPool:
    """Return connections that are kept open, each to an address that was judged; link-local ones are never asked."""
    return httpcore.ConnectionPool(
        ssl_context=context or ssl.create_default_context(),
        network_backend=_Pinned(look_up, private=private, setting=setting, link_local=False),
        max_connections=16,
        max_keepalive_connections=4,
        keepalive_expiry=20,
    )


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    private: bool = False,
    look_up: Lookup = _look_up,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """Send a body; returns the answer, whatever its status.

    Raises AddressRefused for an address that may not be asked, NotReached for no answer within `seconds`.
    """
    check_url(url, private=private)
    deadline = time.monotonic() + seconds
    times = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    pool = httpcore.ConnectionPool(
        ssl_context=context or ssl.create_default_context(),
        network_backend=_Pinned(look_up, private=private),
        max_connections=1,
        max_keepalive_connections=0,
    )
    sent: dict[bytes | str, bytes | str] = {"User-Agent": "studiolo", "Accept": "*/*", "Connection": "close"}
    sent.update(headers)
    try:
        with pool, pool.stream("POST", url, headers=sent, content=body, extensions={"timeout": times}) as answer:
            found = _beginning(answer, deadline)
            retry = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"")
            return Answer(answer.status, found.decode("utf-8", "replace"), float(retry) if retry.isdigit() else None)
    except httpcore.TimeoutException:
        raise NotReached(f"No answer within {seconds:g} s.") from None
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
        OSError,
        UnicodeError,
    ) as error:
        raise NotReached(f"{error or type(error).__name__}"[:300]) from None


def _beginning(answer: httpcore.Response, deadline: float) -> bytes:
    found = b""
    for piece in answer.iter_stream():
        found += piece
        if len(found) >= MAX_ANSWER or time.monotonic() > deadline:
            break  # what more there is, and however slowly it comes, is not waited for
    return found[:MAX_ANSWER]


class Incoming(NamedTuple):
    """An answer that is being read. url: of the last redirect; headers: by lower-case name; size: bytes announced."""

    status: int
    url: str
    headers: dict[str, str]
    size: int | None
    pieces: Iterator[bytes]


@contextmanager
def stream(
    url: str,
    headers: Mapping[str, str],
    *,
    deadline: float,
    setting: str,
    private: bool = False,
    look_up: Lookup = _look_up,
    context: ssl.SSLContext | None = None,
) -> Iterator[Incoming]:
    """Ask for a URL while in the block; its body comes in pieces. deadline: of time.monotonic(), for all of it.

    Redirects are followed, each judged; headers such as a token are sent to the first host alone. Raises AddressRefused,
    NotReached; also while the pieces are read.
    """
    asked, sent = url, dict(headers)
    for _ in range(MAX_REDIRECTS + 1):
        check_url(asked, private=private, setting=setting)
        left = deadline - time.monotonic()
        if left <= 0:
            raise NotReached("The time for it is over.")
        times = {"connect": min(10.0, left), "read": min(60.0, left), "write": 10.0, "pool": 10.0}
        pool = httpcore.ConnectionPool(
            ssl_context=context or ssl.create_default_context(),
            network_backend=_Pinned(look_up, private=private, setting=setting),
            max_connections=1,
            max_keepalive_connections=0,
        )
        own = {"User-Agent": "studiolo", "Accept": "*/*", "Connection": "close"}
        plain: list[tuple[bytes | str, bytes | str]] = [*own.items(), *sent.items()]
        with _told(), pool, pool.stream("GET", asked, headers=plain, extensions={"timeout": times}) as answer:
            found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
            if answer.status not in (301, 302, 303, 307, 308) or "location" not in found:
                length = found.get("content-length", "")
                size = int(length) if length.isdecimal() else None
                yield Incoming(answer.status, asked, found, size, _until(answer, deadline))
                return
        following = urljoin(asked, found["location"])
        if urlsplit(following)[:2] != urlsplit(asked)[:2]:
            sent = {}
        asked = following
    raise NotReached(f"It redirects more than {MAX_REDIRECTS} times.")


def _until(answer: httpcore.Response, deadline: float) -> Iterator[bytes]:
    for piece in answer.iter_stream():
        if time.monotonic() > deadline:
            raise NotReached("The time for it is over; it came too slowly.")
        yield piece


@contextmanager
def _told() -> Iterator[None]:
    """Say in words why no answer came, or why it ended."""
    try:
        yield
    except httpcore.TimeoutException:
        raise NotReached("No answer in time.") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, UnicodeError) as error:
        raise NotReached(f"{error or type(error).__name__}"[:300]) from None
