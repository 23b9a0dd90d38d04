"""Files on a web server: read only; folders are listed where the server shows an index of them."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from itertools import islice
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    ContainerMissing,
    ObjectChanged,
    PathNotFound,
    StoreReadOnly,
    Truncated,
    Unsupported,
)
from studiolo.studio.datastores.kinds._web import Reply, Web, basic, refused
from studiolo.studio.datastores.kinds.base import Auth, Entry, Field, FileStore, Fingerprint, KindSpec, Surroundings
from studiolo.studio.datastores.paths import under
from studiolo.studio.datastores.streams import Counted, span

SPEC = KindSpec(
    name="http",
    title="Web server (HTTP)",
    description="Files below a web address, read only. Folders can be browsed where the server shows an index.",
    fields=(
        Field(
            "url",
            "Address",
            "The folder that paths are below.",
            type="url",
            required=True,
            example="https://data.example.org/open",
        ),
        Field("user", "User", required=True, auth=("basic",)),
        Field("password", "Password", required=True, secret=True, auth=("basic",)),
        Field("token", "Token", "Sent as `Authorization: Bearer …`.", required=True, secret=True, auth=("token",)),
    ),
    auth=(
        Auth("none", "No sign-in"),
        Auth("basic", "User and password"),
        Auth("token", "Bearer token"),
    ),
    writable=False,
    place="{url}",
)
_REDIRECTS = (301, 302, 303, 307, 308)
_LOOKING = 8  # files that are asked for at a time, when a whole folder is walked


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "HttpStore":
    """Return the store of a web address."""
    headers = {}
    if credentials.get("token"):
        headers["Authorization"] = f"Bearer {credentials['token']}"
    elif credentials.get("password"):
        headers["Authorization"] = basic(str(config.get("user", "")), credentials["password"])
    return HttpStore(Web(str(config["url"]), about, headers))


class HttpStore(FileStore):
    """What a web server gives."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self.where = web.host

    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Read the server's index of a folder; sizes are not in it and are 0 here."""
        names, following = self.cut(folder, cursor, limit, lambda: {name: name for name in self._index(folder)})
        return [self._listed(folder, name) for name in names], following

    def below(self, prefix: str) -> Iterator[Entry]:
        """Walk the index; each file is asked for its size and state, a few at a time."""
        found = super().below(prefix)
        with ThreadPoolExecutor(_LOOKING) as pool:
            while some := list(islice(found, _LOOKING * 4)):
                yield from pool.map(lambda entry: self.find(entry.path), some)

    def find(self, path: str) -> Entry:
        """Ask for the head of a file; servers without HEAD are asked for one byte."""
        with self._get("HEAD", path, {}) as reply:
            if reply.status not in (403, 405, 501):
                return self._described(path, self._good(reply, path))
        with self._get("GET", path, {"Range": "bytes=0-0"}) as reply:
            if reply.status == 416:  # an empty file has no first byte
                return Entry(path, 0, False, _modified(reply), _mark(reply, 0))
            return self._described(path, self._good(reply, path))

    @contextmanager
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """Ask for a range; what a server without ranges sends before it is thrown away."""
        headers = {}
        if start or end is not None:
            headers["Range"] = f"bytes={start}-{'' if end is None else max(end - 1, start)}"
        if pin is not None and pin.kind == "etag":
            headers["If-Match"] = pin.value
        with self._get("GET", path, headers) as reply:
            if reply.status == 412:
                raise ObjectChanged(path)
            if reply.status == 416:
                yield iter(()), 0
                return
            entry = self.keep_pin(self._described(path, self._good(reply, path)), pin)
            if reply.status == 206:
                wanted = None if end is None else max(end - start, 0)
                size = reply.size if wanted is None or reply.size is None else min(reply.size, wanted)
                yield _cut(reply.pieces(), 0, size, path), size
                return
            known = reply.size is not None
            first, last = span(entry.size, start, end) if known else (start, end)
            wanted = None if last is None else last - first
            yield _cut(reply.pieces(), first, wanted, path), wanted if known else None

    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Refuse: a web server is read."""
        raise StoreReadOnly

    def remove(self, path: str) -> None:
        """Refuse: a web server is read."""
        raise StoreReadOnly

    def probe(self) -> None:
        """Ask for the root: a server that shows no index of it answers too."""
        with self._get("GET", "", {}) as reply:
            if reply.status in (401, 407) or reply.status >= 500:
                raise refused(reply, "", self.where)
            if reply.status == 404:
                raise ContainerMissing(
                    f"There is nothing at {self._web.base}.", "A server without an index may still give files: try one."
                )

    def name_cause(self, error: Exception, path: str) -> StudioloError | None:
        """Leave it to the causes of a connection."""
        return None

    def close(self) -> None:
        """Close the connections."""
        self._web.close()

    @contextmanager
    def _get(self, method: str, path: str, headers: Mapping[str, str], folder: bool = False) -> Iterator[Reply]:
        url = self._web.address(path) + ("/" if folder or not path else "")
        for _ in range(6):
            with self._web.ask(method, url, headers) as reply:
                if reply.status not in _REDIRECTS or "location" not in reply.headers:
                    yield reply
                    return
                url = urljoin(url, reply.headers["location"]).partition("#")[0]
        raise Unsupported(f"{self.where} redirects more than 5 times.", "Name the address it leads to.")

    def _good(self, reply: Reply, path: str) -> Reply:
        if reply.status not in (200, 206, 204):
            raise refused(reply, path, self.where)
        return reply

    def _described(self, path: str, reply: Reply) -> Entry:
        if urlsplit(reply.url).path.endswith("/") and path:
            return self.as_folder(path)
        whole = reply.headers.get("content-range", "").rpartition("/")[2]
        size = int(whole) if whole.isdecimal() else reply.size or 0
        return Entry(path, size, False, _modified(reply), _mark(reply, size))

    def _index(self, folder: str) -> set[str]:
        with self._get("GET", folder, {}, folder=True) as reply:
            if reply.status == 404 and folder:
                raise PathNotFound(folder)
            if reply.status in (403, 404) or (
                reply.status == 200 and "html" not in reply.headers.get("content-type", "")
            ):
                raise Unsupported(
                    f"{self.where} shows no index of this folder.",
                    "Files of it can still be read: name one by its path.",
                )
            links = _Links(reply.url)
            links.feed(self._good(reply, folder).body().decode("utf-8", "replace"))
            return links.names

    def _listed(self, folder: str, name: str) -> Entry:
        path = under(folder, name.rstrip("/"))
        return self.as_folder(path) if name.endswith("/") else Entry(path, 0, False, None, None)


class _Links(HTMLParser):
    """Collects the links of an index that lead one step down; folders end with a slash."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._base = url.partition("?")[0].rpartition("/")[0] + "/"
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") if tag == "a" else None
        if not href or href.startswith(("?", "#")):
            return
        full = urljoin(self._base, href)
        if not full.startswith(self._base) or "?" in full or "#" in full:
            return
        try:
            name = unquote(full.removeprefix(self._base), errors="strict")
        except UnicodeDecodeError:
            return
        if name and "/" not in name[:-1] and name not in ("./", "../", "/", ".", ".."):
            self.names.add(name)


def _mark(reply: Reply, size: int) -> Fingerprint | None:
    tag = reply.headers.get("etag", "")
    if tag and not tag.startswith("W/"):
        return Fingerprint("etag", tag, size)
    date = reply.headers.get("last-modified", "")
    return Fingerprint("mtime", date, size) if date else None


def _modified(reply: Reply) -> Any:
    try:
        return parsedate_to_datetime(reply.headers["last-modified"])
    except (KeyError, ValueError):
        return None


def _cut(pieces: Iterator[bytes], skip: int, keep: int | None, path: str) -> Iterator[bytes]:
    """Yield what lies within a range of what comes; raises Truncated when the beginning itself is short."""
    skipped = 0
    for piece in pieces:
        rest = piece[min(skip - skipped, len(piece)) :]
        skipped += len(piece) - len(rest)
        if keep is not None:
            rest = rest[:keep]
            keep -= len(rest)
        if rest:
            yield rest
        if keep == 0:
            return
    if keep and skipped < skip:
        raise Truncated(path, skip + keep, skipped)
