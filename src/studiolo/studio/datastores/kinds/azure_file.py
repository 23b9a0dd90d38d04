"""Azure Files: a share of a storage account."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import PathNotFound
from studiolo.studio.datastores.kinds import _azure
from studiolo.studio.datastores.kinds.base import (
    FOLDER,
    Entry,
    Field,
    FileStore,
    Fingerprint,
    KindSpec,
    Surroundings,
    library,
)
from studiolo.studio.datastores.paths import under
from studiolo.studio.datastores.streams import Counted, parallel, span

SPEC = KindSpec(
    name="azure_file",
    title="Azure Files",
    description="A file share of an Azure storage account.",
    fields=(
        _azure.ACCOUNT,
        Field("file_share_name", "File share", required=True, example="share", pattern=r"[\w-]+"),
        FOLDER,
        _azure.PROTOCOL,
        _azure.ENDPOINT,
        _azure.KEY,
        _azure.SAS,
        *_azure.PRINCIPAL,
    ),
    auth=(_azure.BY_KEY, _azure.BY_SAS, _azure.BY_PRINCIPAL, _azure.BY_IDENTITY),
    extra="azure",
    modules=("azure.storage.fileshare",),
    place="{file_share_name}/{folder} of {account_name}",
)
_RANGE = 4 << 20  # the most that one request may write
_GROW = 64 << 20
_PART = ".studiolo-part"


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "AzureFileStore":
    """Return the store of a share."""
    (fileshare,) = library(SPEC.title, "azure", "azure.storage.fileshare")
    intent = {"token_intent": "backup"} if config.get("auth") in ("identity", "service_principal") else {}
    share = str(config["file_share_name"])
    client = fileshare.ShareClient(
        _azure.account_url(config, "file", about),
        share,
        credential=_azure.credential(SPEC.title, config, credentials),
        **intent,
        **_azure.options(about),
    )
    return AzureFileStore(client, share, str(config.get("folder", "")).strip("/"), str(config["account_name"]))


class AzureFileStore(FileStore):
    """Files of a share, below a folder of it."""

    def __init__(self, client: Any, share: str, root: str, account: str) -> None:
        self._client, self._share, self._root = client, share, root
        self.where = _azure.named(account, client.url)

    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return a page of the listing, straight from the server."""
        found = (
            self._client.get_directory_client(under(self._root, folder))
            .list_directories_and_files(results_per_page=limit, include=["timestamps", "etag"])
            .by_page(continuation_token=cursor)
        )
        entries = [
            self._entry(under(folder, item.name), item) for item in next(found, ()) if not item.name.endswith(_PART)
        ]
        return entries, found.continuation_token or None

    def find(self, path: str) -> Entry:
        """Ask for the head of a file, then for that of a folder."""
        from azure.core.exceptions import ResourceNotFoundError

        key = under(self._root, path)
        try:
            return self._entry(path, self._client.get_file_client(key).get_file_properties())
        except ResourceNotFoundError as error:
            if "Share" in _azure.code_of(error):
                raise
        with suppress(ResourceNotFoundError):
            self._client.get_directory_client(key).get_directory_properties()
            return self.as_folder(path)
        raise PathNotFound(path)

    def _entry(self, path: str, found: Any) -> Entry:
        if found.is_directory:
            return self.as_folder(path)
        size = int(found.size)
        mark = Fingerprint("etag", str(found.etag).strip('"'), size) if found.etag else None
        return Entry(path, size, False, found.last_modified, mark)

    @contextmanager
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """Read in pieces; the client refuses when the file changes in between."""
        entry = self.keep_pin(self.find(path), pin)
        first, last = span(entry.size, start, end)
        if last == first:
            yield iter(()), 0
            return
        found = self._client.get_file_client(under(self._root, path)).download_file(offset=first, length=last - first)
        yield found.chunks(), last - first

    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Write ranges of a file beside it, which then takes its name."""
        key = under(self._root, path)
        folder, _, _ = key.rpartition("/")
        self._make_folder(folder)
        part = self._client.get_file_client(under(folder, f".{secrets.token_hex(6)}{_PART}"))
        room = [size or 0]
        part.create_file(room[0])
        try:
            at = 0

            def send(number: int, block: bytes) -> int:
                part.upload_range(block, number * _RANGE, len(block))
                return len(block)

            def blocks() -> Iterator[bytes]:
                nonlocal at
                for block in source.blocks(_RANGE):
                    at += len(block)
                    if at > room[0]:  # of an unknown size: the file grows ahead of what comes
                        room[0] = at + _GROW
                        part.resize_file(room[0])
                    yield block

            came = sum(parallel(blocks(), send))
            if came != room[0]:
                part.resize_file(came)
            part.rename_file(key, overwrite=True)
        except BaseException:
            with suppress(Exception):  # what stays behind is hidden from every listing
                part.delete_file()
            raise

    def _make_folder(self, folder: str) -> None:
        from azure.core.exceptions import ResourceExistsError

        made = ""
        for name in folder.split("/") if folder else ():
            made = under(made, name)
            with suppress(ResourceExistsError):
                self._client.create_directory(made)

    def remove(self, path: str) -> None:
        """Remove a file."""
        self.keep_pin(self.find(path), None)
        self._client.get_file_client(under(self._root, path)).delete_file()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def name_cause(self, error: Exception, path: str) -> StudioloError | None:
        """Name the cause by Azure's code."""
        return _azure.cause(error, path, self.where, self._share)
