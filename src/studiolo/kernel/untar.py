"""Members of a tar from elsewhere, taken one by one, and never out of the folder: also by a Python 3.11 from before filters."""

import os
import tarfile
from pathlib import Path


def take(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> bool:
    """Extract a member below a folder; False for one that would leave it, or is no file, folder or link, which is left out."""
    if hasattr(tarfile, "data_filter"):
        try:
            tar.extract(member, into, filter="data")
        except tarfile.FilterError:
            return False
        return True
    return _take_plainly(tar, member, into)


def _take_plainly(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> bool:
    """Do what the filter `data` does, for Python 3.11.0 to 3.11.3."""
    root = into.resolve()
    if not (member.isreg() or member.isdir() or member.issym()) or not _within(root, member.name):
        return False
    if member.issym() and not _within(root, str(Path(member.name).parent / member.linkname)):
        return False
    member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
    if member.isreg():
        member.mode = (member.mode & 0o755) | 0o600
    elif member.isdir():
        member.mode = 0o755
    tar.extract(member, into)
    return True


def _within(root: Path, name: str) -> bool:
    # what was extracted before may have been a link
    return not name.startswith("/") and (root / name).resolve().is_relative_to(root)
