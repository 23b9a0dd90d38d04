"""The SDK part of datastores: `studio.datastores`."""

import builtins  # `list` is a verb here
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from studiolo.kernel.http import Transport
from studiolo.studio.datastores.errors import BadLocation, PathNotFound
from studiolo.studio.datastores.paths import clean, under
from studiolo.studio.datastores.schemas import (
    CheckState,
    DatabaseTable,
    Datastore,
    DatastoreCreate,
    DatastoreKind,
    DatastorePatch,
    DatastoreUser,
    FileEntry,
    FilePreview,
    TableHead,
    TableShape,
)

PIECE = 1 << 20
OWN = "workspaceblobstore"
Through = Callable[[Iterable[bytes]], Iterable[bytes]]


class Datastores:
    """Places where bytes live: `studio.datastores`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> builtins.list[Datastore]:
        """Return all of them, the default one first."""
        return [Datastore.model_validate(item) for item in self._transport.get("datastores")]

    def get(self, name: str | None = None) -> Datastore:
        """Return one of them, by default the workspace's default one."""
        return Datastore.model_validate(self._transport.get(f"datastores/{name}")) if name else self.list()[0]

    def kinds(self) -> builtins.list[DatastoreKind]:
        """Return what datastores can be made of, with the fields of each."""
        return [DatastoreKind.model_validate(item) for item in self._transport.get("datastores/kinds")]

    def create(
        self,
        name: str,
        kind: str,
        *,
        auth: str | None = None,
        credentials: dict[str, str | None] | None = None,
        description: str = "",
        tags: dict[str, str] | None = None,
        read_only: bool = False,
        default: bool = False,
        **config: Any,
    ) -> Datastore:
        """Register a datastore; what a kind needs is among its `kinds()` fields, such as bucket="sales" for s3."""
        spec = DatastoreCreate(
            name=name,
            kind=kind,
            auth=auth,
            config=config,
            credentials=credentials or {},
            description=description,
            tags=tags or {},
            read_only=read_only,
            default=default,
        )
        return self.create_from(spec)

    def create_from(self, spec: DatastoreCreate | str | Path) -> Datastore:
        """Register a datastore as a noun or a YAML file says, also one of Azure ML."""
        if isinstance(spec, str | Path):
            from studiolo.studio.datastores.definitions import load

            spec = load(Path(spec))
        return Datastore.model_validate(self._transport.post("datastores", spec.model_dump(mode="json")))

    def update(self, name: str, **changes: Any) -> Datastore:
        """Change what is named: auth, config, credentials, description, tags, read_only."""
        patch = DatastorePatch.model_validate(changes).model_dump(mode="json", exclude_unset=True)
        return Datastore.model_validate(self._transport.patch(f"datastores/{name}", patch))

    def rotate(self, name: str, **credentials: str | None) -> Datastore:
        """Replace credentials, e.g. secret_access_key="…"."""
        body = {"credentials": credentials}
        return Datastore.model_validate(self._transport.put(f"datastores/{name}/credentials", body))

    def delete(self, name: str) -> None:
        """Forget a datastore; what is in it stays."""
        self._transport.delete(f"datastores/{name}")

    def check(self, name: str) -> CheckState:
        """Try the connection."""
        return CheckState.model_validate(self._transport.post(f"datastores/{name}/check"))

    def try_out(
        self, kind: str, *, auth: str | None = None, credentials: dict[str, str | None] | None = None, **config: Any
    ) -> CheckState:
        """Try a connection that is not saved."""
        body = {"kind": kind, "auth": auth, "config": config, "credentials": credentials or {}}
        return CheckState.model_validate(self._transport.post("datastores/check", body))

    def set_default(self, name: str) -> Datastore:
        """Make it the one that is meant when none is named."""
        return Datastore.model_validate(self._transport.post(f"datastores/{name}/default"))

    def used_by(self, name: str) -> builtins.list[DatastoreUser]:
        """Return what points at a datastore."""
        return [DatastoreUser.model_validate(item) for item in self._transport.get(f"datastores/{name}/users")]

    def browse(self, name: str, folder: str = "", *, limit: int = 1000) -> Iterator[FileEntry]:
        """Yield what is directly in a folder; limit: of one request."""
        cursor: str | None = None
        while True:
            page = self._transport.get(f"datastores/{name}/files", folder=folder or None, cursor=cursor, limit=limit)
            yield from (FileEntry.model_validate(item) for item in page["items"])
            cursor = page["next"]
            if not cursor:
                return

    def walk(self, name: str, folder: str = "") -> Iterator[FileEntry]:
        """Yield the files below a folder at any depth."""
        for entry in self.browse(name, folder):
            if entry.folder:
                yield from self.walk(name, entry.path)
            else:
                yield entry

    def stat(self, name: str, path: str) -> FileEntry:
        """Return one file or folder."""
        return FileEntry.model_validate(self._transport.get(f"datastores/{name}/stat", path=path))

    def preview(self, name: str, path: str) -> FilePreview:
        """Return the beginning of a file."""
        return FilePreview.model_validate(self._transport.get(f"datastores/{name}/preview", path=path))

    def schemas(self, name: str) -> builtins.list[str]:
        """Return the schemas of a database."""
        return [str(one) for one in self._transport.get(f"datastores/{name}/schemas")]

    def tables(self, name: str, schema: str = "") -> Iterator[DatabaseTable]:
        """Yield tables and views of a schema, by name."""
        cursor: str | None = None
        while True:
            page = self._transport.get(f"datastores/{name}/tables", schema=schema, cursor=cursor, limit=1000)
            yield from (DatabaseTable.model_validate(item) for item in page["items"])
            cursor = page["next"]
            if not cursor:
                return

    def columns(self, name: str, table: str, schema: str = "") -> TableShape:
        """Return the columns of a table, and the query for all of it."""
        return TableShape.model_validate(self._transport.get(f"datastores/{name}/columns", schema=schema, table=table))

    def rows(self, name: str, table: str, schema: str = "", *, limit: int = 100) -> TableHead:
        """Return the first rows of a table."""
        found = self._transport.get(f"datastores/{name}/rows", schema=schema, table=table, limit=limit)
        return TableHead.model_validate(found)

    def query(self, name: str, query: str, *, limit: int = 100) -> TableHead:
        """Return the first rows of a query; all of them become a dataset: `studio.datasets.register(datastore=…, query=…)`."""
        body = {"query": query, "limit": limit}
        return TableHead.model_validate(self._transport.post(f"datastores/{name}/query", body))

    def upload(
        self,
        name: str,
        source: str | Path | bytes,
        path: str = "",
        *,
        overwrite: bool = False,
        through: Through | None = None,
    ) -> builtins.list[FileEntry]:
        """Upload a file, a folder or bytes to a path; returns what stands there now.

        path: of the file; of the folder when it ends with a slash or a folder is uploaded. through: for a progress bar.
        """
        if isinstance(source, bytes):
            return [self._send(name, clean(path), [source], len(source), overwrite, through)]
        place = Path(source)
        if place.is_dir():
            found = sorted(one for one in place.rglob("*") if one.is_file())
            return [
                self._send_file(
                    name, one, under(path.strip("/"), one.relative_to(place).as_posix()), overwrite, through
                )
                for one in found
            ]
        target = under(path.strip("/"), place.name) if not path or path.endswith("/") else path
        return [self._send_file(name, place, target, overwrite, through)]

    def _send_file(self, name: str, place: Path, path: str, overwrite: bool, through: Through | None) -> FileEntry:
        return self._send(name, clean(path), _pieces(place), place.stat().st_size, overwrite, through)

    def _send(
        self, name: str, path: str, pieces: Iterable[bytes], size: int, overwrite: bool, through: Through | None
    ) -> FileEntry:
        sent = through(pieces) if through else pieces
        answer = self._transport.upload(
            "PUT", f"datastores/{name}/content", sent, size=size, path=path, overwrite=overwrite
        )
        return FileEntry.model_validate(answer)

    def download(
        self, name: str, path: str, target: str | Path = ".", *, progress: Callable[[int], None] | None = None
    ) -> builtins.list[Path]:
        """Fetch a file, or a folder with all that is below it; returns where the files are."""
        found = self.stat(name, path) if path.strip("/") else None
        place = Path(target)
        if found is not None and not found.folder:
            place = place / found.name if place.is_dir() else place
            return [self._fetch(name, found.path, place, progress)]
        made = []
        root = found.path if found else ""
        for entry in self.walk(name, root):
            inside = clean(entry.path[len(root) :].lstrip("/"))
            made.append(self._fetch(name, entry.path, place / inside, progress))
        if not made:
            raise PathNotFound(path)
        return made

    def _fetch(self, name: str, path: str, place: Path, progress: Callable[[int], None] | None) -> Path:
        place.parent.mkdir(parents=True, exist_ok=True)
        return self._transport.download(f"datastores/{name}/content", place, progress, path=path)

    def read(self, name: str, path: str, start: int = 0, end: int | None = None) -> bytes:
        """Return the bytes of a file, or a part of them."""
        return b"".join(self.stream(name, path, start, end))

    def stream(self, name: str, path: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes of a file, or a part of them, as they come."""
        if end is not None and end <= start:
            return
        wanted = f"bytes={start}-{'' if end is None else end - 1}"
        headers = {"Range": wanted} if start or end is not None else None
        with self._transport.stream("GET", f"datastores/{name}/content", headers=headers, path=path) as reply:
            if reply.status_code == 416:
                return
            yield from reply.iter_bytes()

    def remove(self, name: str, path: str) -> None:
        """Remove a file from the store; it cannot be brought back."""
        self._transport.delete(f"datastores/{name}/content", path=path)

    @staticmethod
    def locate(address: str) -> tuple[str, str]:
        """Return datastore and path of `azureml://datastores/…/paths/…`, `studiolo://datastores/…` or `name:path`."""
        if "://" in address:
            from studiolo.studio.datastores.paths import parse

            return parse(address)
        name, colon, path = address.partition(":")
        if not colon or not name:
            raise BadLocation(
                f"'{address}' names no path.", "Write NAME:PATH or azureml://datastores/NAME/paths/PATH.", field="path"
            )
        return name, path


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
