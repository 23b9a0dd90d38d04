"""Databricks: the file system of a workspace (DBFS), by its REST interface."""

import base64
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import orjson

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ContainerMissing,
    NotAFile,
    PathNotFound,
    StoreError,
    StoreFull,
)
from studiolo.studio.datastores.kinds._web import Reply, Web, refused
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
    name="databricks",
    title="Databricks File System",
    description="A folder of a Databricks workspace (DBFS).",
    fields=(
        Field("url", "Workspace", type="url", required=True, example="https://adb-1234567890.7.azuredatabricks.net"),
        Field("folder", "Folder", "Full path in DBFS.", default="/", example="/FileStore/data"),
        Field(
            "token",
            "Access token",
            "A personal access token, or one of a service principal.",
            required=True,
            secret=True,
            auth=("token",),
        ),
    ),
    auth=(Auth("token", "Access token"),),
    place="{url} {folder}",
)
_BLOCK = 1 << 20  # the most that one request reads or writes
_PART = ".studiolo-part"


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "DatabricksStore":
    """Return the store of a folder in DBFS."""
    headers = {"Authorization": f"Bearer {credentials.get('token', '')}"}
    return DatabricksStore(Web(str(config["url"]), about, headers), str(config.get("folder") or "/").strip("/"))


class DatabricksStore(FileStore):
    """Files below a folder of DBFS."""

    def __init__(self, web: Web, root: str) -> None:
        self._web, self._root = web, root
        self.where = f"Databricks at {web.host}"

    def _call(self, method: str, verb: str, about: str, **body: Any) -> Any:
        url = self._web.address(f"api/2.0/dbfs/{verb}", body if method == "GET" else None)
        sent = b"" if method == "GET" else orjson.dumps(body)
        with self._web.ask(method, url, {"Content-Type": "application/json"} if sent else {}, sent) as reply:
            if reply.status != 200:
                raise self._refused(reply, about)
            return reply.json()

    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return a part of a folder; the interface has no pages, so it is listed whole each time."""
        return self.cut(folder, cursor, limit, lambda: self._inside(folder))

    def _inside(self, folder: str) -> dict[str, Entry]:
        found = self._call("GET", "list", folder, path=self._at(folder)).get("files", [])
        if len(found) == 1 and found[0]["path"] == self._at(folder):
            raise NotAFile(folder)
        entries = [self._entry(item) for item in found]
        return {entry.name: entry for entry in entries if not entry.name.endswith(_PART)}

    def find(self, path: str) -> Entry:
        """Return a file or folder."""
        return self._entry(self._call("GET", "get-status", path, path=self._at(path)))

    def _entry(self, found: Mapping[str, Any]) -> Entry:
        path = str(found["path"]).strip("/")
        path = path[len(self._root) + 1 :] if self._root else path
        changed = int(found.get("modification_time") or 0)
        if found.get("is_dir"):
            return Entry(path, 0, True, moment(changed / 1000) if changed else None, None)
        size = int(found["file_size"])
        return Entry(path, size, False, moment(changed / 1000), Fingerprint("mtime", str(changed), size))

    @contextmanager
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """Read block by block."""
        entry = self.keep_pin(self.find(path), pin)
        first, last = span(entry.size, start, end)
        yield self._read(path, first, last), last - first

    def _read(self, path: str, at: int, last: int) -> Iterator[bytes]:
        while at < last:
            answer = self._call("GET", "read", path, path=self._at(path), offset=at, length=min(_BLOCK, last - at))
            piece = base64.b64decode(answer.get("data") or "")
            if not piece:
                return
            at += len(piece)
            yield piece

    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Write beside block by block, then take the old file away and move: DBFS moves over nothing."""
        part = under(path.rpartition("/")[0], f".{secrets.token_hex(6)}{_PART}")
        handle = self._call("POST", "create", path, path=self._at(part), overwrite=False)["handle"]
        try:
            for block in source.blocks(_BLOCK):
                self._call("POST", "add-block", path, handle=handle, data=base64.b64encode(block).decode())
            self._call("POST", "close", path, handle=handle)
            with suppress(PathNotFound):
                self.remove(path)
            self._call("POST", "move", path, source_path=self._at(part), destination_path=self._at(path))
        except BaseException:
            with suppress(Exception):
                self._call("POST", "close", path, handle=handle)
            with suppress(Exception):
                self._call("POST", "delete", path, path=self._at(part), recursive=False)
            raise

    def remove(self, path: str) -> None:
        """Remove a file."""
        self.keep_pin(self.find(path), None)
        self._call("POST", "delete", path, path=self._at(path), recursive=False)

    def probe(self) -> None:
        """Look at the root."""
        try:
            self.find("")
        except PathNotFound:
            raise ContainerMissing(f"There is no folder /{self._root} in {self.where}.", "Check its path.") from None

    def _at(self, path: str) -> str:
        return "/" + under(self._root, path)

    def _refused(self, reply: Reply, path: str) -> StudioloError:
        try:
            code = str(reply.json().get("error_code", ""))
        except (StoreError, AttributeError):
            return refused(reply, path, self.where)
        if code == "RESOURCE_DOES_NOT_EXIST":
            return PathNotFound(path or "/")
        if code in ("PERMISSION_DENIED", "FEATURE_DISABLED"):
            return AccessDenied(
                f"{self.where} does not allow this ({code}).", "Give the token's account the right to it."
            )
        if code in ("MAX_BLOCK_SIZE_EXCEEDED", "QUOTA_EXCEEDED"):
            return StoreFull(f"{self.where} takes no more ({code}).", "Raise the quota.")
        if not code or reply.status in (401, 403, 500, 502, 503, 504):
            return refused(reply, path, self.where)
        return StoreError(f"{self.where} refused with {code}.", "Look the code up in the documentation of DBFS.")

    def name_cause(self, error: Exception, path: str) -> StudioloError | None:
        """Say when what answers is no Databricks."""
        if isinstance(error, KeyError | TypeError):
            return StoreError(f"What answers at {self._web.host} is no Databricks workspace.", "Check the address.")
        return None

    def close(self) -> None:
        """Close the connections."""
        self._web.close()
