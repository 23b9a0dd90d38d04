"""Pickles that would run code. None is ever loaded here either."""

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest

from tests.studio.models.scan.looking import bad, look


class Calls:
    """Pickled, it calls a function with arguments."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.how = (function, args)

    def __reduce__(self) -> Any:
        return self.how


def evil(protocol: int = 4) -> bytes:
    import os

    return pickle.dumps({"weights": [1.0, 2.0], "hook": Calls(os.system, "id")}, protocol)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("name", ["model.pkl", "model.bin", "weights"])
def test_a_call_is_found_in_every_protocol_and_under_any_name(tmp_path: Path, protocol: int, name: str) -> None:
    report = look(tmp_path, name, evil(protocol))
    assert report["verdict"] == "dangerous"
    assert bad(report) == ["posix.system"]
    found = report["findings"][0]
    assert (found["file"], found["why"]) == (name, "runs code or commands")
    assert b"system" in evil(protocol)[: found["offset"] + 40]


@pytest.mark.parametrize(
    "stream",
    [
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"c__builtin__\nexecfile\n(S'x'\ntR.",
        b"(S'id'\nios\nsystem\n.",  # INST
        b"(cos\nsystem\nS'id'\no.",  # OBJ
        b"\x80\x02csubprocess\nPopen\nX\x02\x00\x00\x00id\x85\x81.",  # NEWOBJ
        b"\x80\x04csubprocess\nPopen\nX\x02\x00\x00\x00id\x85}\x92.",  # NEWOBJ_EX
        b"crunpy\n_run_code\n(S'x'\ntR.",
        b"cimportlib\nimport_module\n(S'os'\ntR.",
        b"\x80\x04\x8c\x02os\x94\x8c\x06system\x9400h\x00h\x01\x93\x8c\x02id\x85R.",  # STACK_GLOBAL out of the memo
        b"\x80\x04coperator\nconcat\n\x8c\x01o\x8c\x01s\x86R\x8c\x06system\x93\x8c\x02id\x85R.",  # a name put together
        b"\x80\x04\x8c\x0csklearn.base\x8c\x09os.system\x93\x8c\x02id\x85R.",  # reached through a harmless module
        b"\x80\x04\x8c\x05numpy\x8c\x13__builtins__.__dict\x93.",
        b"cbuiltins\ngetattr\n(cnumpy\nndarray\nS'__class__'\ntR.",
        b"coperator\nattrgetter\n(S'__globals__'\ntR(cnumpy\nargmax\ntR.",
        b"coperator\nmethodcaller\n(S'system'\nS'id'\ntR.",
        b"cfunctools\npartial\n(cnumpy\nargmax\ntR(S'id'\ntR.",  # calls what it has just made
        b"csklearn.base\nBaseEstimator\n}S'fit'\nNsb.",  # BUILD on a class changes it for everybody
        b"cnumpy.testing._private.utils\nrunstring\n(S'x'\nN}tR.",
        b"cjoblib.memory\nMemory\n.",
        b"ctorch.hub\nload\n(S'x'\ntR.",
        b"csocket\nsocket\n.",
        b"cbdb\nBdb\n)R.",
        b"cshutil\nrmtree\n(S'/'\ntR.",
    ],
)
def test_ways_around_are_found(tmp_path: Path, stream: bytes) -> None:
    assert look(tmp_path, "model.pkl", stream)["verdict"] == "dangerous"


def test_a_pickle_that_breaks_after_the_call_is_still_dangerous(tmp_path: Path) -> None:
    report = look(tmp_path, "model.pkl", evil()[:-1] + b"\xff\xff")
    assert report["verdict"] == "dangerous"
    assert "no opcode" in report["unreadable"][0]["why"]


def test_a_second_pickle_behind_the_first_is_found(tmp_path: Path) -> None:
    assert bad(look(tmp_path, "model.pt", pickle.dumps({"a": 1}, 2) + evil(2))) == ["posix.system"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zlib.compress])
def test_packed_pickles_are_unpacked(tmp_path: Path, pack: Any) -> None:
    assert bad(look(tmp_path, "model.joblib", pack(evil()))) == ["posix.system"]
    assert bad(look(tmp_path, "weights.dat", pack(evil()))) == ["posix.system"]


def test_joblib_s_raw_arrays_are_stepped_over(tmp_path: Path) -> None:
    import os

    path = tmp_path / "made.joblib"
    kinds = np.dtype([("a", "<f8"), ("b", "<i4"), ("c", "S3")])
    content = [
        np.random.rand(400, 3),
        np.zeros(9, kinds),
        np.array(["é", "bc"]),
        np.array([Calls(os.system, "id")], object),
    ]
    for compress in (0, 3):
        joblib.dump(content, path, compress=compress)
        assert bad(look(tmp_path, "m.joblib", path.read_bytes())) == ["posix.system"]


def test_archives_and_arrays_are_looked_into(tmp_path: Path) -> None:
    import os

    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:  # as torch.save writes it
        archive.writestr("archive/data.pkl", evil(2))
        archive.writestr("archive/data/0", b"\x80\x02" + bytes(64))
        archive.writestr("archive/version", "3\n")
    report = look(tmp_path, "model.pt", inner.getvalue())
    assert (bad(report), report["unreadable"]) == (["posix.system"], [])
    assert report["findings"][0]["file"] == "model.pt!archive/data.pkl"
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w") as tape:
        tape.addfile(_member("deep.zip", inner.getvalue()), io.BytesIO(inner.getvalue()))
    assert bad(look(tmp_path, "model.tar", outer.getvalue())) == ["posix.system"]
    saved = io.BytesIO()
    np.save(saved, np.array([Calls(os.system, "id")], object), allow_pickle=True)
    assert bad(look(tmp_path, "a.npy", saved.getvalue())) == ["posix.system"]


def _member(name: str, content: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member


def test_a_pickle_inside_a_pickle_is_found(tmp_path: Path) -> None:
    stream = pickle.dumps(Calls(pickle.loads, evil()), 4)
    assert bad(look(tmp_path, "model.pkl", stream)) == ["_pickle.loads", "posix.system"]
    tensor = b"\x80\x02ctorch.storage\n_load_from_bytes\nB" + len(evil()).to_bytes(4, "little") + evil() + b"\x85R."
    assert "posix.system" in bad(look(tmp_path, "model.pkl", tensor))


def test_code_of_its_own_is_told_and_commands_in_it_are_dangerous(tmp_path: Path) -> None:
    import os

    import cloudpickle

    namespace: dict[str, Any] = {"os": os}
    exec("class Harmless:\n    def predict(self, x): return x\n", namespace)
    exec("class Harmful:\n    def __setstate__(self, x): os.system('id')\n", namespace)
    for name in ("Harmless", "Harmful"):
        namespace[name].__module__ = "__main__"
    harmless = look(tmp_path, "m.pkl", cloudpickle.dumps(namespace["Harmless"]()))
    assert harmless["verdict"] == "unknown"
    assert bad(look(tmp_path, "m.pkl", cloudpickle.dumps(namespace["Harmful"]()))) == ["code using system"]


def test_bombs_end(tmp_path: Path) -> None:
    report = look(
        tmp_path, "m.joblib", gzip.compress(b"\x80\x04B" + (1 << 28).to_bytes(4, "little") + bytes(1 << 28)), 1 << 24
    )
    assert report["verdict"] == "unreadable"
    assert "unpacks to more than 16 MB" in report["unreadable"][0]["why"]
    nest = evil()
    for _ in range(6):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("a.zip", nest)
        nest = packed.getvalue()
    assert look(tmp_path, "m.zip", nest)["verdict"] == "unreadable"


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        b"\x80",
        b"\x80\x04",
        b"\x80\x04]" * 9,
        b"\x80\x04\x8e" + b"\xff" * 8,
        b"(" * 99,
        b"\x80\x05h\xff.",
        b"S'" + b"a" * 99999,
    ],
)
def test_broken_pickles_are_told_as_such(tmp_path: Path, stream: bytes) -> None:
    assert look(tmp_path, "model.pkl", stream)["verdict"] == "unreadable"
