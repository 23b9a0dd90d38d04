"""The reference says what the code says; every page that is linked is there."""

import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest
import typer

from studiolo.cli import app
from studiolo.kernel.settings import Settings, env_name
from tests.architecture.source import ROOT, where

PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in (ROOT / "docs/reference").glob("*.md")}


def test_the_reference_is_what_the_code_says() -> None:
    """Settings, errors, commands, events, routes: all of them, and nothing that is gone."""
    command = [sys.executable, str(ROOT / "scripts/reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr


def test_every_setting_is_there(reference: dict[str, str]) -> None:
    assert all(f"`{env_name(name)}`" in reference["settings"] for name in Settings.model_fields)


def test_error_codes_belong_to_their_slice_and_are_written_once(reference: dict[str, str]) -> None:
    codes = re.findall(r"^\| `([^`]+)`", reference["errors"], re.MULTILINE)
    assert codes
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", code) for code in codes), codes
    assert len(codes) == len(set(codes)), f"two errors share a code: {sorted({c for c in codes if codes.count(c) > 1})}"


def test_every_command_explains_itself(reference: dict[str, str]) -> None:
    for section in reference["cli"].split("\n## ")[1:]:
        head, _, rest = section.partition("\n")
        assert rest.strip(), f"{head} has no help"
        options = re.findall(r"^\| (`--?[^|]+) \| ([^|]*) \|", rest, re.MULTILINE)
        assert all(text.strip() for _, text in options), f"an option of {head} has no help"


@pytest.mark.parametrize("page", PAGES, ids=[where(page) for page in PAGES])
def test_links_within_the_repository_lead_somewhere(page: object) -> None:
    text = page.read_text("utf-8")  # type: ignore[attr-defined]
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not re.match(r"[a-z]+:", target):
            assert (page.parent / target).exists(), f"{where(page)} links to {target}"  # type: ignore[attr-defined, arg-type]


@pytest.mark.parametrize("page", PAGES, ids=[where(page) for page in PAGES])
def test_commands_that_a_page_names_are_there(page: Any) -> None:
    """The words after `studiolo` in code, as far as groups of commands go."""
    for line in page.read_text("utf-8").splitlines():
        for words in re.findall(r"(?:`|^\$ |^|\$\()studiolo((?: [a-z][a-z-]*(?![\w.:/=]))+)", line):
            unknown = not_a_command(words.split())
            assert not unknown, f"{where(page)} names 'studiolo{words}': there is no '{unknown}'"


@cache
def root() -> Any:
    """Return the group of all commands, which takes a while to build."""
    app.attach_slices()
    return typer.main.get_command(app.app)


def not_a_command(words: list[str]) -> str | None:
    """Return the first word that is no command of the group before it; what follows a command is its own."""
    found = root()
    for word in words:
        commands = getattr(found, "commands", None)
        if commands is None:
            return None
        if word not in commands:
            return word
        found = commands[word]
    return None


def test_a_command_that_is_not_there_is_seen() -> None:
    assert not_a_command(["datasets", "create", "titanic"]) is None
    assert not_a_command(["datasets", "made-up"]) == "made-up"
    assert not_a_command(["made-up"]) == "made-up"


def test_the_index_names_every_page() -> None:
    index = (ROOT / "docs/index.md").read_text("utf-8")
    assert [path.name for path in (ROOT / "docs/studio").glob("*.md") if f"](studio/{path.name})" not in index] == []


def test_the_changelog_names_this_version() -> None:
    from studiolo.version import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
