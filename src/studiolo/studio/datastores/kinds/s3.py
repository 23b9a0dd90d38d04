"""Amazon S3, and everything else that speaks its protocol: MinIO, Ceph, Cloudflare R2, Wasabi."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlsplit

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ClockSkewed,
    ContainerMissing,
    CredentialExpired,
    DatastoreInvalid,
    ObjectChanged,
    PathNotFound,
    StoreError,
    StoreFull,
    StoreUnreachable,
    WrongCredential,
)
from studiolo.studio.datastores.kinds._kept import Kept
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
from studiolo.studio.datastores.streams import PIECE, Counted, parallel

SPEC = KindSpec(
    name="s3",
    title="Amazon S3 and compatible",
    description="A bucket of Amazon S3, or of MinIO, Ceph, Cloudflare R2 and others that speak its protocol.",
    fields=(
        Field("bucket", "Bucket", required=True, example="company-data", pattern=r"arn:\S+|[\w.-]+"),
        FOLDER,
        Field(
            "region",
            "Region",
            "Where the bucket is; compatible servers take any.",
            example="eu-central-1",
            group="Server",
        ),
        Field(
            "endpoint",
            "Endpoint",
            "Address of a compatible server; empty: Amazon's.",
            type="url",
            example="https://minio.example.org",
            group="Server",
        ),
        Field(
            "addressing",
            "Addressing",
            "How the bucket is named in requests.",
            type="choice",
            choices=("auto", "path", "virtual"),
            default="auto",
            group="Server",
        ),
        Field("access_key_id", "Access key ID", required=True, auth=("access_key",)),
        Field("secret_access_key", "Secret access key", required=True, secret=True, auth=("access_key",)),
        Field("session_token", "Session token", "Only for temporary keys of STS.", secret=True, auth=("access_key",)),
    ),
    auth=(
        Auth("access_key", "Access key"),
        Auth(
            "identity",
            "Identity of this machine",
            "Instance role, web identity, SSO or profile of the account that runs the studio.",
        ),
        Auth("none", "No sign-in", "For buckets that anybody may read."),
    ),
    extra="s3",
    modules=("botocore",),
    place="s3://{bucket}/{folder}",
)

_PART = 8 << 20  # S3 takes at most 10,000 parts: they double every 1,000, so that 8 TiB fit
_WRONG = {
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "InvalidToken",
    "InvalidClientTokenId",
    "AuthFailure",
    "MissingSecurityHeader",
    "AuthorizationHeaderMalformed",
}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"}
_DENIED = {"AccessDenied", "AllAccessDisabled", "AccountProblem", "403", "Forbidden", "UnauthorizedAccess"}
_GONE = {"NoSuchKey", "404", "NotFound"}
_CHANGED = {"PreconditionFailed", "412", "NoSuchVersion"}
_CLIENTS: Kept[Any] = Kept(lambda client: client.close())  # safe for threads; a request under way keeps its connection
_BUSY = {"SlowDown", "ServiceUnavailable", "InternalError", "503", "500", "502", "RequestTimeout"}


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "S3Store":
    """Return the store of a bucket."""
    botocore, _session, settings = library(SPEC.title, "s3", "botocore", "botocore.session", "botocore.config")
    endpoint = config.get("endpoint")
    if endpoint:
        judged(str(endpoint), about)
    style = str(config.get("addressing", "auto"))
    options: dict[str, Any] = {
        "connect_timeout": min(10.0, about.seconds),
        "read_timeout": about.seconds,
        "retries": {"total_max_attempts": 3, "mode": "standard"},
        "max_pool_connections": 16,
        "s3": {"addressing_style": "path" if endpoint and style == "auto" else style},
        "request_checksum_calculation": "when_required",  # older compatible servers refuse the newer trailers
        "response_checksum_validation": "when_required",
        "user_agent_extra": "studiolo",
    }
    keys: dict[str, Any] = {}
    if credentials.get("secret_access_key"):
        keys = {
            "aws_access_key_id": config.get("access_key_id"),
            "aws_secret_access_key": credentials["secret_access_key"],
            "aws_session_token": credentials.get("session_token") or None,
        }
    elif config.get("auth", "none") != "identity":
        options["signature_version"] = botocore.UNSIGNED
    place = {"region_name": config.get("region") or "us-east-1", "endpoint_url": endpoint}

    def made() -> Any:
        session = _session.Session()
        session.register_component("data_loader", _models())
        return session.create_client("s3", **place, config=settings.Config(**options), **keys)

    bucket, folder = str(config["bucket"]), str(config.get("folder", "")).strip("/")
    client = _CLIENTS.get(repr((place, options, keys)), made)
    return S3Store(client, bucket, folder, urlsplit(str(endpoint or "")).netloc or "Amazon S3")


@cache
def _models() -> Any:
    """Return what reads the description of the service; kept, since reading it takes longer than asking S3."""
    from botocore import loaders

    return loaders.create_loader()


class S3Store(FileStore):
    """Objects of a bucket, below a folder of it."""

    def __init__(self, client: Any, bucket: str, root: str, server: str) -> None:
        self._client, self._bucket, self._root = client, bucket, root
        self.where = f"{server}, bucket {bucket}"

    @cached_property
    def _versioned(self) -> bool:
        """Whether the bucket keeps old objects; who may not ask gets ETags instead."""
        from botocore.exceptions import ClientError

        try:
            found = self._client.get_bucket_versioning(Bucket=self._bucket)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (403, 404, 501, 405):
                return False
            raise
        return bool(found.get("Status") == "Enabled")

    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return a page of the listing, straight from the server."""
        key = under(self._root, folder)
        found, folders, following = self._ask(f"{key}/" if key else "", cursor, limit, "/")
        entries = [self.as_folder(self._path(name.rstrip("/"))) for name in folders if name.strip("/") != key]
        entries += [entry for entry in found if entry.path != folder]
        if folder and not cursor and not entries and not found:
            raise PathNotFound(folder)
        return sorted(entries, key=lambda entry: entry.path), following

    def below(self, prefix: str) -> Iterator[Entry]:
        """List a whole tree, 1,000 objects a request."""
        if "." in prefix.rpartition("/")[2]:  # it looks like a file: then one question is enough
            entry = self.find(prefix)
            if not entry.folder:
                yield entry
                return
        key = under(self._root, prefix)
        cursor: str | None = None
        seen = False
        while True:
            found, _, cursor = self._ask(f"{key}/" if key else "", cursor, 1000, "")
            for entry in found:
                seen = True
                if not entry.path.endswith("/"):
                    yield entry
            if not cursor:
                break
        if prefix and not seen:
            yield self.keep_pin(self.find(prefix), None)

    def _ask(
        self, prefix: str, cursor: str | None, limit: int, delimiter: str
    ) -> tuple[list[Entry], list[str], str | None]:
        """Return objects, folders and the following cursor of one request."""
        asked: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix, "MaxKeys": limit, "Delimiter": delimiter}
        if self._versioned:
            key, _, version = (cursor or "").partition("\0")
            marks = ({"KeyMarker": key} if key else {}) | ({"VersionIdMarker": version} if version else {})
            found = self._client.list_object_versions(**asked, **marks)
            objects = [item for item in found.get("Versions", ()) if item.get("IsLatest")]
            following = f"{found.get('NextKeyMarker', '')}\0{found.get('NextVersionIdMarker', '')}"
        else:
            found = self._client.list_objects_v2(**asked, **({"ContinuationToken": cursor} if cursor else {}))
            objects, following = found.get("Contents", []), found.get("NextContinuationToken", "")
        entries = [
            Entry(
                self._path(item["Key"]),
                item["Size"],
                False,
                item.get("LastModified"),
                self._mark(item.get("VersionId"), item["ETag"], item["Size"]),
            )
            for item in objects
        ]
        folders = [item["Prefix"] for item in found.get("CommonPrefixes", ())]
        return entries, folders, following if found.get("IsTruncated") else None

    def find(self, path: str) -> Entry:
        """Ask for the head of an object; what is only a beginning of others is a folder."""
        from botocore.exceptions import ClientError

        key = under(self._root, path)
        try:
            found = self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if _code(error) not in _GONE:
                raise
            below = self._client.list_objects_v2(Bucket=self._bucket, Prefix=f"{key}/", MaxKeys=1)
            if below.get("KeyCount") or below.get("Contents"):
                return self.as_folder(path)
            raise PathNotFound(path) from None
        size = found["ContentLength"]
        mark = self._mark(found.get("VersionId"), found["ETag"], size)
        return Entry(path, size, False, found.get("LastModified"), mark)

    @contextmanager
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """Ask for a range of an object, or of one of its versions."""
        from botocore.exceptions import ClientError

        asked: dict[str, Any] = {"Bucket": self._bucket, "Key": under(self._root, path)}
        if pin is not None and pin.kind == "version_id":
            asked["VersionId"] = pin.value
        elif pin is not None and pin.kind == "etag":
            asked["IfMatch"] = pin.value
        if start or end is not None:
            asked["Range"] = f"bytes={start}-{'' if end is None else max(end - 1, start)}"
        try:
            found = self._client.get_object(**asked)
        except ClientError as error:
            if _code(error) in ("InvalidRange", "416"):
                self.keep_pin(self.find(path), None if pin and pin.kind == "version_id" else pin)
                yield iter(()), 0
                return
            if _code(error) in _GONE and self.find(path).folder:
                self.keep_pin(self.as_folder(path), None)
            raise
        body = found["Body"]
        try:
            if end is not None and end <= start:
                yield iter(()), 0
            else:
                yield body.iter_chunks(PIECE), found["ContentLength"]
        finally:
            body.close()

    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Write in one request, or in parts that become an object at the end."""
        key = under(self._root, path)
        blocks = source.blocks(lambda number: _PART << min(number // 1000, 8))
        first = next(blocks, b"")
        second = next(blocks, None) if len(first) == _PART else None
        if second is None:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=first)
            return
        upload = self._client.create_multipart_upload(Bucket=self._bucket, Key=key)["UploadId"]
        about = {"Bucket": self._bucket, "Key": key, "UploadId": upload}

        def send(number: int, block: bytes) -> dict[str, Any]:
            answer = self._client.upload_part(**about, PartNumber=number + 1, Body=block)
            return {"PartNumber": number + 1, "ETag": answer["ETag"]}

        def all_blocks() -> Iterator[bytes]:
            yield first
            yield second
            yield from blocks

        try:
            parts = parallel(all_blocks(), send)
            self._client.complete_multipart_upload(**about, MultipartUpload={"Parts": parts})
        except BaseException:
            with suppress(Exception):  # the bucket's own rule for unfinished uploads removes what stays
                self._client.abort_multipart_upload(**about)
            raise

    def remove(self, path: str) -> None:
        """Remove an object; S3 itself does not say whether there was one."""
        self.keep_pin(self.find(path), None)
        self._client.delete_object(Bucket=self._bucket, Key=under(self._root, path))

    def probe(self) -> None:
        """List one object: a HEAD would hide the cause."""
        self._client.list_objects_v2(Bucket=self._bucket, Prefix=f"{self._root}/" if self._root else "", MaxKeys=1)

    def _path(self, key: str) -> str:
        return key[len(self._root) + 1 :] if self._root else key

    def _mark(self, version: str | None, tag: str, size: int) -> Fingerprint:
        if version and self._versioned:  # a server that names no version need not be asked whether it keeps them
            return Fingerprint("version_id", version, size)
        return Fingerprint("etag", tag, size)

    def name_cause(self, error: Exception, path: str) -> StudioloError | None:  # noqa: C901, PLR0911 - one line a cause
        """Name the cause by the code of S3."""
        code = _code(error)
        if type(error).__name__ in (
            "NoCredentialsError",
            "PartialCredentialsError",
            "CredentialRetrievalError",
            "ProfileNotFound",
        ):
            return WrongCredential(
                "This machine has no identity for S3.", "Choose an access key, or give the machine a role."
            )
        if not code:
            return None
        if code in _WRONG:
            return WrongCredential(
                f"{self.where} did not accept the access key ({code}).", "Write key ID and secret anew."
            )
        if code in _EXPIRED:
            return CredentialExpired(
                f"The credential for {self.where} has expired ({code}).",
                "Keys of a session end together: write key ID, secret and session token anew (studiolo datastores update).",
            )
        if code == "RequestTimeTooSkewed":
            return ClockSkewed(
                f"The clock of this machine differs too much from that of {self.where}.",
                "Set the clock: timedatectl set-ntp true",
            )
        if code in _DENIED:
            return AccessDenied(
                f"{self.where} does not allow this ({code}).", "Give the key the right to list, read and write there."
            )
        if code in ("NoSuchBucket", "InvalidBucketName"):
            return ContainerMissing(
                f"There is no bucket '{self._bucket}' ({code}).", "Check its name and the endpoint."
            )
        if code in _GONE:
            return PathNotFound(path)
        if code in _CHANGED:
            return ObjectChanged(path)
        if code in ("PermanentRedirect", "301", "IllegalLocationConstraintException"):
            return DatastoreInvalid(
                f"The bucket '{self._bucket}' is in another region.", "Write its region.", field="config.region"
            )
        if code in _BUSY:
            return StoreUnreachable(f"{self.where} is busy or broken ({code}).", "Try again in a moment.")
        if code in ("EntityTooLarge", "QuotaExceeded", "XMinioStorageFull"):
            return StoreFull(f"{self.where} takes no more ({code}).", "Free some space, or raise the quota.")
        return StoreError(f"{self.where} refused with {code}.", "Look the code up in the server's documentation.")


def _code(error: Exception) -> str:
    found = getattr(error, "response", None)
    return str(found.get("Error", {}).get("Code", "")) if isinstance(found, dict) else ""
