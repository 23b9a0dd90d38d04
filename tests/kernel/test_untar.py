import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from studiolo.kernel import untar

Take = Callable[[tarfile.TarFile, tarfile.TarInfo, Path], bool]


def packed(*members: tuple[str, bytes, str]) -> io.BytesIO:
    """Return a tar of files, links and devices: name, kind, and what a file holds or where a link goes."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind, rest in members:
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.uid = kind, 0o4777, 1234
            info.linkname = rest if kind != tarfile.REGTYPE else ""
            info.size = len(rest) if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(rest.encode()) if kind == tarfile.REGTYPE else None)
    out.seek(0)
    return out


@pytest.mark.parametrize("take", [untar.take, untar._take_plainly])
def test_nothing_leaves_the_folder(take: Take, tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    source = packed(
        ("a", tarfile.DIRTYPE, ""),
        ("a/good", tarfile.REGTYPE, "yes"),
        ("a/link", tarfile.SYMTYPE, "good"),
        ("../up", tarfile.REGTYPE, "no"),
        ("a/out", tarfile.SYMTYPE, "../../elsewhere"),
        ("a/far", tarfile.SYMTYPE, "/etc/passwd"),
        ("a/pipe", tarfile.FIFOTYPE, ""),
    )
    with tarfile.open(fileobj=source, mode="r|") as tar:
        left = [member.name for member in tar if not take(tar, member, into)]
    assert left == ["../up", "a/out", "a/far", "a/pipe"]
    assert (into / "a" / "link").read_text() == "yes"
    assert (into / "a" / "good").stat().st_mode & 0o7022 == 0
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "good", "into", "link"]


@pytest.mark.parametrize("take", [untar.take, untar._take_plainly])
def test_a_file_through_a_link_that_came_before_stays_within(take: Take, tmp_path: Path) -> None:
    into, outside = tmp_path / "into", tmp_path / "outside"
    into.mkdir()
    outside.mkdir()
    (into / "door").symlink_to(outside)
    with tarfile.open(fileobj=packed(("door/file", tarfile.REGTYPE, "no")), mode="r|") as tar:
        assert [take(tar, member, into) for member in tar] == [False]
    assert list(outside.iterdir()) == []
