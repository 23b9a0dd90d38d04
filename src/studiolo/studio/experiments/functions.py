"""Plain functions as jobs: `@studio.experiments.job(...)`, whose call in the studio is `function.submit(...)`.

What travels is the function's source, with what it uses of its module: other functions and classes of it, constants that
JSON can hold, and imports. So it works from a script and from a notebook, and needs nothing of ours where it runs.
"""

import ast
import inspect
import json
import textwrap
import types
from collections.abc import Callable, Iterator
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
    for _name in _given["paths"]:
        _given["values"][_name] = _Path(_given["values"][_name])
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
        call = json.dumps({"values": values, "paths": [], "inputs": sorted(shapes)})
        return FunctionRun(
            self._experiments, self._experiments.submit_function(self._spec(values, shapes), code, call, sent)
        )

    def _spec(self, values: dict[str, Any], shapes: dict[str, str]) -> JobSpec:
        options = dict(self._options)
        cores = options.pop("cores", 1)
        inputs = [f"${{{{inputs.{name}}}}}" for name in sorted(shapes)]
        return JobSpec(
            name=options.pop("name", "") or self._function.__name__.replace("_", " "),
            command=["python", FILE, "call.json", *inputs],
            params={name: str(value) for name, value in values.items()},
            resources=Resources(cores=cores),
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


def source_of(function: Callable[..., Any]) -> str:
    """Return a module with a function and what it uses of its own one. Raises BadJob for what has no source."""
    pieces: dict[str, str] = {}
    _gather(function, pieces, set())
    imports = sorted(text for name, text in pieces.items() if text.startswith(("import ", "from ")))
    rest = [text for text in pieces.values() if not text.startswith(("import ", "from "))]
    return "\n".join([*imports, "", "", *reversed(rest)])


def _gather(thing: Any, pieces: dict[str, str], seen: set[int]) -> None:
    if id(thing) in seen:
        return
    seen.add(id(thing))
    try:
        text = textwrap.dedent(inspect.getsource(thing))
    except (OSError, TypeError):
        raise BadJob(
            f"The source of {getattr(thing, '__name__', thing)} cannot be read.",
            "Define the function in a file or a notebook's cell.",
            field="function",
        ) from None
    tree = ast.parse(text)
    [node] = tree.body
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    node.decorator_list = [one for one in node.decorator_list if not _is_ours(one)]
    pieces[f"def {node.name}"] = f"{ast.unparse(node)}\n\n"
    space = getattr(thing, "__globals__", None) or getattr(inspect.getmodule(thing), "__dict__", {})
    if inspect.isfunction(thing) and thing.__closure__:
        space = {**space, **inspect.getclosurevars(thing).nonlocals}
    for name in _names(node):
        if name in space:
            _take(name, space[name], thing, pieces, seen)


def _is_ours(node: ast.expr) -> bool:
    """Say whether a decorator is `….job` or `….job(…)`."""
    called = node.func if isinstance(node, ast.Call) else node
    return isinstance(called, ast.Attribute) and called.attr == "job"


def _names(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            yield inner.id


def _take(name: str, value: Any, owner: Any, pieces: dict[str, str], seen: set[int]) -> None:
    if isinstance(value, JobFunction):
        value = inspect.unwrap(value)
    if isinstance(value, types.ModuleType):
        pieces[name] = f"import {value.__name__}" + (f" as {name}" if value.__name__ != name else "")
    elif inspect.isfunction(value) or inspect.isclass(value):
        if value.__module__ == owner.__module__:
            _gather(value, pieces, seen)
        else:
            shown = "" if value.__qualname__ == name else f" as {name}"
            pieces[name] = f"from {value.__module__} import {value.__qualname__}{shown}"
    elif (module := getattr(value, "__module__", None)) and callable(value) and hasattr(value, "__name__"):
        pieces[name] = f"from {module} import {value.__name__}" + (f" as {name}" if value.__name__ != name else "")
    else:
        try:
            if ast.literal_eval(repr(value)) == value:
                pieces[f"constant {name}"] = f"{name} = {value!r}\n"
                return
        except (ValueError, SyntaxError):
            pass
        raise BadJob(
            f"The function uses {name}, a {type(value).__name__} of its module, which cannot be sent.",
            f"Make {name} inside of the function, or give it as an argument.",
            field="function",
        )
