"""Takes a folder of an attempt as it comes from another machine: it appears here whole or not at all."""

import secrets
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from studiolo.kernel import untar
from studiolo.studio.compute.remote.session import ContactLost


def take(source: BinaryIO, entry: str, into: Path, ended: Callable[[], None], where: str) -> list[str]:
    """Take a folder, in the place of one that is there; returns the paths that cannot be kept here.

    ended: waits for the end of who sends it, raising Unable with what that said. Raises ContactLost.
    """
    # of a process that was killed; who still writes there fails, and is no harm
    for old in into.glob(f".{entry}.*.part"):
        shutil.rmtree(old, ignore_errors=True)
    part = into / f".{entry}.{secrets.token_hex(6)}.part"
    part.mkdir()
    left: list[str] = []
    whole = False
    try:
        with tarfile.open(fileobj=source, mode="r|") as tar:
            for member in tar:
                whole = whole or member.name == ".whole"
                if not untar.take(tar, member, part):
                    left.append(member.name)
        ended()
    except tarfile.ReadError as error:
        ended()
        raise ContactLost(f"{where} stopped in the middle of a folder: {error}.") from None
    if not whole:
        raise ContactLost(f"{where} stopped in the middle of a folder.")
    if (part / entry).is_dir():
        shutil.rmtree(into / entry, ignore_errors=True)
        (part / entry).rename(into / entry)
    shutil.rmtree(part, ignore_errors=True)
    return left
