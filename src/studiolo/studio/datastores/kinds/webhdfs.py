"""HDFS by its REST interface (WebHDFS, HttpFS, Knox)."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ContainerMissing,
    CredentialExpired,
    NotAFile,
    PathNotFound,
    StoreError,
    StoreFull,
    StoreUnreachable,
)
from studiolo.studio.datastores.kinds._web import Reply, Web, basic, refused
from studiolo.studio.datastores.kinds.base import (
    Auth,
    Entry,
    Field,
    FileStore,
    Fingerprint,
    KindSpec,
    Surroundings,
    moment,
)
from studiolo.studio.datastores.paths import under
from studiolo.studio.datastores.streams import Counted, span

SPEC = KindSpec(
    name="webhdfs",
    title="HDFS (WebHDFS)",
    description="A folder of a Hadoop file system, by WebHDFS, HttpFS or a Knox gateway.",
    fields=(
        Field(
            "url",
            "Address",
            "Of the name node, HttpFS or gateway, before `/webhdfs/v1`.",
            type="url",
            required=True,
            example="http://namenode:9870",
        ),
        Field("folder", "Folder", "Full path in the file system.", default="/", example="/data/sales"),
        Field("user", "User", "Sent as `user.name`.", required=True, auth=("user",)),
        Field("account", "User", required=True, auth=("basic",)),
        Field("password", "Password", required=True, secret=True, auth=("basic",)),
        Field(
            "delegation",
            "Delegation token",
            "As `hdfs fetchdt` gives it.",
            required=True,
            secret=True,
            auth=("delegation",),
        ),
    ),
    auth=(
        Auth("user", "Name of the user", "The cluster believes the name: simple authentication."),
        Auth("basic", "User and password", "As Knox wants it."),
        Auth("delegation", "Delegation token", "For clusters with Kerberos."),
        Auth("none", "No sign-in"),
    ),
    place="{url} {folder}",
)
_PART = ".studiolo-part"
_REDIRECTS = (301, 302, 307, 308)


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "WebHdfsStore":
    """Return the store of a folder in HDFS."""
    query, headers = {}, {}
    if credentials.get("delegation"):
        query["delegation"] = credentials["delegation"]
    elif credentials.get("password"):
        headers["Authorization"] = basic(str(config.get("account", "")), credentials["password"])
    elif config.get("user"):
        query["user.name"] = str(config["user"])
    url = str(config["url"]).rstrip("/")
    if not url.endswith("/webhdfs/v1"):
        url += "/webhdfs/v1"
    return WebHdfsStore(Web(url, about, headers, query), str(config.get("folder") or "/").strip("/"))


class WebHdfsStore(FileStore):
    """Files below a folder of HDFS. A redirect leads to the data node that has the bytes."""

    def __init__(self, web: Web, root: str) -> None:
        self._web, self._root = web, root
        self.where = f"HDFS at {web.host}"

    @contextmanager
    def _op(self, method: str, path: str, op: str, good: tuple[int, ...] = (200,), **query: Any) -> Iterator[Reply]:
        with self._web.ask(method, self._web.address(under(self._root, path), {"op": op, **query})) as reply:
            if reply.status not in good:
                raise self._refused(reply, path)
            yield reply

    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return a part of a folder; name nodes since 2.8 give it in batches."""
        entries: list[Entry] = []
        after = cursor
        while len(entries) < limit:
            with self._op("GET", folder, "LISTSTATUS_BATCH", startAfter=after) as reply:
                found = reply.json()["DirectoryListing"]
            items = found["partialListing"]["FileStatuses"]["FileStatus"]
            if len(items) == 1 and not items[0]["pathSuffix"]:
                raise NotAFile(folder)
            for item in items:
                after = item["pathSuffix"]
                if not after.endswith(_PART):
                    entries.append(_entry(under(folder, after), item))
            if not found["remainingEntries"]:
                after = None
                break
        if len(entries) > limit:
            return entries[:limit], entries[limit - 1].name
        return entries, after

    def find(self, path: str) -> Entry:
        """Return a file or folder."""
        with self._op("GET", path, "GETFILESTATUS") as reply:
            return _entry(path, reply.json()["FileStatus"])

    @contextmanager
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """Read a range from the data node that the name node leads to."""
        entry = self.keep_pin(self.find(path), pin)
        first, last = span(entry.size, start, end)
        if first == last:
            yield iter(()), 0
            return
        with self._op("GET", path, "OPEN", (200, *_REDIRECTS), offset=first, length=last - first) as reply:
            if reply.status == 200:
                yield reply.pieces(), last - first
                return
            reply.body()
            target = reply.headers["location"]
        with self._web.ask("GET", target) as data:
            if data.status != 200:
                raise self._refused(data, path)
            yield data.pieces(), last - first

    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Write beside, then take the old file away and rename: HDFS renames over nothing."""
        folder = path.rpartition("/")[0]
        part = under(folder, f".{secrets.token_hex(6)}{_PART}")
        try:
            with self._op(
                "PUT", part, "CREATE", (201, 200, *_REDIRECTS), overwrite="false", noredirect="true"
            ) as reply:
                target = reply.json()["Location"] if reply.status in (200, 201) else reply.headers["location"]
            headers = {"Content-Type": "application/octet-stream"}
            if size is not None:
                headers["Content-Length"] = str(size)
            with self._web.ask("PUT", target, headers, source.blocks()) as data:
                self._created(data, path)
            self._replace(part, path)
        except BaseException:
            with suppress(Exception), self._op("DELETE", part, "DELETE") as reply:
                reply.body()
            raise

    def _created(self, data: Reply, path: str) -> None:
        if data.status != 201:
            raise self._refused(data, path)
        data.body()

    def _replace(self, part: str, path: str) -> None:
        with suppress(PathNotFound):
            self.keep_pin(self.find(path), None)
            with self._op("DELETE", path, "DELETE") as reply:
                reply.body()
        target = "/" + under(self._root, path)
        with self._op("PUT", part, "RENAME", destination=target) as reply:
            if not reply.json().get("boolean"):
                raise StoreError(f"{self.where} did not rename the file.", "Look whether the path is a folder.")

    def remove(self, path: str) -> None:
        """Remove a file."""
        self.keep_pin(self.find(path), None)
        with self._op("DELETE", path, "DELETE") as reply:
            if not reply.json().get("boolean"):
                raise PathNotFound(path)

    def probe(self) -> None:
        """Look at the root."""
        try:
            found = self.find("")
        except PathNotFound:
            raise ContainerMissing(f"There is no folder /{self._root} in {self.where}.", "Check its path.") from None
        if not found.folder:
            raise ContainerMissing(f"/{self._root} in {self.where} is no folder.", "Name a folder.")

    def _refused(self, reply: Reply, path: str) -> StudioloError:  # noqa: PLR0911 - one line a cause
        try:
            found = reply.json()["RemoteException"]
            kind, said = str(found.get("exception", "")), str(found.get("message", ""))
        except (StoreError, KeyError, TypeError):
            return refused(reply, path, self.where)
        if kind == "FileNotFoundException":
            return PathNotFound(path or "/")
        if kind in ("AccessControlException", "SecurityException", "AuthorizationException"):
            if "expired" in said:
                return CredentialExpired(f"The token for {self.where} has expired.", "Fetch a new one: hdfs fetchdt")
            return AccessDenied(f"{self.where} does not allow this ({kind}).", "Check user and rights of the path.")
        if kind == "InvalidToken":
            return CredentialExpired(f"{self.where} does not take the token.", "Fetch a new one: hdfs fetchdt")
        if kind in ("DSQuotaExceededException", "NSQuotaExceededException", "QuotaExceededException"):
            return StoreFull(f"{self.where} takes no more ({kind}).", "Raise the quota of the folder.")
        if kind in ("StandbyException", "RetriableException", "SafeModeException"):
            return StoreUnreachable(f"{self.where} is not ready ({kind}).", "Name the active name node, or wait.")
        return StoreError(f"{self.where} refused with {kind or reply.status}.", "Look into the log of the name node.")

    def name_cause(self, error: Exception, path: str) -> StudioloError | None:
        """Say when what answers is no WebHDFS."""
        if isinstance(error, KeyError | TypeError):
            return StoreError(f"What answers at {self._web.host} is no WebHDFS.", "Check address and port.")
        return None

    def close(self) -> None:
        """Close the connections."""
        self._web.close()


def _entry(path: str, found: Mapping[str, Any]) -> Entry:
    changed = int(found["modificationTime"])
    if found["type"] == "DIRECTORY":
        return Entry(path, 0, True, moment(changed / 1000), None)
    size = int(found["length"])
    mark = Fingerprint("mtime", f"{changed}-{found.get('fileId', 0)}", size)
    return Entry(path, size, False, moment(changed / 1000), mark)
