"""WebDAV: Nextcloud, ownCloud, SharePoint's older doors, Apache and others."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError, XMLParser

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import ContainerMissing, NotAFile, ObjectChanged, PathNotFound, StoreError
from studiolo.studio.datastores.kinds._web import Reply, Web, basic, refused
from studiolo.studio.datastores.kinds.base import Auth, Entry, Field, FileStore, Fingerprint, KindSpec, Surroundings
from studiolo.studio.datastores.paths import under
from studiolo.studio.datastores.streams import Counted, span

SPEC = KindSpec(
    name="webdav",
    title="WebDAV",
    description="A folder of Nextcloud, ownCloud, Apache or another server that speaks WebDAV.",
    fields=(
        Field(
            "url",
            "Address",
            "The folder that paths are below.",
            type="url",
            required=True,
            example="https://cloud.example.org/remote.php/dav/files/ada",
        ),
        Field("user", "User", required=True, auth=("basic",)),
        Field("password", "Password", "Better one for this app alone.", required=True, secret=True, auth=("basic",)),
        Field("token", "Token", "Sent as `Authorization: Bearer …`.", required=True, secret=True, auth=("token",)),
    ),
    auth=(Auth("basic", "User and password"), Auth("token", "Bearer token"), Auth("none", "No sign-in")),
    place="{url}",
)
_DAV = "{DAV:}"
_ASKED = (
    b'<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/><d:getcontentlength/>'
    b"<d:getlastmodified/><d:getetag/></d:prop></d:propfind>"
)
_PART = ".studiolo-part"


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "WebDavStore":
    """Return the store of a WebDAV folder."""
    headers = {}
    if credentials.get("token"):
        headers["Authorization"] = f"Bearer {credentials['token']}"
    elif credentials.get("password"):
        headers["Authorization"] = basic(str(config.get("user", "")), credentials["password"])
    return WebDavStore(Web(str(config["url"]), about, headers))


class WebDavStore(FileStore):
    """Files of a WebDAV server."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._base = unquote(urlsplit(web.base).path).strip("/")
        self.where = web.host

    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return a part of a folder; the protocol has no pages, so it is asked for whole each time."""
        return self.cut(folder, cursor, limit, lambda: self._inside(folder))

    def _inside(self, folder: str) -> dict[str, Entry]:
        found = {entry.path: entry for entry in self._properties(folder, "1")}
        own = found.pop(folder, None)
        if own is not None and not own.folder:
            raise NotAFile(folder)
        return {entry.name: entry for entry in found.values() if not entry.name.endswith(_PART)}

    def find(self, path: str) -> Entry:
        """Ask for the properties of one file or folder."""
        for entry in self._properties(path, "0"):
            if entry.path == path:
                return entry
        raise PathNotFound(path)

    def _properties(self, path: str, depth: str) -> list[Entry]:
        headers = {"Depth": depth, "Content-Type": "application/xml; charset=utf-8", "Content-Length": str(len(_ASKED))}
        url = self._web.address(path) + ("/" if depth == "1" or not path else "")
        with self._web.ask("PROPFIND", url, headers, _ASKED) as reply:
            if reply.status != 207:
                raise self._refused(reply, path)
            return [entry for item in _parsed(reply.body()) if (entry := self._entry(item)) is not None]

    def _refused(self, reply: Reply, path: str) -> StudioloError:
        if reply.status == 404 and not path:
            return ContainerMissing(f"There is no folder at {self._web.base}.", "Check the address.")
        if reply.status in (405, 501):
            return StoreError(f"{self.where} speaks no WebDAV there ({reply.status}).", "Check the address.")
        return refused(reply, path, self.where)

    def _entry(self, item: Element) -> Entry | None:
        href = unquote(urlsplit((item.findtext(f"{_DAV}href") or "").strip()).path).strip("/")
        if href != self._base and not href.startswith(f"{self._base}/" if self._base else ""):
            return None
        path = href[len(self._base) :].strip("/")
        for state in item.iter(f"{_DAV}propstat"):
            prop = state.find(f"{_DAV}prop")
            if " 200" in (state.findtext(f"{_DAV}status") or "") and prop is not None:
                return _described(path, prop)
        return None

    @contextmanager
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """Ask for a range, of the state that the properties told of."""
        entry = self.keep_pin(self.find(path), pin)
        first, last = span(entry.size, start, end)
        if first == last:
            yield iter(()), 0
            return
        whole = (first, last) == (0, entry.size)
        headers = {} if whole else {"Range": f"bytes={first}-{last - 1}"}
        with self._web.ask("GET", self._web.address(path), headers) as reply:
            if reply.status == 412:
                raise ObjectChanged(path)
            if reply.status not in (200, 206):
                raise refused(reply, path, self.where)
            if reply.status == 206 or whole:
                yield reply.pieces(), last - first
            else:
                from studiolo.studio.datastores.kinds.http import _cut

                yield _cut(reply.pieces(), first, last - first, path), last - first

    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Write beside, then move over the old file: a PUT that breaks off may leave half a file."""
        folder, _, _ = path.rpartition("/")
        self._make_folder(folder)
        part = under(folder, f".{secrets.token_hex(6)}{_PART}")
        headers = {"Content-Length": str(size)} if size is not None else {}
        try:
            with self._web.ask("PUT", self._web.address(part), headers, source.blocks()) as reply:
                self._done(reply, path, (200, 201, 204))
            target = {"Destination": self._web.address(path), "Overwrite": "T"}
            with self._web.ask("MOVE", self._web.address(part), target) as reply:
                self._done(reply, path, (201, 204))
        except BaseException:
            with suppress(Exception), self._web.ask("DELETE", self._web.address(part)) as reply:
                reply.body()
            raise

    def _make_folder(self, folder: str) -> None:
        made = ""
        for name in folder.split("/") if folder else ():
            made = under(made, name)
            with self._web.ask("MKCOL", self._web.address(made) + "/") as reply:
                self._done(reply, made, (201, 405, 301))  # 405: it is there

    def _done(self, reply: Reply, path: str, good: tuple[int, ...]) -> None:
        reply.body()
        if reply.status not in good:
            raise refused(reply, path, self.where)

    def remove(self, path: str) -> None:
        """Remove a file."""
        self.keep_pin(self.find(path), None)
        with self._web.ask("DELETE", self._web.address(path)) as reply:
            self._done(reply, path, (200, 204))

    def probe(self) -> None:
        """Ask for the properties of the root."""
        self._properties("", "0")

    def name_cause(self, error: Exception, path: str) -> StudioloError | None:
        """Leave it to the causes of a connection."""
        if isinstance(error, ParseError):
            return StoreError(f"{self.where} answered with XML that cannot be read.", "Check the address.")
        return None

    def close(self) -> None:
        """Close the connections."""
        self._web.close()


def _parsed(body: bytes) -> list[Element]:
    if b"<!DOCTYPE" in body[:1000].upper() or b"<!ENTITY" in body:
        raise StoreError("The server's XML declares entities.", "Such an answer is not read.")
    parser = XMLParser()  # noqa: S314
    parser.feed(body)
    return list(parser.close().iter(f"{_DAV}response"))


def _described(path: str, prop: Element) -> Entry:
    kind = prop.find(f"{_DAV}resourcetype")
    text = prop.findtext(f"{_DAV}getlastmodified") or ""
    try:
        changed = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        changed = None
    if kind is not None and kind.find(f"{_DAV}collection") is not None:
        return Entry(path, 0, True, changed, None)
    size = int(prop.findtext(f"{_DAV}getcontentlength") or 0)
    tag = (prop.findtext(f"{_DAV}getetag") or "").strip()
    mark = Fingerprint("etag", tag, size) if tag and not tag.startswith("W/") else None
    return Entry(path, size, False, changed, mark or (Fingerprint("mtime", text, size) if text else None))
