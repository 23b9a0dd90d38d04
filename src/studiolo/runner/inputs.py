"""Places inputs of many files: a manifest names them, their bytes are linked read-only from the store.

The runner does it, so that a hundred thousand files keep neither server nor controller waiting. A manifest is JSON lines
(`kernel/storage/manifests.py`): a head, then files, or parts which are manifests again.
"""

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

_FICLONE = 0x40049409  # of Linux; other systems refuse it
_LOOK_EVERY = 256  # files between two looks whether the job is still wanted


class Missing(Exception):
    """An input cannot be placed; the message is for the user."""


def place(order: dict[str, Any], wanted: Callable[[], bool]) -> int:
    """Place what the order's `manifests` name; returns how many files. wanted: False ends it early. Raises Missing.

    Each is `{"manifest": digest, "into": folder, "listing": path or null}`. A listing is JSON: the files in order, as
    `[{"path": name, "file": place beside the listing, …}]`; of an object that stays where it is, its size and fingerprint
    instead of a place. With a listing a file's readable copy is placed where it has one.
    """
    placed = 0
    for given in order.get("manifests") or []:
        for _ in _place(order["blobs"], given, copied=bool(order.get("copied"))):
            placed += 1
            if placed % _LOOK_EVERY == 0 and not wanted():
                return placed
    return placed


def _place(blobs: str, given: dict[str, Any], *, copied: bool) -> Iterator[str]:
    into, listing = given["into"], given.get("listing")
    made: set[str] = set()
    os.makedirs(into, exist_ok=True)
    below = os.path.basename(into)
    lines = open(f"{listing}.part", "w", encoding="utf-8") if listing else None  # noqa: SIM115 - closed below
    try:
        for number, entry in enumerate(entries(blobs, given["manifest"])):
            path = _judged(entry["path"])
            digest = (entry.get("readable") if lines else None) or entry.get("digest")
            told: dict[str, Any] = {"path": path}
            if digest:
                target = os.path.join(into, path)
                folder = os.path.dirname(target)
                if folder not in made:
                    os.makedirs(folder, exist_ok=True)
                    made.add(folder)
                _bring(_location(blobs, digest), target, copied=copied)
                told["file"] = f"{below}/{path}"
                told["digest"] = entry.get("digest")
            else:
                told |= {key: entry[key] for key in ("size", "fingerprint", "mtime") if key in entry}
            if lines:
                lines.write(("[" if number == 0 else ",") + "\n" + json.dumps(told, ensure_ascii=False))
            yield path
        if lines:
            lines.write("[]\n" if lines.tell() == 0 else "\n]\n")
    finally:
        if lines:
            lines.close()
    if listing:
        os.replace(f"{listing}.part", listing)


def entries(blobs: str, digest: str) -> Iterator[dict[str, Any]]:
    """Yield the files of a manifest, in order."""
    try:
        with open(_location(blobs, digest), encoding="utf-8") as file:
            head = json.loads(file.readline())
            if head.get("format") != 1:
                raise Missing(f"A manifest has format {head.get('format')}, which this runner does not read.")
            for line in file:
                entry = json.loads(line)
                if head.get("parts"):
                    yield from entries(blobs, entry["manifest"])
                else:
                    yield entry
    except FileNotFoundError:
        raise Missing(f"The manifest {digest[:12]}… is not in the store.") from None
    except (ValueError, KeyError, AttributeError) as error:
        raise Missing(f"The manifest {digest[:12]}… cannot be read: {error}.") from None


def _judged(path: str) -> str:
    parts = path.split("/")
    if not path or "\0" in path or any(part in ("", ".", "..") for part in parts):
        raise Missing(f"A manifest names {path[:100]!r}, which leaves its folder.")
    return path


def _location(blobs: str, digest: str) -> str:
    if len(digest) != 64 or not all(character in "0123456789abcdef" for character in digest):
        raise Missing(f"{digest[:80]!r} is not the name of a blob.")
    return os.path.join(blobs, digest[:2], digest[2:])


def _bring(source: str, target: str, *, copied: bool) -> None:
    """Link a blob; copy it where that cannot be, or where the job could write through the link."""
    try:
        if not copied:
            try:
                os.link(source, target)
                return
            except FileExistsError:
                if os.path.samefile(source, target):  # placed by a try before this one
                    return
                raise
            except OSError as error:
                if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
                    raise
        # of a try that a power cut ended before its claim was kept; it may be a link to the store, so it is not written to
        with contextlib.suppress(FileNotFoundError):
            os.unlink(target)
        with open(source, "rb") as original, open(target, "xb") as copy:
            try:
                fcntl.ioctl(copy, _FICLONE, original.fileno())  # shares the blocks where the file system can
            except OSError:
                shutil.copyfileobj(original, copy, 1 << 20)
        os.chmod(target, 0o444)
    except FileNotFoundError:
        raise Missing(f"The bytes of {os.path.basename(target)} are not in the store.") from None
    except OSError as error:
        raise Missing(f"{os.path.basename(target)} cannot be placed: {error.strerror or error}.") from error
