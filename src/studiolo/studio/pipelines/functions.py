"""Pipelines in Python: `@step` on plain functions, `@pipeline` on the function that joins them; components beside them.

A function travels as its source, like a job of `studio.experiments.job`. Parameters that are annotated `Path` are data, `Out` and `OutFile`
are places to write to; what is returned is the output `result`. Inside of a `@pipeline` a call is a step, and hands on its outputs.
"""

import inspect
import json
from collections.abc import Callable, Mapping
from copy import copy
from functools import update_wrapper
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints, overload

from studiolo.studio.experiments import functions
from studiolo.studio.experiments.job_files.data import LocalFile
from studiolo.studio.experiments.job_files.snapshot import files as files_of
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.pipelines import typing_rules
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.files import components as component_files
from studiolo.studio.pipelines.files import reading
from studiolo.studio.pipelines.files.reading import Slot
from studiolo.studio.pipelines.writing import LITERALS, RESULT, Builder, Call, Each, Handle, building, literal, sent
from studiolo.studio.pipelines.writing import builder as builder_of

FILE = "step.py"
_STEP = ("compute", "environment", "timeout_s", "retries", "priority", "reuse", "title", "env")
_TAIL = """

if __name__ == "__main__":
    import json as _json
    import sys as _sys
    from pathlib import Path as _Path

    _kinds, _given, _place = _json.loads({kinds!r}), {{}}, None
    for _word in _sys.argv[1:]:
        if not _word:
            continue
        _name, _, _text = _word.partition("=")
        _kind = _kinds[_name]
        if _kind == "result":
            _place = _text
        elif _kind == "path":
            _given[_name] = _Path(_text)
        elif _kind == "file":
            _given[_name] = _json.loads(_Path(_text).read_text("utf-8"))
        elif _kind == "json":
            _given[_name] = _json.loads(_text)
        elif _kind == "boolean":
            _given[_name] = _text.strip().lower() == "true"
        else:
            _given[_name] = {{"integer": int, "number": float}}.get(_kind, str)(_text)
    _result = {name}(**_given)
    if _place is not None:
        with open(_place, "w", encoding="utf-8") as _file:
            _file.write(str(_result) if {plain!r} else _json.dumps(_result, default=str))
"""


class Made(NamedTuple):
    """Marks a parameter as an output. type: of the output."""

    type: str


Out = Annotated[Path, Made("uri_folder")]
OutFile = Annotated[Path, Made("uri_file")]


class _Options:
    """What a step may be given besides its inputs; `with_` returns a copy with other ones."""

    _options: dict[str, Any]

    def with_(self, **options: Any) -> Any:
        """Return the same with other options: compute, environment, timeout_s, retries, priority, reuse, title, env."""
        for name in options:
            if name not in _STEP:
                raise BadPipeline(f"A step has no option '{name}'.", f"It has: {', '.join(_STEP)}.", field=name)
        other = copy(self)
        other._options = {**self._options, **options}  # noqa: SLF001 - its own copy
        return other


class Step(_Options):
    """A plain function that is a step in a pipeline, and itself everywhere else."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        functions.check_form(function)
        self._function, self._options = function, {key: value for key, value in options.items() if key in _STEP}
        self._job = {key: value for key, value in options.items() if key not in _STEP}
        self._hints = get_type_hints(function, include_extras=True)
        update_wrapper(self, function)

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Add a step to the pipeline that is being written down; outside of one, call the function."""
        if building.get() is None:
            return self._function(*given, **named)
        signature = inspect.signature(self._function)
        makes = self._outputs(signature)
        left = signature.replace(parameters=[one for name, one in signature.parameters.items() if name not in makes])
        try:
            bound = left.bind(*given, **named)
        except TypeError as error:
            raise BadPipeline(
                f"{self._function.__name__}: {error}.", field=f"steps.{self._function.__name__}"
            ) from None
        bound.apply_defaults()
        builder = builder_of()
        name = self._function.__name__
        inputs, declares, kinds, local = self._inputs(bound.arguments)
        result = self._hints.get("return")
        if result is not type(None) and RESULT not in makes and result is not None:
            makes[RESULT] = LITERALS.get(result, "uri_file")
        words = [f"{key}=${{{{inputs.{key}}}}}" for key in kinds] + [f"{key}=${{{{outputs.{key}}}}}" for key in makes]
        kinds |= {key: "result" if key == RESULT and RESULT not in signature.parameters else "path" for key in makes}
        plain = makes.get(RESULT) in typing_rules.LITERALS
        code = functions.source_of(self._function, later=True)
        code += _TAIL.format(kinds=json.dumps(kinds), name=name, plain=plain)
        task = JobSpec(command=["python", FILE, *words], **self._job).model_dump(mode="json", exclude_defaults=True)
        call = builder.add(
            name,
            {
                "kind": "command",
                "task": task,
                "declares": declares,
                "makes": {key: {"type": kind} for key, kind in makes.items()},
                "inputs": inputs,
                **self._options,
            },
            makes,
        )
        builder.texts["steps", call.name, "code"] = {FILE: code}
        for key, path in local.items():
            builder.files["steps", call.name, "inputs", key] = [
                LocalFile(None, file, place) for file, place in files_of(path, snapshot=False)
            ]
        return call

    def _outputs(self, signature: inspect.Signature) -> dict[str, str]:
        found = {}
        for name in signature.parameters:
            hint = self._hints.get(name)
            marks = (
                [one for one in get_args(hint)[1:] if isinstance(one, Made)] if get_origin(hint) is Annotated else []
            )
            if marks:
                found[name] = marks[0].type
        return found

    def _inputs(
        self, given: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, str], dict[str, Path]]:
        """Return inputs, their declarations, how the program reads each, and local files to be sent."""
        inputs: dict[str, Any] = {}
        declares: dict[str, Any] = {}
        kinds: dict[str, str] = {}
        local: dict[str, Path] = {}
        for name, value in given.items():
            one = value.result if isinstance(value, Call) else value
            if one is None:
                continue
            hint = self._hints.get(name)
            if isinstance(one, Each):
                kinds[name] = _of_item(hint)
                declares[name] = {"type": kinds[name]}
            elif isinstance(one, Handle):
                inputs[name] = one.text
                kind, kinds[name] = _of_handle(one, hint)
                if kind:  # else the studio finds it
                    declares[name] = {"type": kind}
            elif isinstance(one, Path):
                inputs[name], declares[name] = sent(name, one)
                kinds[name], local[name] = "path", one
            else:
                inputs[name], kinds[name] = literal(name, one, hint)
                declares[name] = {"type": typing_rules.of(inputs[name])}
        return inputs, declares, kinds, local


def _of_item(hint: Any) -> str:
    """Return the type of an input that the items of a fan-out give."""
    return LITERALS.get(hint, "string")


def _of_handle(one: Handle, hint: Any) -> tuple[str, str]:
    """Return the type of a bound input, empty where it is not known here, and how the program reads it."""
    if hint in LITERALS:
        return LITERALS[hint], LITERALS[hint]
    if one.kind in typing_rules.LITERALS:
        return one.kind, one.kind if one.of or hint in (None, Any) else "json"
    if one.of and one.name == RESULT and one.kind == "uri_file" and hint is not Path:
        return "uri_file", "file"
    return one.kind, "path"


class Component(_Options):
    """A component, of a file or registered, that can be called inside of a pipeline with its inputs by name."""

    def __init__(self, reference: str | Path) -> None:
        self._reference, self._options = reference, {}

    def __call__(self, **given: Any) -> Call:
        """Add a step that runs it."""
        builder = builder_of()
        path = Path(self._reference)
        found = reading.Found()
        if path.suffix in (".yml", ".yaml"):
            body = component_files.body(reading.read(path), path, found, ())
            found.refuse()
            made = {
                "kind": body["kind"],
                "task": body.get("task"),
                "graph": body.get("graph"),
                "declares": body["inputs"],
            }
            made |= {"makes": body["outputs"], "reuse": body["is_deterministic"]}
            makes: dict[str, str] | None = {name: one["type"] for name, one in body["outputs"].items()}
            name = path.stem
        else:
            made, makes, name = (
                {"component": str(self._reference)},
                None,
                str(self._reference).removeprefix("azureml:").partition(":")[0],
            )
        inputs: dict[str, Any] = {}
        local = {}
        for key, value in given.items():
            one = value.result if isinstance(value, Call) else value
            if isinstance(one, Handle):
                inputs[key] = one.text
            elif isinstance(one, Path):
                inputs[key], local[key] = sent(key, one)[0], one
            elif one is not None and not isinstance(one, Each):
                inputs[key] = one
        call = builder.add(name.partition("@")[0].replace(".", "_"), {**made, "inputs": inputs, **self._options}, makes)
        for slot, listed in found.files.items():
            builder.files["steps", call.name, *slot] = listed
        for key, place in local.items():
            builder.files["steps", call.name, "inputs", key] = [
                LocalFile(None, f, p) for f, p in files_of(place, snapshot=False)
            ]
        return call


class Pipeline:
    """A function that joins steps. Called with values it is a pipeline to submit; inside of another one it is a step of that."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        functions.check_form(function)
        self._function, self.options = function, options
        self.title = function.__name__.replace("_", " ")
        update_wrapper(self, function)

    def __call__(self, *given: Any, **named: Any) -> Any:
        """Return the pipeline with these values, to be given to `studio.pipelines.submit`."""
        bound = inspect.signature(self._function).bind(*given, **named)
        bound.apply_defaults()
        written = _written(self._function, bound.arguments)
        outer = building.get()
        if outer is None:
            return Written(self, *written)
        graph, values, files, texts = written
        makes = {name: one["type"] for name, one in graph["outputs"].items()}
        step = {
            "kind": "pipeline",
            "graph": graph,
            "declares": graph["inputs"],
            "makes": graph["outputs"],
            "inputs": values,
        }
        call = outer.add(self._function.__name__, step, makes)
        for slot, listed in files.items():
            place = ("steps", call.name, "inputs", *slot[1:]) if slot[0] == "values" else ("steps", call.name, *slot)
            outer.files[place] = listed
        for slot, text in texts.items():
            outer.texts["steps", call.name, *slot] = text
        return call


class Written(NamedTuple):
    """A pipeline with its values, written down."""

    of: Pipeline
    graph: dict[str, Any]
    values: dict[str, Any]
    files: dict[Slot, list[LocalFile]]
    texts: dict[Slot, dict[str, str]]

    def spec(self, **changes: Any) -> dict[str, Any]:
        """Return it as it is sent. changes: name, experiment, description, tags, priority, and settings such as force_rerun."""
        given = {**self.of.options, **changes}
        settings = {
            key: given.pop(key)
            for key in ("default_compute", "continue_on_step_failure", "force_rerun")
            if key in given
        }
        name = given.pop("name", "") or self.of.title
        return {"name": name, "graph": self.graph, "values": self.values, "settings": settings, **given}


def _written(
    function: Callable[..., Any], given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], dict[Slot, list[LocalFile]], dict[Slot, dict[str, str]]]:
    """Call a function that joins steps, and return its graph, the values of its inputs, and what is to be sent."""
    builder = Builder()
    ports: dict[str, Any] = {}
    values: dict[str, Any] = {}
    handles: dict[str, Any] = {}
    files: dict[Slot, list[LocalFile]] = {}
    for name, value in given.items():
        one = value.result if isinstance(value, Call) else value
        if one is None:
            handles[name] = None
            continue
        if isinstance(one, Each):
            ports[name] = {"type": _of_item(get_type_hints(function).get(name))}
        elif isinstance(one, Handle):
            values[name], ports[name] = one.text, {"type": one.kind or "uri_folder"}
        elif isinstance(one, Path):
            values[name], ports[name] = sent(name, one)
            files["values", name] = [LocalFile(None, file, place) for file, place in files_of(one, snapshot=False)]
        elif isinstance(one, dict) and "path" in one:
            values[name], ports[name] = one, {"type": one.get("type", "uri_folder")}
        else:
            values[name] = one if isinstance(one, str | int | float | bool) else literal(name, one, None)[0]
            ports[name] = {"type": typing_rules.of(values[name])}
        handles[name] = Handle(f"${{{{parent.inputs.{name}}}}}", ports[name]["type"], name=name)
    token = building.set(builder)
    try:
        returned = function(**handles)
    finally:
        building.reset(token)
    outputs = _bound(builder, returned)
    graph = {"inputs": ports, "outputs": outputs, "steps": builder.steps}
    inner = {("graph", *slot): listed for slot, listed in builder.files.items()}
    return graph, values, {**files, **inner}, {("graph", *slot): text for slot, text in builder.texts.items()}


def _bound(builder: Builder, returned: Any) -> dict[str, Any]:
    """Bind what a pipeline returns to its outputs: a mapping of names, or one output."""
    if returned is None:
        return {}
    named = returned if isinstance(returned, Mapping) else {RESULT: returned}
    outputs = {}
    for name, value in named.items():
        one = value.result if isinstance(value, Call) else value
        if not isinstance(one, Handle) or one.of is None:
            raise BadPipeline(
                f"The output '{name}' is no output of a step.",
                'Return {"model": train["model"]}.',
                field=f"outputs.{name}",
            )
        builder.steps[one.of.name].setdefault("outputs", {})[one.name] = {"bind": name}
        outputs[name] = {"type": one.kind or "uri_folder"}
    return outputs


@overload
def step(function: Callable[..., Any], /) -> Step: ...
@overload
def step(**options: Any) -> Callable[[Callable[..., Any]], Step]: ...
def step(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a plain function a step: `@step`, or `@step(environment="sklearn-1.5", cores=2, gpus=1, reuse=False)`.

    options: compute, environment, timeout_s, retries, priority, reuse, title, env; resources, secrets and others of JobSpec.
    """
    if function is not None:
        return Step(function, {})
    if own := {key: options.pop(key) for key in ("cores", "gpus") if key in options}:
        options["resources"] = own
    return lambda inner: Step(inner, options)


@overload
def pipeline(function: Callable[..., Any], /) -> Pipeline: ...
@overload
def pipeline(**options: Any) -> Callable[[Callable[..., Any]], Pipeline]: ...
def pipeline(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function that joins steps a pipeline: `@pipeline`, or `@pipeline(experiment="houses", default_compute="cpu-cluster")`."""
    if function is not None:
        return Pipeline(function, {})
    return lambda inner: Pipeline(inner, options)


def component(reference: str | Path) -> Component:
    """Return a component to be called inside of a pipeline: a YAML file, or a registered one such as `train:2`."""
    return Component(reference)
