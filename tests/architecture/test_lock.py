"""The locks: what is declared is pinned with hashes, within its bounds, and from no particular place."""

import json
import re
import tomllib

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import ROOT

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINNED = {
    canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK, re.MULTILINE)
}
DECLARED = [
    Requirement(text)
    for text in [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["postgres"]]
    + PROJECT["dependency-groups"]["dev"]
]


@pytest.mark.parametrize("requirement", DECLARED, ids=[requirement.name for requirement in DECLARED])
def test_what_is_declared_is_locked_within_its_bounds(requirement: Requirement) -> None:
    if requirement.marker and not requirement.marker.evaluate(default_environment()):  # type: ignore[arg-type]
        return
    name = canonicalize_name(requirement.name)
    assert name in PINNED, "lock again: make lock"
    assert requirement.specifier.contains(PINNED[name], prereleases=True), PINNED[name]


@pytest.mark.parametrize("requirement", DECLARED, ids=[requirement.name for requirement in DECLARED])
def test_every_dependency_has_an_upper_bound(requirement: Requirement) -> None:
    assert any(one.operator in ("<", "<=", "==", "~=") for one in requirement.specifier)


def test_every_pin_has_a_hash() -> None:
    entries = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(re.findall(r"^[\w.-]+==", LOCK, re.MULTILINE))
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_python_lock_names_no_place() -> None:
    assert not re.search(r"https?://|--index-url|--find-links|file:", LOCK)


def test_the_ui_lock_names_no_place() -> None:
    path = ROOT / "ui" / "package-lock.json"
    if not path.exists():
        pytest.skip("there is no UI here")
    lock = json.loads(path.read_text("utf-8"))
    placed = [name for name, entry in lock["packages"].items() if "resolved" in entry and not entry.get("link")]
    assert not placed, (
        f"the address of a registry is not part of the lock: {placed[:3]} (npm: omit-lockfile-registry-resolved)"
    )
    bare = [
        name for name, entry in lock["packages"].items() if name.startswith("node_modules") and "integrity" not in entry
    ]
    assert not bare, f"without a hash: {bare[:3]}"
