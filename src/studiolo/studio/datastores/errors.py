"""What can go wrong with datastores."""

from studiolo.kernel.errors import Conflict, Invalid, NotFound, StudioloError
from studiolo.kernel.nearest import nearest


class DatastoreNotFound(NotFound):
    """No datastore has this name."""

    code, title = "datastores.not_found", "Datastore not found"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"There is no datastore '{name[:80]}'.", "List them: studiolo datastores list", field="datastore"
        )


class DatastoreExists(Conflict):
    """The name is taken."""

    code, title = "datastores.exists", "Datastore exists already"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a datastore '{name}' already.", "Choose another name.", field="name")


class DatastoreInUse(Conflict):
    """Something of another slice still points at the datastore."""

    code, title = "datastores.in_use", "Datastore in use"

    def __init__(self, name: str, users: list[str]) -> None:
        shown = ", ".join(users[:5]) + (f" and {len(users) - 5} more" if len(users) > 5 else "")
        super().__init__(f"'{name}' is used by {shown}.", "Delete those first, or keep the datastore.", field="name")


class DatastoreBuiltIn(Conflict):
    """What comes with the workspace is neither changed nor deleted."""

    code, title = "datastores.built_in", "Built-in datastore"

    def __init__(self, name: str) -> None:
        super().__init__(f"'{name}' comes with the workspace: it stays as it is.", "Add another one.", field="name")


class DatastoreInvalid(Invalid):
    """A field of a datastore cannot be used; `field` names it."""

    code, title = "datastores.invalid", "The datastore cannot be set up like this"


class KindNotFound(Invalid):
    """No kind of datastore has this name."""

    code, title = "datastores.kind_not_found", "Unknown kind of datastore"

    def __init__(self, kind: str, known: list[str]) -> None:
        near = nearest(kind, known)
        listed = f"These are: {', '.join(known)}."
        super().__init__(
            f"There is no kind '{kind[:80]}' of datastores.",
            f"Did you mean '{near}'? {listed}" if near else listed,
            field="kind",
        )


class NotAFileStore(Invalid):
    """The datastore has tables, or only blobs by their digest, and no paths."""

    code, title = "datastores.no_files", "This datastore has no paths"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The datastore '{name}' keeps no files by path.",
            "Choose one that does: studiolo datastores list",
            field="datastore",
        )


class NotADatabase(Invalid):
    """The datastore has files and no tables."""

    code, title = "datastores.no_tables", "This datastore has no tables"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The datastore '{name[:80]}' has files and no tables.",
            "Choose a database: studiolo datastores list",
            field="datastore",
        )


class BadLocation(Invalid):
    """A URL or a path that names nothing in a datastore."""

    code, title = "datastores.bad_path", "This path cannot be used"


class StoreError(StudioloError):
    """A datastore did not do what was asked; the subclass names the cause."""

    code, status, title = "datastores.failed", 502, "The datastore failed"


class StoreUnreachable(StoreError):
    """There was no usable answer."""

    code, title = "datastores.unreachable", "The datastore cannot be reached"


class HostNotFound(StoreUnreachable):
    """The name of the host is not known."""

    code, title = "datastores.host_not_found", "The host is not known"


class ConnectionRefused(StoreUnreachable):
    """The host is there, and nothing listens on the port."""

    code, title = "datastores.refused", "The connection was refused"


class TlsFailed(StoreUnreachable):
    """The certificate is not trusted, or the other side speaks no TLS."""

    code, title = "datastores.tls", "No trusted connection"


class NoAnswer(StoreUnreachable):
    """It took too long."""

    code, title = "datastores.timeout", "No answer in time"


class ConnectionCut(StoreUnreachable):
    """The connection ended in the middle."""

    code, title = "datastores.cut", "The connection broke off"


class HostChanged(StoreUnreachable):
    """The key of an SSH host is not the one that was pinned."""

    code, title = "datastores.host_key", "Another host key"


class WrongCredential(StoreError):
    """The store does not accept who we say we are."""

    code, status, title = "datastores.wrong_credential", 424, "The credential was not accepted"


class CredentialExpired(StoreError):
    """The credential was good once."""

    code, status, title = "datastores.credential_expired", 424, "The credential has expired"


class ClockSkewed(StoreError):
    """The clocks of this machine and of the store differ by too much."""

    code, status, title = "datastores.clock", 424, "The clocks differ"


class AccessDenied(StoreError):
    """The credential is good, and may not do this."""

    code, status, title = "datastores.denied", 424, "The datastore does not allow this"


class ContainerMissing(StoreError):
    """The bucket, container, share or root folder is not there."""

    code, status, title = "datastores.container_missing", 424, "The container is not there"


class DatabaseMissing(ContainerMissing):
    """The server is there, and has no database of this name."""

    code, title = "datastores.database_missing", "The database is not there"


class TableNotFound(StoreError):
    """There is no table or view of this name."""

    code, status, title = "datastores.table_not_found", 404, "Table not found"

    def __init__(self, table: str) -> None:
        super().__init__(
            f"There is no table '{shown(table)}'.", "Look at what is there: studiolo datastores tables", field="table"
        )


class TableExists(StoreError):
    """There is a table of this name already."""

    code, status, title = "datastores.table_exists", 409, "Table exists already"

    def __init__(self, table: str) -> None:
        super().__init__(
            f"There is a table '{shown(table)}' already.", "Choose another name, append, or replace it.", field="table"
        )


class QueryRefused(StoreError):
    """The text is not one statement that reads."""

    code, status, title = "datastores.query_refused", 422, "A query may only read"


class QueryFailed(StoreError):
    """The database did not understand or could not answer the query; it says why."""

    code, status, title = "datastores.query_failed", 422, "The query failed"


class QueryTooSlow(StoreError):
    """The query took longer than it may."""

    code, status, title = "datastores.query_too_slow", 422, "The query took too long"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The query was stopped after {seconds:g} s.",
            "Ask for less, add an index, or raise STUDIOLO_DATASTORE_SECONDS (pages) or STUDIOLO_DATASTORE_QUERY_SECONDS (jobs).",
            field="query",
        )


class DriverUnusable(StoreError):
    """The driver of a database is installed, and lacks something of the machine."""

    code, status, title = "datastores.driver", 501, "The driver cannot be used"


class ValueUnfit(StoreError):
    """A value of an answer has no place in a table's column; the column is named."""

    code, status, title = "datastores.value_unfit", 422, "A value cannot be kept"


class StoreFull(StoreError):
    """There is no room left."""

    code, status, title = "datastores.full", 507, "The datastore is full"


class Unsupported(StoreError):
    """This store cannot do it."""

    code, status, title = "datastores.unsupported", 422, "This datastore cannot do that"


class StoreReadOnly(StoreError):
    """The datastore is marked as read-only, or its kind can only be read."""

    code, status, title = "datastores.read_only", 409, "Read-only datastore"

    def __init__(self, name: str = "") -> None:
        super().__init__(
            f"The datastore{f' {name!r}' if name else ''} can only be read.",
            "Choose another one, or allow writing in its settings.",
        )


class PathNotFound(StoreError):
    """There is no file or folder of this path."""

    code, status, title = "datastores.path_not_found", 404, "Path not found"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"There is no '{shown(path)}' in the datastore.", "Look at what is there: browse it.", field="path"
        )


class PathExists(StoreError):
    """There is a file of this path already."""

    code, status, title = "datastores.path_exists", 409, "Path exists already"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"There is a file '{shown(path)}' already.",
            "Choose another name, or say that it may be replaced: --overwrite, overwrite=True.",
            field="path",
        )


class UploadCutOff(StoreError):
    """The sender went away in the middle."""

    code, status, title = "datastores.upload_cut_off", 400, "The upload broke off"


class UploadTooLarge(StoreError):
    """More bytes than the studio takes at once."""

    code, status, title = "datastores.upload_too_large", 413, "Too large"


class FolderNotAllowed(StoreError):
    """Only owners may make a datastore of any folder of the machine."""

    code, status, title = "datastores.folder_not_allowed", 403, "This folder may not be named"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"'{shown(path)}' is a folder of the machine, which only owners may name.",
            "Ask an owner of the workspace to add it, or to allow its parent: STUDIOLO_DATASTORE_FOLDERS.",
            field="config.path",
        )


class NotAFile(StoreError):
    """The path is a folder, or something that is no file."""

    code, status, title = "datastores.not_a_file", 422, "Not a file"

    def __init__(self, path: str) -> None:
        super().__init__(f"'{shown(path)}' is not a file.", "Name a file in it.", field="path")


class ObjectChanged(StoreError):
    """The object is not what it was when its fingerprint was taken."""

    code, status, title = "datastores.object_changed", 409, "The object has changed"

    def __init__(self, path: str, detail: str = "") -> None:
        super().__init__(
            detail or f"'{shown(path)}' was replaced or changed since it was looked at.",
            "Register it again to use what is there now.",
            field="path",
        )


class Truncated(StoreError):
    """Fewer bytes came than were announced."""

    code, status, title = "datastores.truncated", 502, "Not all bytes came"

    def __init__(self, path: str, wanted: int, came: int) -> None:
        super().__init__(
            f"'{shown(path)}': {wanted:,} bytes were announced, {came:,} came.", "Try again; nothing half-made stays."
        )


def shown(path: str) -> str:
    """Return a path as one line for a message.

    >>> shown("a\\nb")
    'a\\\\nb'
    """
    plain = "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in path)
    return plain if len(plain) <= 200 else f"{plain[:197]}…"
