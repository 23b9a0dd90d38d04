"""Writes docs/reference/*.md from the code; `--check` writes nothing and fails when a page is not what the code says."""

import ast
import importlib
import pkgutil
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

import studiolo
from studiolo.kernel.errors import StudioloError
from studiolo.kernel.settings import Settings, env_name

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "studiolo"
PAGES = ROOT / "docs" / "reference"
NOTE = "<!-- written by scripts/reference.py; change the code, then run: .venv/bin/python scripts/reference.py -->\n"
KIND = re.compile(r"[a-z_]+\.[a-z_]+")


def main() -> None:
    """Write or check every page."""
    pages = {
        "settings": settings_page(),
        "errors": errors_page(),
        "cli": cli_page(),
        "events": events_page(),
        "api": api_page(),
    }
    stale = []
    for name, page in pages.items():
        path, text = PAGES / f"{name}.md", NOTE + page.rstrip() + "\n"
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(path.relative_to(ROOT))
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"not what the code says: {', '.join(map(str, stale))}. Run: .venv/bin/python scripts/reference.py")
    print(f"reference: {len(pages)} pages, {len(stale)} {'written' if stale else 'changed'}")


def settings_page() -> str:
    """Every setting."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, int) and not isinstance(default, bool) and default >= 2**20:
            shown = (
                f"{default} ({default / 2**30:g} GiB)" if default >= 2**30 else f"{default} ({default / 2**20:g} MiB)"
            )
        else:
            shown = str(default)
        rows.append((f"`{env_name(name)}`", f"`{shown}`" if shown else "", field.description or ""))
    return (
        "# Settings\n\nEach is an environment variable, read once when a process starts. "
        "`studiolo up` has options for the first three.\n\n" + table(("variable", "default", "what it does"), rows)
    )


def errors_page() -> str:
    """Every error code."""
    for name in modules():
        importlib.import_module(name)
    rows = sorted(
        (f"`{kind.code}`", str(kind.status), kind.title, (kind.__doc__ or "").strip().splitlines()[0])
        for kind in {*subclasses(StudioloError)}
        if "code" in vars(kind)
    )
    return (
        "# Errors\n\nThe API answers an error as `application/problem+json` (RFC 9457) with `title`, `status`, `detail`, "
        "and our members `code`, `hint` (what to do) and `field` (which input). The command line prints detail and hint "
        "and ends with code 1. MLflow's endpoints answer in MLflow's own shape.\n\n"
        + table(("code", "status", "title", "when"), rows)
    )


def cli_page() -> str:
    """Every command."""
    from studiolo.cli import app

    app.attach_slices()
    text = ["# Commands\n", "Every command that prints nouns has `--output json` for scripts.\n"]
    for path, command in commands(typer.main.get_command(app.app), ("studiolo",)):
        text.append(f"## `{' '.join(path)}`\n\n{(command.help or '').strip()}\n")
        rows = []
        for parameter in command.params:
            if parameter.param_type_name == "option" and not parameter.hidden and "--help" not in parameter.opts:
                shown = ", ".join(f"`{option}`" for option in [*parameter.opts, *parameter.secondary_opts])
                rows.append((shown, parameter.help or "", default_of(parameter)))
            elif parameter.param_type_name == "argument":
                shown = f"`{parameter.name.upper()}`" + ("" if parameter.required else " (optional)")
                rows.append((shown, getattr(parameter, "help", "") or "", ""))
        if rows:
            text.append(table(("option or argument", "what it is", "default"), rows) + "\n")
    return "\n".join(text)


def events_page() -> str:
    """Every kind of event."""
    found: dict[str, set[str]] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text("utf-8")
        for kind in kinds_in(ast.parse(text)) if ".emit(" in text else ():  # most files tell of nothing
            found.setdefault(kind, set()).add(".".join(path.relative_to(SOURCE).with_suffix("").parts))
    rows = [
        (f"`{kind}`", ", ".join(f"`{place}`" for place in sorted(places))) for kind, places in sorted(found.items())
    ]
    return (
        "# Events\n\nAn event is a row written in the transaction of the change that it tells of. "
        "`GET /w/<workspace>/api/events` sends them as they come (server-sent events; `Last-Event-ID` resumes), each with "
        "`id`, `kind`, `subject` (id or name of the thing), `data` and `at`.\n\n" + table(("kind", "written by"), rows)
    )


def api_page() -> str:
    """Every route."""
    from studiolo.kernel.mlflow import protocol
    from studiolo.server.app import build_app, open_services

    with tempfile.TemporaryDirectory() as folder:
        services = open_services(Settings(home=Path(folder)))
        document = build_app(services).openapi()
        services.db.close()
    tags: dict[str, list[tuple[str, ...]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            about = (operation.get("description") or operation.get("summary") or "").splitlines()[0]
            tag = (operation.get("tags") or ["studio"])[0]
            tags.setdefault(tag, []).append((f"`{method.upper()} {path}`", about))
    text = [
        (
            "# HTTP API\n\nThe whole description, with bodies and answers, is served by the studio at `/api/openapi.json` and as "
            "a page at `/api/docs`. Send `Authorization: Bearer <token>` (`studiolo env` prints one); scripts on other machines "
            "get theirs with `studiolo workspace tokens create`.\n"
        )
    ]
    text += [f"## {tag}\n\n{table(('route', 'what it does'), rows)}\n" for tag, rows in tags.items()]
    rows = sorted((f"`{method}`", f"`/api/{path}`") for method, path in protocol.registered())
    text.append(
        "## MLflow's protocol\n\nBelow `/w/<workspace>` and, for the workspace `default`, at the root; "
        f"`/ajax-api/` is answered as `/api/`.\n\n{table(('method', 'path'), rows)}"
    )
    return "\n".join(text)


def modules() -> Iterator[str]:
    """Yield every module that can be imported without doing anything."""
    for info in pkgutil.walk_packages(studiolo.__path__, "studiolo."):
        if not info.name.endswith(".__main__") and ".migrations" not in info.name:
            yield info.name


def subclasses(kind: type[StudioloError]) -> Iterator[type[StudioloError]]:
    """Yield a class and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from subclasses(below)


def commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command with its words, groups before their commands."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        if not below.hidden:
            yield from commands(below, (*path, name))


def default_of(option: Any) -> str:
    """Return a default worth printing."""
    value = option.default
    if value is None or value is False or callable(value) or value in ("", ()):
        return "required" if option.required else ""
    return f"`{getattr(value, 'value', value)}`"


def kinds_in(tree: ast.AST) -> Iterator[str]:
    """Yield the kinds given to `events.emit(tx, kind, …)`; for a name, the texts of its function that look like one."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "emit"):
                continue
            given = call.args[1] if len(call.args) > 1 else None
            if isinstance(given, ast.Constant):
                yield str(given.value)
            elif isinstance(given, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "<state>" for part in given.values)
            elif given is not None:
                texts = (node.value for node in ast.walk(function) if isinstance(node, ast.Constant))
                yield from (text for text in texts if isinstance(text, str) and KIND.fullmatch(text))


def table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
    )


if __name__ == "__main__":
    main()
