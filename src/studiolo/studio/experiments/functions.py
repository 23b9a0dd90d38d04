"""Plain functions as jobs: `@studio.experiments.job(...)`, whose call in the studio is `function.submit(...)`.

What travels is the function's source, with what it uses of its module: other functions and classes of it, constants that
JSON can hold, and imports. So it works from a script and from a notebook, and needs nothing of ours where it runs.
"""

import __future__

import ast
import inspect
import json
import symtable
import textwrap
import types
from collections.abc import Callable
from functools import update_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.schemas import JobSpec, Resources, Run

if TYPE_CHECKING:
    from studiolo.studio.experiments.client import Experiments

P = ParamSpec("P")
R = TypeVar("R")
RESULT = "result.json"
FILE = "function_job.py"
_TAIL = """

if __name__ == "__main__":
    import json as _json
    import os as _os
    import sys as _sys
    from pathlib import Path as _Path

    with open(_sys.argv[1], encoding="utf-8") as _file:
        _given = _json.load(_file)
    for _name, _text in zip(_given["inputs"], _sys.argv[2:]):
        _given["values"][_name] = _Path(_text)
    _result = {name}(**_given["values"])
    if _result is not None:
        _place = _os.path.join(_os.environ["STUDIOLO_OUTPUTS"], "{result}")
        with open(_place, "w", encoding="utf-8") as _file:
            _json.dump(_result, _file, default=str)
"""


class FunctionRun:
    """A call of a function that runs in the studio."""

    def __init__(self, experiments: "Experiments", run: Run) -> None:
        self._experiments, self.run = experiments, run
        self.id = run.id

    def wait(self) -> Run:
        """Wait until it has ended; raises RunFailed unless it completed."""
        self.run = self._experiments.wait(self.id)
        return self.run

    def result(self) -> Any:
        """Wait, and return what the function returned, as JSON holds it; None where it returned nothing."""
        self.wait()
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            names = {item.path for item in self._experiments.artifacts(self.id)}
            if RESULT not in names:
                return None
            path = self._experiments.download(self.id, RESULT, Path(folder) / RESULT)
            return json.loads(path.read_text("utf-8"))


class JobFunction(Generic[P, R]):
    """A function that can be called here, and submitted to the studio."""

    def __init__(self, experiments: "Experiments", function: Callable[P, R], options: dict[str, Any]) -> None:
        self._experiments, self._function, self._options = experiments, function, options
        update_wrapper(self, function)

    def __call__(self, *given: P.args, **named: P.kwargs) -> R:
        """Call the function here, as if it had no decorator."""
        return self._function(*given, **named)

    def submit(self, *given: P.args, **named: P.kwargs) -> FunctionRun:
        """Run the call as a job of the studio; local paths among the arguments are sent along."""
        from studiolo.studio.experiments.job_files.data import LocalFile
        from studiolo.studio.experiments.job_files.snapshot import files

        check_form(self._function)
        bound = inspect.signature(self._function).bind(*given, **named)
        bound.apply_defaults()
        values: dict[str, Any] = {}
        sent: list[LocalFile] = []
        shapes: dict[str, str] = {}
        for name, value in bound.arguments.items():
            if isinstance(value, Path):
                if not value.exists():
                    raise BadJob(f"The argument {name} is {value}, which does not exist.", field=f"inputs.{name}")
                shapes[name] = "file" if value.is_file() else "folder"
                sent += [LocalFile(name, path, place) for path, place in files(value, snapshot=False)]
            else:
                values[name] = _plain(name, value)
        code = source_of(self._function) + _TAIL.replace("{name}", self._function.__name__).replace("{result}", RESULT)
        call = json.dumps({"values": values, "inputs": sorted(shapes)})
        return FunctionRun(
            self._experiments, self._experiments.submit_function(self._spec(values, shapes), code, call, sent)
        )

    def _spec(self, values: dict[str, Any], shapes: dict[str, str]) -> JobSpec:
        options = dict(self._options)
        cores, gpus = options.pop("cores", 1), options.pop("gpus", None)
        inputs = [f"${{{{inputs.{name}}}}}" for name in sorted(shapes)]
        return JobSpec(
            name=options.pop("name", "") or self._function.__name__.replace("_", " "),
            command=["python", FILE, "call.json", *inputs],
            params={name: str(value) for name, value in values.items()},
            resources=Resources(cores=cores, gpus=gpus),
            context={"inputs": shapes} if shapes else {},
            **options,
        )


def _plain(name: str, value: Any) -> Any:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        raise BadJob(
            f"The argument {name} is a {type(value).__name__}, which cannot be sent.",
            "Give numbers, texts, lists, mappings, or a pathlib.Path of a file or folder.",
            field=name,
        ) from None
    return value


def check_form(function: Callable[..., Any]) -> None:
    """Refuse a function whose call cannot be written down as named values, or that does not return a value when called."""
    name = getattr(function, "__name__", "function")
    for parameter in inspect.signature(function).parameters.values():
        kinds = {
            parameter.VAR_POSITIONAL: f"*{parameter.name}",
            parameter.VAR_KEYWORD: f"**{parameter.name}",
            parameter.POSITIONAL_ONLY: f"{parameter.name} by its place only",
        }
        shown = next((text for kind, text in kinds.items() if kind is parameter.kind), "")
        if shown:
            raise BadJob(f"{name} takes {shown}, which cannot be sent.", "Give each argument a name.", field="function")
    tests = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
    if any(test(function) for test in tests):
        what = "a generator" if inspect.isgeneratorfunction(function) else "async"
        raise BadJob(
            f"{name} is {what}, and a job is a plain call.", "Return the value from a `def`.", field="function"
        )


def source_of(function: Callable[..., Any], *, later: bool = False) -> str:
    """Return a module with a function and what it uses of its own one. Raises BadJob for what has no source.

    later: annotations are left alone, whatever the function's module does: what they name need not be there.
    """
    flags = getattr(getattr(inspect.unwrap(function), "__code__", None), "co_flags", 0)
    source = _Source(later or bool(flags & __future__.annotations.compiler_flag))
    source.gather(function)
    return "\n".join([*source.future, *sorted(source.imports), "", "", *source.pieces.values()])


class _Source:
    """A module that is being gathered: each piece stands after those that it uses."""

    def __init__(self, later: bool) -> None:
        """later: whether the function's module leaves annotations alone."""
        self.future = ["from __future__ import annotations"] if later else []
        self.imports: set[str] = set()
        self.pieces: dict[str, str] = {}
        self._seen: set[int] = set()

    def gather(self, thing: Any) -> str:
        """Add a function or class with what it uses; returns the name that it is defined by."""
        node = _definition(thing)
        if id(thing) in self._seen:
            return node.name
        self._seen.add(id(thing))
        text = ast.unparse(node)
        inner = inspect.unwrap(thing)  # what a decorator of others has wrapped is what the source shows
        space = getattr(inner, "__globals__", None) or getattr(inspect.getmodule(inner), "__dict__", {})
        if inspect.isfunction(inner) and inner.__closure__:
            space = {**space, **inspect.getclosurevars(inner).nonlocals}
        for name in _names("\n".join([*self.future, text])):
            if name in space:
                self._take(name, space[name], thing)
        self.pieces[node.name] = f"{text}\n\n"
        return node.name

    def _take(self, name: str, value: Any, owner: Any) -> None:
        if isinstance(value, types.ModuleType):
            self.imports.add(f"import {value.__name__}" + (f" as {name}" if value.__name__ != name else ""))
            return
        if callable(value):
            value = inspect.unwrap(value)
        if inspect.isfunction(value) or inspect.isclass(value):
            if value.__module__ == owner.__module__:
                self._name(name, self.gather(value))
            else:
                self._import(name, value.__module__, value.__qualname__)
        elif (module := _module_of(value)) and module != owner.__module__:
            self._import(name, module, value.__name__)
        elif not self._constant(name, value):
            raise BadJob(
                f"The function uses {name}, a {type(value).__name__} of its module, which cannot be sent.",
                f"Make {name} inside of the function, or give it as an argument.",
                field="function",
            )

    def _import(self, name: str, module: str, defined: str) -> None:
        first, *inner = defined.split(".")
        if "<locals>" in inner:
            raise BadJob(
                f"The function uses {name}, which {module} makes while it runs.",
                f"Make {name} inside of the function, or give it as an argument.",
                field="function",
            )
        self.imports.add(f"from {module} import {first}" + (f" as {name}" if not inner and first != name else ""))
        if inner:
            self._name(name, defined)

    def _name(self, name: str, defined: str) -> None:
        """Let something be known by another name than the one it is defined by."""
        if name != defined:
            self.pieces.setdefault(f"{name} =", f"{name} = {defined}\n")

    def _constant(self, name: str, value: Any) -> bool:
        try:
            if ast.literal_eval(repr(value)) != value:
                return False
        except (ValueError, SyntaxError):
            return False
        self.pieces.setdefault(f"{name} =", f"{name} = {value!r}\n")
        return True


def _module_of(value: Any) -> str:
    """Return where something that is called comes from, such as a function in C; empty where nobody knows."""
    module = getattr(value, "__module__", None)
    return module if callable(value) and hasattr(value, "__name__") and isinstance(module, str) else ""


def _definition(thing: Any) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef:
    """Return the definition of a function or class without our decorator; raises BadJob."""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(thing))).body
    except (OSError, TypeError, SyntaxError):
        body = []
    if len(body) != 1 or not isinstance(node := body[0], ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        raise BadJob(
            f"The source of {getattr(thing, '__name__', thing)} cannot be read.",
            "Define the function by `def` in a file or a notebook's cell.",
            field="function",
        )
    node.decorator_list = [one for one in node.decorator_list if not _is_ours(one)]
    return node


def _is_ours(node: ast.expr) -> bool:
    """Say whether a decorator is `….job`, `step` or `….step`, with or without arguments."""
    called = node.func if isinstance(node, ast.Call) else node
    if isinstance(called, ast.Name):
        return called.id == "step"
    return isinstance(called, ast.Attribute) and called.attr in ("job", "step")


def _names(text: str) -> list[str]:
    """Return the names that a definition takes from its module: no parameters, no locals, nothing that it defines inside.

    >>> _names("def f(a, b=B):\\n    c = a + D\\n    return [E for e in c]")
    ['B', 'D', 'E']
    """
    found: dict[str, None] = {}

    def walk(table: symtable.SymbolTable, *, top: bool) -> None:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                found[symbol.get_name()] = None
        for inner in table.get_children():
            walk(inner, top=False)

    walk(symtable.symtable(text, "<job>", "exec"), top=True)
    return sorted(found)
