"""What the architecture tests look at: files, their imports, the slices and the plug-in families."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "studiolo"
STUDIO = PACKAGE / "studio"
SLICES = sorted(path.name for path in STUDIO.iterdir() if (path / "__init__.py").exists())
# folder of a plug-in family -> where its tests are
FAMILIES = {
    "studio/automl/learners": "tests/studio/automl/learners",
    "studio/compute/backends": "tests/studio/compute/backends",
    "studio/datasets/formats": "tests/studio/datasets/formats",
    "studio/datastores/kinds": "tests/studio/datastores/kinds",
}


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below folders of the repository."""
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts
    )


def module_of(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, module_level: bool = False) -> Iterator[tuple[int, str]]:
    """Yield (line, full name) of what a file imports, type-checking blocks left out; `from a import b` yields `a.b`."""
    tree = ast.parse(path.read_text("utf-8"))
    hidden = {
        id(node)
        for block in ast.walk(tree)
        if (isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test))
        or (module_level and isinstance(block, ast.FunctionDef | ast.AsyncFunctionDef))
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def where(path: Path, line: int | None = None) -> str:
    """Return what a person can click on."""
    return f"{path.relative_to(ROOT)}{f':{line}' if line else ''}"
