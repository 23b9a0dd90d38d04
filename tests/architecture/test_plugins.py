"""One more = one file + one test."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import FAMILIES, PACKAGE, ROOT, imports, where

# numpy is not here: arrays are what the ports of learners and formats speak of
HEAVY = {"pandas", "sklearn", "duckdb", "pyarrow", "lightgbm", "catboost", "xgboost", "onnx", "scipy", "torch"}
HEAVY |= {"botocore", "azure", "google", "paramiko"}
PLUGINS = [
    (family, path)
    for family in FAMILIES
    for path in sorted((PACKAGE / family).glob("*.py"))
    if not path.name.startswith("_") and path.name != "base.py"
]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_a_port_and_members(family: str) -> None:
    assert (PACKAGE / family / "base.py").is_file()
    assert [path for found, path in PLUGINS if found == family]


@pytest.mark.parametrize(("family", "path"), PLUGINS, ids=[str(path.relative_to(PACKAGE)) for _, path in PLUGINS])
class TestPlugin:
    def test_its_spec_is_a_literal_on_top(self, family: str, path: Path) -> None:
        body = ast.parse(path.read_text("utf-8")).body
        specs = [node for node in body if isinstance(node, ast.Assign | ast.AnnAssign) and "'SPEC'" in ast.dump(node)]
        assert len(specs) == 1, "SPEC is missing"
        functions = [node.lineno for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        assert not functions or specs[0].lineno < min(functions), "the SPEC stands before the code"
        assert ast.get_docstring(ast.parse(path.read_text("utf-8")))

    def test_its_heavy_imports_are_inside_functions(self, family: str, path: Path) -> None:
        heavy = [
            f"{where(path, line)} {name}"
            for line, name in imports(path, module_level=True)
            if name.split(".")[0] in HEAVY
        ]
        assert not heavy

    def test_it_has_a_test(self, family: str, path: Path) -> None:
        folder = ROOT / FAMILIES[family]
        assert (folder / f"test_{path.name}").is_file() or (folder.parent / f"test_{path.name}").is_file()
