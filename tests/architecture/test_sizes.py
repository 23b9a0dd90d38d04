"""Files stay small enough to read at once, and are named by what they mean."""

import ast
import re
import warnings

from tests.architecture.source import ROOT, python_files, where

PYTHON_LINES, UI_LINES = 400, 250
BANNED = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc|core|stuff)(_|$)", re.IGNORECASE)


def ui_files() -> list:
    folder = ROOT / "ui" / "src"
    found = [path for ending in ("ts", "tsx", "css") for path in folder.rglob(f"*.{ending}")]
    return sorted(path for path in found if not path.name.endswith((".gen.ts", ".d.ts")))


def test_long_files_are_shown() -> None:
    """A target and not a wall: the list is printed with the warnings of the test run."""
    read = [path for path in python_files("src", "tests", "scripts") if path.parent.name != "versions"]
    limits = [(path, PYTHON_LINES) for path in read]  # a migration is a record of statements, written once
    limits += [(path, UI_LINES) for path in ui_files()]
    long = [
        f"{where(path)}: {lines} lines (of {limit})"
        for path, limit in limits
        if (lines := len(path.read_text("utf-8").splitlines())) > limit
    ]
    if long:
        warnings.warn("split by noun:\n" + "\n".join(long), stacklevel=1)
    assert all("src/studiolo/kernel/" not in line for line in long), "the kernel keeps to it"


def test_no_name_says_nothing() -> None:
    files = [path for path in [*python_files("src", "tests"), *ui_files()] if BANNED.search(path.stem)]
    folders = {path.parent for path in python_files("src") if BANNED.search(path.parent.name)}
    named = [where(path) for path in [*files, *sorted(folders)]]
    assert not named, f"if only such a name fits, the code belongs somewhere else: {', '.join(named)}"


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [
        where(path, number)
        for path in [*python_files("src", "scripts", "examples"), *ui_files()]
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert not found, ", ".join(found)


def test_a_broad_except_says_why() -> None:
    silent = []
    for path in python_files("src"):
        lines = path.read_text("utf-8").splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            if not isinstance(node, ast.ExceptHandler) or not _is_broad(node.type):
                continue
            if isinstance(node.body[-1], ast.Raise):
                continue  # tidies up and lets it pass
            around = " ".join(lines[node.lineno - 1 : node.body[0].lineno + 1])
            if "#" not in around:
                silent.append(where(path, node.lineno))
    assert not silent, f"a broad except stands only where a process must survive, and says so: {', '.join(silent)}"


def _is_broad(kind: ast.expr | None) -> bool:
    return kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))


def test_public_verbs_have_a_docstring() -> None:
    bare = [
        where(path, node.lineno)
        for name in ("service.py", "client.py", "router.py", "repository.py")
        for path in python_files("src")
        if path.name == name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node)
    ]
    assert not bare, ", ".join(bare)
