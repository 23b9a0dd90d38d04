"""The master key: a file outside the database, readable by its owner only, made at the first use."""

import contextlib
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.settings import Settings

SIZE = 32


class MasterKeyUnusable(StudioloError):
    """The file of the master key is not there, cannot be read, or can be read by others."""

    code, status, title = "secrets.master_key", 500, "The master key cannot be used"


@dataclass(frozen=True, slots=True, repr=False)
class MasterKey:
    """id: 8 bytes that name the key without giving it away; key: 32 bytes."""

    id: bytes
    key: bytes


def master_key(settings: Settings) -> MasterKey:
    """Return the key, made when there is none and the file is ours to make.

    Raises MasterKeyUnusable for a file that is too open or is no key; a path that the settings name must be there.
    """
    chosen = settings.master_key_file
    path = Path(chosen).expanduser() if chosen else settings.home / "secrets" / "master.key"
    if not chosen and not path.exists():
        _make(path)
    return _read(path)


def _read(path: Path) -> MasterKey:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise MasterKeyUnusable(
            f"{path}: {error.strerror or error}.", "Put the key back; without it stored secrets cannot be read."
        ) from None
    with os.fdopen(descriptor, "rb") as file:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise MasterKeyUnusable(f"{path} can be read by others than its owner.", f"chmod 600 {path}")
        text = file.read(1024).strip()
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != SIZE:
        raise MasterKeyUnusable(f"{path} holds no key: 64 hexadecimal digits are expected.", "Put the right file back.")
    return MasterKey(hashlib.sha256(b"studiolo master key id" + key).digest()[:8], key)


def _make(path: Path) -> None:
    """Write a new key under another name and link it: of two processes at their first start one wins, whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SIZE) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
