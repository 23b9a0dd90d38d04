"""SFTP: files of a machine that one can reach by SSH. The key of the host is pinned, never taken on trust."""

import secrets
import stat
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from studiolo.kernel import ssh
from studiolo.kernel.errors import StudioloError
from studiolo.studio.datastores import causes
from studiolo.studio.datastores.errors import (
    AccessDenied,
    ContainerMissing,
    DatastoreInvalid,
    HostChanged,
    NotAFile,
    ObjectChanged,
    PathNotFound,
    StoreError,
    WrongCredential,
)
from studiolo.studio.datastores.kinds._reach import judged_host
from studiolo.studio.datastores.kinds.base import (
    Auth,
    Entry,
    Field,
    FileStore,
    Fingerprint,
    KindSpec,
    Surroundings,
    library,
    moment,
)
from studiolo.studio.datastores.paths import under
from studiolo.studio.datastores.streams import Counted, span

SPEC = KindSpec(
    name="sftp",
    title="SFTP",
    description="Files of a machine that can be reached by SSH.",
    fields=(
        Field("host", "Host", required=True, example="files.example.org", pattern=r"[^/@\s]+"),
        Field("port", "Port", type="integer", default=22),
        Field("user", "User", required=True),
        Field("folder", "Folder", "Full path on the host, or one below the user's home.", example="/srv/data"),
        Field(
            "host_key",
            "Host key",
            "How the host is known: `SHA256:…` or a line of known_hosts. Leave it empty and test: the key is shown, to be compared.",
            example="SHA256:…",
        ),
        Field("password", "Password", required=True, secret=True, auth=("password",)),
        Field(
            "private_key",
            "Private key",
            "The whole file, OpenSSH or PEM.",
            type="lines",
            required=True,
            secret=True,
            auth=("private_key",),
        ),
        Field("passphrase", "Passphrase of the key", secret=True, auth=("private_key",)),
    ),
    auth=(Auth("private_key", "Private key"), Auth("password", "Password")),
    extra="sftp",
    modules=("paramiko",),
    place="{user}@{host}:{folder}",
)
_PART = ".studiolo-part"
_WINDOW, _ASK = 4 << 20, 32 << 10  # asked ahead at once, in requests of the size that servers answer whole


def open_store(config: Mapping[str, Any], credentials: Mapping[str, str], about: Surroundings) -> "SftpStore":
    """Return the store of a host; it connects at the first use."""
    (paramiko,) = library(SPEC.title, "sftp", "paramiko")
    key = None
    if credentials.get("private_key"):
        try:
            key = ssh.read_key(credentials["private_key"], credentials.get("passphrase"))
        except ssh.KeyInvalid as error:
            raise DatastoreInvalid(error.detail, error.hint, field=error.field) from None
    return SftpStore(paramiko, config, key, credentials.get("password"), about)


class SftpStore(FileStore):
    """Files below a folder of a host. One connection, with a channel for each verb under way.

    A channel is used by one thread at a time: paramiko gives the answer that one waits for to whichever thread reads first, and the
    other waits for it in vain.
    """

    def __init__(
        self, paramiko: Any, config: Mapping[str, Any], key: Any, password: str | None, about: Surroundings
    ) -> None:
        self._paramiko, self._key, self._password, self._about = paramiko, key, password, about
        self._host, self._port, self._user = str(config["host"]), int(config.get("port") or 22), str(config["user"])
        self._pin = str(config.get("host_key") or "")
        self._root = str(config.get("folder") or ".").rstrip("/") or "/"
        self.where = f"{self._host}:{self._port}"
        self._transport: Any = None
        self._free: list[Any] = []
        self._used = 0
        self._back = threading.Condition()

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """Lend a channel, which is not lent again after anything that may have left answers in it."""
        client, whole = self._lent(), False
        try:
            yield client
            whole = True
        except (StudioloError, FileNotFoundError, PermissionError):
            whole = True
            raise
        finally:
            with self._back:
                self._used -= 1
                if whole and not client.get_channel().closed:
                    self._free.append(client)
                else:
                    client.close()
                self._back.notify()

    def _lent(self) -> Any:
        """Return a channel: one that came back, a new one, or, where the server gives no more, the next that comes back."""
        with self._back:
            while True:
                while self._free:
                    client = self._free.pop()
                    if not client.get_channel().closed:
                        self._used += 1
                        return client
                if self._transport is None or not self._transport.is_active():
                    self._transport = self._connect()
                try:
                    client = self._channel()
                except self._paramiko.ChannelException:
                    if not self._used:
                        raise
                    self._back.wait(self._about.seconds)
                    continue
                self._used += 1
                return client

    def _channel(self) -> Any:
        client = self._paramiko.SFTPClient.from_transport(self._transport, window_size=8 << 20, max_packet_size=1 << 15)
        client.get_channel().settimeout(self._about.seconds)
        return client

    def _connect(self) -> Any:
        import socket

        judged_host(self._host, self._port, self._about)
        seconds = self._about.seconds
        link = socket.create_connection((self._host, self._port), min(10.0, seconds))
        transport = self._paramiko.Transport(link)
        weakref.finalize(self, transport.close)  # its thread would keep the connection of a forgotten store
        transport.banner_timeout = transport.auth_timeout = transport.handshake_timeout = min(15.0, seconds)
        try:
            transport.start_client(timeout=min(15.0, seconds))
            self._known(transport.get_remote_server_key())
            if self._key is not None:
                transport.auth_publickey(self._user, self._key)
            else:
                transport.auth_password(self._user, self._password or "", fallback=True)
            return transport
        except BaseException:
            transport.close()
            raise

    def _known(self, key: Any) -> None:
        """Compare the key that the host shows with the pinned one; raises HostChanged."""
        try:
            ssh.check_key(self.where, self._pin, key)
        except ssh.HostKeyUnknown as error:
            raise HostChanged(error.detail, error.hint) from None

    def page(self, folder: str, cursor: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """Return a part of a folder; the protocol has no pages, so it is listed whole each time."""
        found, following = self.cut(folder, cursor, limit, lambda: self._inside(folder))
        entries: list[Entry] = []
        for item in found:
            path = under(folder, item.filename)
            if stat.S_ISLNK(item.st_mode or 0):
                entries += filter(None, [self._linked(path)])
            elif stat.S_ISDIR(item.st_mode or 0) or stat.S_ISREG(item.st_mode or 0):
                entries.append(self._entry(path, item))
        return entries, following

    def _linked(self, path: str) -> Entry | None:
        """Return what a link leads to; None where that is nowhere, round or a device, but not where the connection broke off."""
        with self._client() as client:
            try:
                return self._entry(path, client.stat(self._at(path)))
            except NotAFile:
                return None
            except OSError as error:
                if isinstance(error, TimeoutError) or client.get_channel().closed:
                    raise
                return None

    def _inside(self, folder: str) -> dict[str, Any]:
        return {item.filename: item for item in self._listed(folder) if not item.filename.endswith(_PART)}

    def _listed(self, folder: str) -> list[Any]:
        with self._client() as client:
            found: list[Any] = client.listdir_attr(self._at(folder))
            return found

    def below(self, prefix: str) -> Iterator[Entry]:
        """Walk folder by folder; a link to a folder is listed and not entered, so no loop is endless."""
        start = self.find(prefix) if prefix else self.as_folder("")
        if not start.folder:
            yield start
            return
        waiting = [prefix]
        while waiting:
            folder = waiting.pop()
            inside = []
            for item in sorted(self._listed(folder), key=lambda item: str(item.filename)):
                path = under(folder, item.filename)
                mode = item.st_mode or 0
                if stat.S_ISDIR(mode):
                    inside.append(path)
                elif stat.S_ISLNK(mode):
                    entry = self._linked(path)
                    if entry is not None and not entry.folder:
                        yield entry
                elif stat.S_ISREG(mode) and not item.filename.endswith(_PART):
                    yield self._entry(path, item)
            waiting += reversed(inside)

    def find(self, path: str) -> Entry:
        """Return a file or folder."""
        with self._client() as client:
            return self._entry(path, client.stat(self._at(path)))

    def _entry(self, path: str, found: Any) -> Entry:
        mode, size, changed = found.st_mode or 0, int(found.st_size or 0), int(found.st_mtime or 0)
        if stat.S_ISDIR(mode):
            return Entry(path, 0, True, moment(changed), None)
        if not stat.S_ISREG(mode):
            raise NotAFile(path)
        return Entry(path, size, False, moment(changed), Fingerprint("mtime", str(changed), size))

    @contextmanager
    def pieces(
        self, path: str, start: int, end: int | None, pin: Fingerprint | None
    ) -> Iterator[tuple[Iterator[bytes], int | None]]:
        """Ask ahead in windows of 4 MiB: request by request, a far server would give 2 MB/s."""
        with self._client() as client, client.open(self._at(path), "rb") as file:
            entry = self.keep_pin(self._entry(path, file.stat()), pin)
            first, last = span(entry.size, start, end)
            yield self._read(file, path, first, last, entry), last - first

    def _read(self, file: Any, path: str, at: int, last: int, entry: Entry) -> Iterator[bytes]:
        while at < last:
            upto = min(at + _WINDOW, last)
            wanted = [(offset, min(_ASK, upto - offset)) for offset in range(at, upto, _ASK)]
            came = 0
            for piece in file.readv(wanted):
                came += len(piece)
                if piece:
                    yield piece
            if came < upto - at:
                return  # shorter than it was: the counting of bytes says so
            at = upto
        if self._entry(path, file.stat()).fingerprint != entry.fingerprint:
            raise ObjectChanged(path, f"'{path}' changed while it was read.")

    def put(self, path: str, source: Counted, size: int | None) -> None:
        """Write beside, then rename over the old file."""
        with self._client() as client:
            self._put(client, path, source)

    def _put(self, client: Any, path: str, source: Counted) -> None:
        self._make_folder(client, path.rpartition("/")[0])
        place = self._at(path)
        with suppress(FileNotFoundError):
            if stat.S_ISDIR(client.stat(place).st_mode or 0):
                raise NotAFile(path)
        part = f"{place.rpartition('/')[0] or '.'}/.{secrets.token_hex(6)}{_PART}"
        try:
            with client.open(part, "wb") as file:
                file.set_pipelined(True)
                for block in source.blocks(_ASK):
                    file.write(block)
            client.posix_rename(part, place)
        except BaseException:
            with suppress(Exception):  # the connection may be what broke
                client.remove(part)
            raise

    def _make_folder(self, client: Any, folder: str) -> None:
        made = ""
        for name in folder.split("/") if folder else ():
            made = under(made, name)
            place = self._at(made)
            try:
                client.stat(place)
            except FileNotFoundError:
                with suppress(OSError):  # another writer was quicker
                    client.mkdir(place)

    def remove(self, path: str) -> None:
        """Remove a file."""
        self.keep_pin(self.find(path), None)
        with self._client() as client:
            client.remove(self._at(path))

    def probe(self) -> None:
        """Look at the root."""
        with self._client() as client:
            try:
                found = client.stat(self._at(""))
            except FileNotFoundError:
                raise ContainerMissing(f"There is no folder {self._root} on {self._host}.", "Check its path.") from None
            if not stat.S_ISDIR(found.st_mode or 0):
                raise ContainerMissing(f"{self._root} on {self._host} is no folder.", "Name a folder.")
            # asked of the server only as it is read; one answer at a time, so that none is left for who has this channel next
            next(iter(client.listdir_iter(self._at(""), read_aheads=1)), None)

    def _at(self, path: str) -> str:
        return self._root if not path else f"{self._root.rstrip('/')}/{path}"

    def close(self) -> None:
        """Close the connection."""
        with self._back:
            self._free.clear()
            if self._transport is not None:
                self._transport.close()
                self._transport = None

    def name_cause(self, error: Exception, path: str) -> StudioloError | None:  # noqa: PLR0911 - one line a cause
        """Name the cause."""
        paramiko = self._paramiko
        if isinstance(error, paramiko.BadAuthenticationType):
            return WrongCredential(
                f"{self.where} does not take this way to sign in.", f"It takes {', '.join(error.allowed_types)}."
            )
        if isinstance(error, paramiko.AuthenticationException):
            return WrongCredential(f"{self.where} did not let '{self._user}' in.", "Check user, key and password.")
        if isinstance(error, FileNotFoundError):
            if not path:
                return ContainerMissing(f"There is no folder {self._root} on {self._host}.", "Check its path.")
            return PathNotFound(path)
        if isinstance(error, PermissionError):
            return AccessDenied(
                f"{self.where} does not let '{self._user}' do this.", "Give the account the right to it."
            )
        if isinstance(error, OSError) and error.errno is not None:
            return causes.reaching(error, self.where) or causes.local(error, path)
        if isinstance(error, paramiko.SSHException):
            return causes.reaching(error, self.where) or causes.reaching(ConnectionResetError(), self.where)
        if isinstance(error, OSError) and str(error) == "Failure":
            return StoreError(
                f"{self.where} refused, without saying why.", "Its disk may be full, or the path a folder."
            )
        return None
