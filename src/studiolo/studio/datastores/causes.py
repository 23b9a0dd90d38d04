"""Names the cause of what a library raised: one chain of exceptions in, one of our errors out, without secrets."""

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ConnectionCut,
    ConnectionRefused,
    HostNotFound,
    NoAnswer,
    StoreError,
    StoreFull,
    StoreUnreachable,
    TlsFailed,
)

# where nothing but the connection was tried, the commonest reason for one that breaks off is another server at the port
OTHER = "Try again; else check host and port: another kind of server may listen there."

# what libraries say when they keep no exception that could be looked at
_WORDS = (
    (("name or service not known", "nodename nor servname", "failed to resolve", "no address associated",
      "temporary failure in name resolution", "getaddrinfo", "is not known", "could not connect to the endpoint url"), "host"),
    (("connection refused", "errno 111"), "refused"),
    (("certificate verify failed", "ssl", "tls", "wrong version number"), "tls"),
    (("timed out", "timeout"), "time"),
    (("connection reset", "broken pipe", "remote end closed", "incomplete", "eof occurred", "connection aborted",
      "server disconnected", "is closed", "peer closed", "connection broken", "connection closed"), "cut"),
)  # fmt: skip


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what is inside and behind it, each once."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        found = waiting.pop(0)
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = [
            getattr(found, name, None)
            for name in ("reason", "inner_exception", "error", "exc", "__cause__", "__context__")
        ]
        waiting += [*found.args, *inner]
        kept = getattr(found, "kwargs", None)  # botocore keeps the real one there
        waiting += list(kept.values()) if isinstance(kept, dict) else []


def reaching(error: BaseException, where: str) -> StoreUnreachable | None:
    """Return our error when a connection failed, None when it is something else. where: host, for the sentence."""
    kind = next((kind for found in chain(error) if (kind := _kind(found))), "") or _by_words(error)
    if kind == "host":
        return HostNotFound(
            f"The host of {where} is not known.", "Check its spelling, and that this machine can look it up."
        )
    if kind == "refused":
        return ConnectionRefused(f"Nothing listens at {where}.", "Check host and port, and that the server runs.")
    if kind == "tls":
        why = next(
            (found.verify_message for found in chain(error) if isinstance(found, ssl.SSLCertVerificationError)), ""
        )
        return TlsFailed(
            f"No trusted connection to {where}{f': {why}' if why else ''}.",
            "Check https or http, and that this machine trusts the certificate (SSL_CERT_FILE names a file of authorities).",
        )
    if kind == "time":
        return NoAnswer(f"{where} did not answer in time.", "Try again; check the network between here and there.")
    if kind == "cut":
        return ConnectionCut(f"The connection to {where} broke off.", "Try again; nothing half-made stays.")
    return None


def _kind(found: BaseException) -> str:  # noqa: PLR0911 - one line a cause
    """Return what kind of failure an exception of the standard library is."""
    name = type(found).__name__
    if isinstance(found, socket.gaierror) or name in ("NameResolutionError", "EndpointConnectionErrorHost"):
        return "host"
    if isinstance(found, ssl.SSLError):
        return "cut" if isinstance(found, ssl.SSLEOFError) else "tls"
    if isinstance(found, ConnectionRefusedError):
        return "refused"
    if isinstance(found, ConnectionError):
        return "cut"
    if isinstance(found, TimeoutError):
        return "time"
    if isinstance(found, EOFError) or name in (
        "IncompleteRead",
        "ProtocolError",
        "RemoteProtocolError",
        "ChunkedEncodingError",
        "IncompleteReadError",
    ):
        return "cut" if "refused" not in str(found).lower() else "refused"
    if isinstance(found, OSError) and found.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return "time"
    return ""


def _by_words(error: BaseException) -> str:
    text = " ".join(str(found) for found in chain(error)).lower()
    return next((kind for words, kind in _WORDS if any(word in text for word in words)), "")


def local(error: OSError, path: str) -> StoreError:  # noqa: PLR0911 - one line a cause
    """Return our error of an error of the operating system, met at a path that exists or should."""
    from studiolo.studio.datastores.errors import NotAFile, PathNotFound, shown

    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return PathNotFound(path)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return AccessDenied(
            f"'{shown(path)}' may not be used: {error.strerror}.", "Give the account of the studio the right to it."
        )
    if error.errno == errno.EISDIR:
        return NotAFile(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreFull(f"There is no room for '{shown(path)}': {error.strerror}.", "Free some space.")
    if error.errno == errno.ELOOP:
        return AccessDenied(f"'{shown(path)}' is a link that leads nowhere.", "Remove the link.")
    if error.errno == errno.ENAMETOOLONG:
        return StoreError(f"'{shown(path)}' is too long a name for this file system.", "Choose a shorter one.")
    return StoreUnreachable(f"'{shown(path)}': {error.strerror or error}.", "Check the disk or the network mount.")


def unknown(error: BaseException, where: str) -> StoreError:
    """Return the error of last resort: the name of what was raised; its text might hold a credential."""
    return StoreError(f"{where} failed with {type(error).__name__}.", "The server's log says more.")


@contextmanager
def passing() -> Iterator[None]:
    """Let everything through: for stores whose own code names the causes."""
    yield


def ours(error: BaseException) -> StudioloError | None:
    """Return the first of our own errors in a chain: a source that broke off, an address that was refused."""
    return next((found for found in chain(error) if isinstance(found, StudioloError)), None)
