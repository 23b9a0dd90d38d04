import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from studiolo.kernel import plugins
from studiolo.kernel.plugins import BadPlugin, find


@dataclass(frozen=True)
class Spec:
    name: str


@pytest.fixture
def family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package `family` with the plug-ins `b` and `a`, and what is none."""
    folder = tmp_path / "family"
    (folder / "inner").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "base": "raise RuntimeError('never imported')",
        "_private": "raise RuntimeError('never imported')",
        "inner/__init__": "raise RuntimeError('never imported')",
        "first": "from tests.kernel.test_plugins import Spec\nSPEC = Spec('b')",
        "second": "from tests.kernel.test_plugins import Spec\nSPEC = Spec('a')",
    }.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(plugins, "_found", {})
    monkeypatch.setattr(plugins, "entry_points", lambda **_: [])
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == "family"]:
        del sys.modules[name]


def test_one_file_is_one_plug_in_in_order_of_name(family: Path) -> None:
    assert list(find("family", Spec)) == ["a", "b"]
    assert find("family", Spec)["a"].__name__ == "family.second"


def test_the_folder_is_looked_at_once(family: Path) -> None:
    first = find("family", Spec)
    (family / "third.py").write_text("raise RuntimeError")
    assert find("family", Spec) is first


def test_a_file_without_a_spec_is_named(family: Path) -> None:
    (family / "third.py").write_text("SPEC = 'a text'")
    with pytest.raises(BadPlugin, match=r"family\.third has no SPEC of type Spec"):
        find("family", Spec)


def test_two_of_one_name_are_both_named(family: Path) -> None:
    (family / "third.py").write_text("from tests.kernel.test_plugins import Spec\nSPEC = Spec('a')")
    with pytest.raises(BadPlugin, match=r"family\.third and family\.second"):
        find("family", Spec)


def test_a_package_of_somebody_else_adds_to_the_family(
    family: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs.py").write_text("from tests.kernel.test_plugins import Spec\nSPEC = Spec('theirs')")
    entry = EntryPoint("theirs", "theirs", "family")
    monkeypatch.setattr(plugins, "entry_points", lambda **wanted: [entry] if wanted == {"group": "family"} else [])
    assert list(find("family", Spec)) == ["a", "b", "theirs"]


def test_a_package_that_cannot_be_loaded_is_named_with_a_way_out(family: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "entry_points", lambda **_: [EntryPoint("theirs", "absent_package", "family")])
    with pytest.raises(BadPlugin, match="absent_package") as raised:
        find("family", Spec)
    assert "pip uninstall" in raised.value.hint
