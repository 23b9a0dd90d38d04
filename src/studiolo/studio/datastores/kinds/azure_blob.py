"""Azure Blob Storage."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import PathNotFound
from studiolo.studio.datastores.kinds import _azure
from studiolo.studio.datastores.kinds.base import (
    FOLDER,
    Auth,
    Entry,
    Field,
    FileStore,
    Fingerprint,
    KindSpec,
    Surroundings,
    library,
)
from studiolo.studio.datastores.paths import under
from studiolo.studio.datastores.streams import Counted, span

SPEC = KindSpec(
    name="azure_blob",
    title="Azure Blob Storage",
    description="A container of an Azure storage account.",
    fields=(
        _azure.ACCOUNT,
        Field("container_name", "Container", required=True, example="data", pattern=r"[$\w-]+"),
        FOLDER,
        _azure.PROTOCOL,
        _azure.ENDPOINT,
        _azure.KEY,
        _azure.SAS,
        *_azure.PRINCIPAL,
    ),
    auth=(
        _azure.BY_KEY,
        _azure.BY_SAS,
        _azure.BY_PRINCIPAL,
        _azure.BY_IDENTITY,
        Auth("none", "No sign-in", "For containers that anybody may read."),
    ),
    extra="azure",
    modules=("azure.storage.blob",),
    place="{container_name}/{folder} of {account_name}",
)
_BLOCK = 8 << 20


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "AzureBlobStore":
    """Return the store of a container."""
    return blob_store(config, credentials, about, SPEC.title, str(config["container_name"]))


def blob_store(
    config: Mapping[str, Any],
    credentials: Mapping[str, str],
    about: Surroundings,
    title: str,
    container: str,
    *,
    markers: bool = False,
) -> "AzureBlobStore":
    """Return a store that speaks to the blob service. markers: folders are objects of their own there."""
    (blob,) = library(title, "azure", "azure.storage.blob")
    client = blob.ContainerClient(
        _azure.account_url(config, "blob", about),
        container,
        credential=_azure.credential(title, config, credentials),
        max_single_put_size=_BLOCK,
        max_block_size=_BLOCK,
        **_azure.options(about),
    )
    return AzureBlobStore(
        client, container, str(config.get("folder", "")).strip("/"), str(config["account_name"]), markers
    )


class AzureBlobStore(FileStore):
    """Blobs of a container, below a folder of it."""

    def __init__(self, client: Any, container: str, root: str, account: str, markers: bool) -> None:
        self._client, self._container, self._root, self._markers = client, container, root, markers
        self.where = _azure.named(account, client.url)

    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return a page of the listing, straight from the server."""
        key = under(self._root, folder)
        asked = {"include": ["metadata"]} if self._markers else {}
        found = self._client.walk_blobs(
            name_starts_with=f"{key}/" if key else None, delimiter="/", results_per_page=limit, **asked
        ).by_page(continuation_token=cursor)
        entries: dict[str, Entry] = {}
        for item in next(found, ()):
            entry = self._listed(item)
            if entry.path and entry.path != folder:
                entries.setdefault(entry.path, entry)
        following = found.continuation_token or None
        if folder and not cursor and not entries and not following and not self._is_folder(key):
            raise PathNotFound(folder)
        return sorted(entries.values(), key=lambda entry: entry.path), following

    def below(self, prefix: str) -> Iterator[Entry]:
        """List a whole tree, 5,000 blobs a request."""
        key = under(self._root, prefix)
        asked = {"include": ["metadata"]} if self._markers else {}
        seen = False
        for item in self._client.list_blobs(name_starts_with=f"{key}/" if key else None, **asked):
            seen = True
            entry = self._listed(item)
            if not entry.folder:
                yield entry
        if prefix and not seen:
            yield self.keep_pin(self.find(prefix), None)

    def _listed(self, item: Any) -> Entry:
        name = str(item.name)
        path = (name[len(self._root) + 1 :] if self._root else name).rstrip("/")
        if name.endswith("/") or (getattr(item, "metadata", None) or {}).get("hdi_isfolder") == "true":
            return self.as_folder(path)
        return self._entry(path, item)

    def _entry(self, path: str, found: Any) -> Entry:
        size = int(found.size)
        return Entry(path, size, False, found.last_modified, Fingerprint("etag", str(found.etag).strip('"'), size))

    def find(self, path: str) -> Entry:
        """Ask for the head of a blob; what is only a beginning of others is a folder."""
        key = under(self._root, path)
        found = self._head(key)
        if found is None:
            if self._is_folder(key):
                return self.as_folder(path)
            raise PathNotFound(path)
        if (found.metadata or {}).get("hdi_isfolder") == "true":
            return self.as_folder(path)
        return self._entry(path, found)

    def _head(self, key: str) -> Any:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return self._client.get_blob_client(key).get_blob_properties()
        except ResourceNotFoundError as error:
            if "Container" in _azure.code_of(error):
                raise
            return None

    def _is_folder(self, key: str) -> bool:
        if self._markers and (found := self._head(key)) is not None:
            return bool((found.metadata or {}).get("hdi_isfolder") == "true")
        found = self._client.list_blobs(name_starts_with=f"{key}/", results_per_page=1).by_page()
        return bool(list(next(found, ())))

    @contextmanager
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """Read in pieces of 8 MiB, all of the state that the first one was of."""
        from azure.core import MatchConditions

        entry = self.keep_pin(self.find(path), pin)
        first, last = span(entry.size, start, end)
        if last == first:
            yield iter(()), 0
            return
        assert entry.fingerprint is not None
        found = self._client.get_blob_client(under(self._root, path)).download_blob(
            offset=first,
            length=last - first,
            etag=f'"{entry.fingerprint.value}"',
            match_condition=MatchConditions.IfNotModified,
        )
        yield found.chunks(), last - first

    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Send blocks, four at a time; they become the blob when all are there."""
        self._client.get_blob_client(under(self._root, path)).upload_blob(
            source, length=size, overwrite=True, max_concurrency=4
        )

    def remove(self, path: str) -> None:
        """Remove a blob."""
        self.keep_pin(self.find(path), None)
        self._client.get_blob_client(under(self._root, path)).delete_blob(delete_snapshots="include")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def name_cause(self, error: Exception, path: str) -> StudioloError | None:
        """Name the cause by Azure's code."""
        return _azure.cause(error, path, self.where, self._container)
