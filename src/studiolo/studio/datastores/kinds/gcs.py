"""Google Cloud Storage."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ContainerMissing,
    CredentialExpired,
    DatastoreInvalid,
    ObjectChanged,
    PathNotFound,
    StoreError,
    StoreUnreachable,
    Truncated,
    WrongCredential,
)
from studiolo.studio.datastores.kinds._reach import judged
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
    name="gcs",
    title="Google Cloud Storage",
    description="A bucket of Google Cloud Storage.",
    fields=(
        Field("bucket", "Bucket", required=True, example="company-data", pattern=r"[\w.-]+"),
        FOLDER,
        Field("project", "Project", "Only where requests are billed to another project.", group="Server"),
        Field(
            "endpoint",
            "Endpoint",
            "Only for an emulator or a private endpoint.",
            type="url",
            example="https://storage.googleapis.com",
            group="Server",
        ),
        Field(
            "service_account",
            "Key of the service account",
            "The whole JSON file.",
            type="lines",
            required=True,
            secret=True,
            auth=("service_account",),
        ),
    ),
    auth=(
        Auth("service_account", "Service account"),
        Auth(
            "identity",
            "Identity of this machine",
            "Application default credentials of the account that runs the studio.",
        ),
        Auth("none", "No sign-in", "For buckets that anybody may read."),
    ),
    extra="gcs",
    modules=("google.cloud.storage",),
    place="gs://{bucket}/{folder}",
)
_CHUNK = 8 << 20
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "GcsStore":
    """Return the store of a bucket."""
    storage, options, anonymous = library(
        SPEC.title, "gcs", "google.cloud.storage", "google.api_core.client_options", "google.auth.credentials"
    )
    endpoint = config.get("endpoint")
    if endpoint:
        judged(str(endpoint), about)
    project = config.get("project")
    auth = config.get("auth", "none")
    if auth == "service_account":
        who: Any = _service_account(credentials["service_account"])
        project = project or getattr(who, "project_id", None)
    elif auth == "identity":
        who, found = _default()
        project = project or found
    else:
        who = anonymous.AnonymousCredentials()
    chosen = options.ClientOptions(api_endpoint=endpoint) if endpoint else None
    client = storage.Client(project=project or "none", credentials=who, client_options=chosen)
    bucket = client.bucket(str(config["bucket"]), user_project=config.get("project") or None)
    return GcsStore(client, bucket, str(config.get("folder", "")).strip("/"), about)


def _service_account(text: str) -> Any:
    from google.oauth2 import service_account

    try:
        return service_account.Credentials.from_service_account_info(json.loads(text), scopes=[_SCOPE])
    except (ValueError, KeyError, TypeError):
        raise DatastoreInvalid(
            "This is no key of a service account.",
            "Paste the whole JSON file that Google gave.",
            field="credentials.service_account",
        ) from None


def _default() -> tuple[Any, str | None]:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        who, project = google.auth.default(scopes=[_SCOPE])
        return who, project
    except DefaultCredentialsError:
        raise WrongCredential(
            "This machine has no identity for Google Cloud.",
            "Choose a service account, or run: gcloud auth application-default login",
        ) from None


class GcsStore(FileStore):
    """Objects of a bucket, below a folder of it. Each is read at its generation."""

    def __init__(self, client: Any, bucket: Any, root: str, about: Surroundings) -> None:
        self._client, self._bucket, self._root = client, bucket, root
        self._call = {"timeout": (min(10.0, about.seconds), about.seconds), "retry": None}
        self.where = f"Google Cloud Storage, bucket {bucket.name}"

    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return a page of the listing, straight from the server."""
        key = under(self._root, folder)
        found = self._client.list_blobs(
            self._bucket,
            prefix=f"{key}/" if key else None,
            delimiter="/",
            page_token=cursor,
            page_size=limit,
            **self._call,
        )
        page = next(found.pages, ())
        blobs = [self._entry(blob) for blob in page]
        entries = [entry for entry in blobs if not entry.path.endswith("/") and entry.path]
        entries += [self.as_folder(self._path(name.rstrip("/"))) for name in getattr(page, "prefixes", ())]
        if folder and not cursor and not entries and not blobs:
            raise PathNotFound(folder)
        return sorted(entries, key=lambda entry: entry.path), found.next_page_token or None

    def below(self, prefix: str) -> Iterator[Entry]:
        """List a whole tree, 1,000 objects a request."""
        key = under(self._root, prefix)
        seen = False
        for blob in self._client.list_blobs(self._bucket, prefix=f"{key}/" if key else None, **self._call):
            seen = True
            if not blob.name.endswith("/"):
                yield self._entry(blob)
        if prefix and not seen:
            yield self.keep_pin(self.find(prefix), None)

    def _entry(self, blob: Any) -> Entry:
        size = int(blob.size or 0)
        return Entry(
            self._path(blob.name), size, False, blob.updated, Fingerprint("generation", str(blob.generation), size)
        )

    def find(self, path: str) -> Entry:
        """Ask for an object; what is only a beginning of others is a folder."""
        key = under(self._root, path)
        blob = self._bucket.get_blob(key, **self._call)
        if blob is not None:
            return self._entry(blob)
        below = self._client.list_blobs(self._bucket, prefix=f"{key}/", max_results=1, **self._call)
        if next(iter(below), None) is not None:
            return self.as_folder(path)
        raise PathNotFound(path)

    @contextmanager
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """Read a generation in pieces of 8 MiB."""
        if pin is not None and pin.kind == "generation":
            size, generation = pin.size, int(pin.value)
        else:
            entry = self.keep_pin(self.find(path), pin)
            assert entry.fingerprint is not None
            size, generation = entry.size, int(entry.fingerprint.value)
        first, last = span(size, start, end)
        blob = self._bucket.blob(under(self._root, path), generation=generation)
        pieces = self._read(blob, path, first, last, pinned=pin is not None)
        head = next(pieces, b"")  # what is not there any more is said now
        yield chain((head,) if head else (), pieces), last - first

    def _read(self, blob: Any, path: str, at: int, last: int, *, pinned: bool) -> Iterator[bytes]:
        from google.api_core.exceptions import NotFound

        if at == last and pinned and not blob.exists(**self._call):
            raise ObjectChanged(path)
        while at < last:
            upto = min(at + _CHUNK, last)
            try:
                piece = blob.download_as_bytes(start=at, end=upto - 1, raw_download=True, checksum=None, **self._call)
            except NotFound:
                raise (
                    ObjectChanged(path) if self._bucket.get_blob(blob.name, **self._call) else PathNotFound(path)
                ) from None
            if not piece:
                return
            at += len(piece)
            yield piece

    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Send a resumable upload; the object is there when the last piece is."""
        blob = self._bucket.blob(under(self._root, path), chunk_size=_CHUNK)
        try:
            blob.upload_from_file(
                source, size=size, content_type="application/octet-stream", checksum=None, **self._call
            )
        except ValueError:  # how the library says that the stream was shorter
            if size is not None and source.came < size:
                raise Truncated(path, size, source.came) from None
            raise

    def remove(self, path: str) -> None:
        """Remove an object."""
        self.keep_pin(self.find(path), None)
        self._bucket.delete_blob(under(self._root, path), **self._call)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _path(self, key: str) -> str:
        return key[len(self._root) + 1 :] if self._root else key

    def name_cause(self, error: Exception, path: str) -> StudioloError | None:  # noqa: PLR0911 - one line a cause
        """Name the cause by the status."""
        name = type(error).__name__
        if name == "InvalidOperation" and "nonymous" in str(error):
            return WrongCredential(f"{self.where} wants a sign-in (401).", "Choose a service account.")
        if name == "RefreshError":
            expired = "expired" in str(error).lower()
            kind = CredentialExpired if expired else WrongCredential
            return kind(
                "Google did not accept the credential.", "Write the key anew; also a wrong clock makes it refuse."
            )
        status = getattr(error, "code", None) or getattr(getattr(error, "response", None), "status_code", None)
        if not isinstance(status, int):
            return None
        if status == 401:
            return WrongCredential(
                f"{self.where} wants a sign-in that counts (401).", "Write the key of the service account anew."
            )
        if status == 403:
            return AccessDenied(
                f"{self.where} does not allow this (403).", "Give the account the role Storage Object User."
            )
        if status == 404:
            if not path or "bucket" in str(error).lower():
                return ContainerMissing(f"There is no bucket '{self._bucket.name}'.", "Check its name.")
            return PathNotFound(path)
        if status == 412:
            return ObjectChanged(path)
        if status in (408, 429, 500, 502, 503, 504):
            return StoreUnreachable(f"{self.where} is busy or broken ({status}).", "Try again in a moment.")
        return StoreError(f"{self.where} refused with status {status}.", "Check the settings.")
