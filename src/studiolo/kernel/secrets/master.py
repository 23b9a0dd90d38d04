"""The master key: outside the database, readable by its owner only, made at the first use.

Where it is, the first that applies: the file that `STUDIOLO_MASTER_KEY_FILE` names, the keyring of the operating system when
`STUDIOLO_MASTER_KEY_KEYRING` names an entry, `secrets/master.key` in the home. A passphrase, or a key that stands in the
program, is none of them.

Its text is a line of 64 hexadecimal digits; after a rotation lines of older keys follow, with the time when each was replaced,
until nothing in the database is sealed under them any more. It is replaced whole, so that no reader finds half of it, and read
anew at each use, so that every process has the new key at once.
"""

import contextlib
import hashlib
import os
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from studiolo.kernel.errors import MissingExtra, StudioloError
from studiolo.kernel.settings import Settings

SIZE = 32
_MOST = 64 * 1024  # characters of all keys
_SERVICE = "studiolo"


class MasterKeyUnusable(StudioloError):
    """The master key is not there, cannot be read or written, or can be read by others."""

    code, status, title = "secrets.master_key", 500, "The master key cannot be used"


@dataclass(frozen=True, slots=True, repr=False)
class MasterKey:
    """id: 8 bytes that name the key without giving it away; key: 32 bytes; older: keys that may still open what they sealed.

    retired: of an older key, when it was replaced.
    """

    id: bytes
    key: bytes
    older: "tuple[MasterKey, ...]" = ()
    retired: datetime | None = None

    def __repr__(self) -> str:
        return f"MasterKey({self.id.hex()}, {len(self.older)} older)"


class Place(Protocol):
    """Where the text of the keys is."""

    name: str

    def read(self) -> str:
        """Return the text; raises MasterKeyUnusable."""
        ...

    def make(self, text: str) -> None:
        """Write the text unless there is one: of two at the first use one wins."""
        ...

    def write(self, text: str) -> None:
        """Replace the text, whole or not at all; raises MasterKeyUnusable."""
        ...


def place(settings: Settings) -> Place:
    """Return where the keys of this studio are."""
    if settings.master_key_file:
        return KeyFile(Path(settings.master_key_file).expanduser(), ours=False)
    if settings.master_key_keyring:
        return SystemKeyring(settings.master_key_keyring)
    return KeyFile(settings.home / "secrets" / "master.key", ours=True)


def master_key(settings: Settings) -> MasterKey:
    """Return the key and those before it, made when there is none and the place is ours to fill.

    Raises MasterKeyUnusable for a file that is too open or is no key; a path that the settings name must be there.
    """
    where = place(settings)
    return _parsed(where.read(), where.name)


def new_key() -> MasterKey:
    """Return a new key, which is not kept anywhere yet."""
    return _key(secrets.token_bytes(SIZE))


def succeed(settings: Settings, following: MasterKey, now: datetime) -> MasterKey:
    """Make another key the master key, in one step; the present one becomes the first of the older ones."""
    where = place(settings)
    present = _parsed(where.read(), where.name)
    retired = replace(present, older=(), retired=now)
    where.write(_text(following, (retired, *present.older)))
    return master_key(settings)


def forget(settings: Settings, key_id: bytes) -> None:
    """Remove an older key for good; the caller knows that nothing is sealed under it."""
    where = place(settings)
    present = _parsed(where.read(), where.name)
    where.write(_text(present, [key for key in present.older if key.id != key_id]))


class KeyFile:
    """A file of mode 0600. ours: it is made when it is not there."""

    def __init__(self, path: Path, *, ours: bool) -> None:
        self.path, self._ours, self.name = path, ours, str(path)

    def read(self) -> str:
        """Return the text of the file; a missing one of ours is made."""
        if self._ours and not self.path.exists():
            self.make(_text(new_key(), ()))
        path = self.path
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError as error:
            raise MasterKeyUnusable(
                f"{path}: {error.strerror or error}.", "Put the key back; without it stored secrets cannot be read."
            ) from None
        with os.fdopen(descriptor, "rb") as file:
            if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
                raise MasterKeyUnusable(f"{path} can be read by others than its owner.", f"chmod 600 {path}")
            return file.read(_MOST).decode("ascii", "replace")

    def make(self, text: str) -> None:
        """Write under another name and link it: of two processes at their first start one wins, whole."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self._part(text)
        try:
            with contextlib.suppress(FileExistsError):
                os.link(part, self.path)
        finally:
            part.unlink(missing_ok=True)

    def write(self, text: str) -> None:
        """Replace the file: write, fsync, rename, fsync of the folder."""
        try:
            part = self._part(text)
            try:
                part.replace(self.path)
            except OSError:
                part.unlink(missing_ok=True)
                raise
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise MasterKeyUnusable(
                f"{self.path} cannot be replaced: {error.strerror or error}.",
                "Where another tool keeps that file, put the new key on its first line and the old one below, then rotate again.",
            ) from None

    def _part(self, text: str) -> Path:
        part = self.path.with_name(f".{self.path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return part


class SystemKeyring:
    """An entry of the operating system's keyring; needs the extra `keyring`."""

    def __init__(self, entry: str) -> None:
        self._entry, self.name = entry, f"the keyring entry '{entry}'"

    def read(self) -> str:
        """Return the text of the entry, made when there is none."""
        found = self._ask()
        if found is None:
            self.make(_text(new_key(), ()))
            found = self._ask()
        return found or ""

    def make(self, text: str) -> None:
        """Write the entry unless there is one."""
        if self._ask() is None:
            self.write(text)

    def write(self, text: str) -> None:
        """Replace the entry."""
        keyring, errors = _keyring()
        try:
            keyring.set_password(_SERVICE, self._entry, text)
        except errors as error:
            raise self._unusable(error) from None

    def _ask(self) -> str | None:
        keyring, errors = _keyring()
        try:
            found: str | None = keyring.get_password(_SERVICE, self._entry)
        except errors as error:
            raise self._unusable(error) from None
        return found

    def _unusable(self, error: Exception) -> MasterKeyUnusable:
        return MasterKeyUnusable(
            f"{self.name} cannot be used: {error}.",
            "A server without a desktop has no keyring: leave STUDIOLO_MASTER_KEY_KEYRING empty and use a file.",
        )


def _keyring() -> tuple["_Keyring", type[Exception]]:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        raise MissingExtra("The keyring of the operating system", "keyring") from None
    return keyring, KeyringError


class _Keyring(Protocol):
    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...


def _key(value: bytes, retired: datetime | None = None) -> MasterKey:
    return MasterKey(hashlib.sha256(b"studiolo master key id" + value).digest()[:8], value, (), retired)


def _text(present: MasterKey, older: Sequence[MasterKey]) -> str:
    lines = [present.key.hex(), *(f"{key.key.hex()} {(key.retired or datetime.now(UTC)).isoformat()}" for key in older)]
    return "".join(f"{line}\n" for line in lines)


def _parsed(text: str, where: str) -> MasterKey:
    """Read the lines; a tool that writes a file of its own may leave the times out."""
    found: list[MasterKey] = []
    for line in text.strip().splitlines():
        words = line.split()
        try:
            value = bytes.fromhex(words[0])
            retired = datetime.fromisoformat(words[1]) if len(words) > 1 else None
        except (ValueError, IndexError):
            value, retired = b"", None
        if len(value) != SIZE:
            found = []
            break
        found.append(_key(value, retired))
    if not found:
        raise MasterKeyUnusable(
            f"{where} holds no key: 64 hexadecimal digits are expected.", "Put the right file back."
        )
    return replace(found[0], older=tuple(found[1:]))
