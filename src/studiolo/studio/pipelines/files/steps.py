"""Steps of a pipeline's file: inline jobs, components by reference or file, nested pipelines, conditions and fan-outs."""

import re
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.experiments.job_files import data, parallel
from studiolo.studio.experiments.job_files.document import enum, literal, mapping, text, unknown
from studiolo.studio.experiments.job_files.kinds import kind_of, schema_name
from studiolo.studio.pipelines import bindings, typing_rules
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.files import automl_steps, changes, reading
from studiolo.studio.pipelines.files.reading import LITERALS, Found, Slot

_STEP = {
    "component",
    "type",
    "inputs",
    "outputs",
    "compute",
    "resources",
    "distribution",
    "limits",
    "environment_variables",
}
_STEP |= {"comment", "properties", "services", "identity", "display_name", "description", "name", "tags", "environment"}
_STEP |= {
    "retries",
    "priority",
    "is_deterministic",
    "reuse",
    "after",
    "depends_on",
    "settings",
    "queue_settings",
    "$schema",
    "version",
}
_FLOW = {
    "type",
    "condition",
    "true_block",
    "false_block",
    "body",
    "items",
    "max_concurrency",
    "mapping",
    "limits",
    "outputs",
    "inputs",
    "after",
    "display_name",
}
_JOBS = ("command", "sweep", "parallel", "notebook", "spark", "automl")
_KINDS = (*_JOBS, "pipeline", "if_else", "parallel_for", "do_while")
_REGISTERED = re.compile(r"azureml:|azureml://")


def step(name: str, raw: Any, path: Path, found: Found, slot: Slot) -> dict[str, Any]:
    """Read a step; what is wrong with it is kept in `found`, or raised where nothing of it can be read. slot: of the step in the graph."""
    if not isinstance(raw, dict):
        raise BadPipeline(f"Step '{name}' must be a mapping.", field=f"jobs.{name}")
    kind = _kind(name, raw)
    if kind in ("if_else", *bindings.WITH_BODY):
        return _flow(name, kind, raw, path, found, slot)
    if kind == "parallel" and raw.get("component") is None:
        raw = parallel.with_model(raw)
    made: dict[str, Any] = {}
    with found.telling(name):
        made = _body(name, kind, raw, path, found, slot)
        made |= _around(name, raw, found, made.get("task"))
    if made.get("kind") == "pipeline" and made.pop("timeout_s", None) is not None:
        found.warn(["'limits.timeout' is left out: a pipeline within a pipeline has none, its steps may have"], name)
    inputs = made.pop("inputs", {})
    for port, given in (mapping(raw, "inputs") if kind != "automl" else {}).items():
        with found.telling(name):
            value = value_of(port, given, path, found, (*slot, "inputs", port), f"jobs.{name}.inputs.")
            if value is not None:
                inputs[port] = value
    made["inputs"] = inputs
    with found.telling(name):
        made["outputs"] = _outputs(name, mapping(raw, "outputs"))
    return made


def _kind(name: str, raw: dict[str, Any]) -> str:
    word = enum(raw.get("type")) or ("" if raw.get("component") else kind_of(raw)) or "command"
    if word in _KINDS:
        return word
    raise BadPipeline(
        f"Step '{name}' is of type '{word}', which pipelines here do not have.",
        f"Known are: {', '.join(_KINDS)}.",
        field=f"jobs.{name}.type",
    )


def _body(name: str, kind: str, raw: dict[str, Any], path: Path, found: Found, slot: Slot) -> dict[str, Any]:
    """Return what a step runs, with its interface."""
    given = raw.get("component")
    if kind == "automl":
        return automl_steps.body(name, raw, path, found, slot) | {"reuse": _deterministic(raw)}
    if isinstance(given, str):
        reference = given.strip()
        local = path.parent / reference.removeprefix("file:")
        if reference.startswith("file:") or (
            not _REGISTERED.match(reference) and (local.is_file() or reference.endswith((".yml", ".yaml")))
        ):
            return _of_file(name, local, found, slot)
        plain = kind not in ("sweep", "parallel", "notebook", "spark", "pipeline")
        return {"kind": "command" if plain else kind, "component": reference}
    if isinstance(given, dict):
        from studiolo.studio.pipelines.files import components

        before = len(found.wrong)
        body = components.body(given, path, found, slot)
        found.under(name, since=before)
        return _of_component(body)
    if kind == "pipeline":
        from studiolo.studio.pipelines.files import pipelines

        before = len(found.wrong)
        graph = pipelines.graph(raw, path, found, (*slot, "graph"))
        found.under(name, since=before)
        known = {port: one for port, value in mapping(raw, "inputs").items() if (one := _declared(value)) is not None}
        graph["inputs"] = known
        return {"kind": "pipeline", "graph": graph, "declares": known, "makes": graph["outputs"]}
    where = f"jobs.{name}."
    declares = {port: one for port, value in mapping(raw, "inputs").items() if (one := _declared(value)) is not None}
    makes: dict[str, Any] = {}
    for port, value in mapping(raw, "outputs").items():
        with found.telling(name):
            makes[port] = reading.ports_made(port, value, f"{where}outputs.")
    inline = _inline(raw)
    if kind == "sweep":
        trial, place = reading.trial_of(raw, path)
        tried = mapping(raw, "search_space").keys()
        of_trial = {
            port: reading.port(port, value, f"{where}trial.inputs.") for port, value in mapping(trial, "inputs").items()
        }
        declares = {
            p: v.model_dump(mode="json", exclude_defaults=True) | {"type": v.type}
            for p, v in of_trial.items()
            if p not in tried
        } | {port: one for port, one in declares.items() if port not in of_trial}
        makes = {
            port: reading.ports_made(port, value, f"{where}trial.outputs.")
            for port, value in mapping(trial, "outputs").items()
        } | makes
        inline["inputs"] = dict.fromkeys(
            [*mapping(raw, "inputs"), *(port for port in of_trial if port not in tried)], ""
        )
        inline["outputs"] = dict.fromkeys(makes)
        inline["trial"] = trial
        path = place
    task = reading.task(kind, inline, path, found, slot, name)
    return {"kind": kind, "task": task, "declares": declares, "makes": makes, "reuse": _deterministic(raw)}


def _of_file(name: str, local: Path, found: Found, slot: Slot) -> dict[str, Any]:
    """Return what the component of a file runs, with its interface."""
    from studiolo.studio.pipelines.files import components

    if local.resolve() in found.read:
        raise BadPipeline(f"Step '{name}': {local} contains itself.", field=f"jobs.{name}.component")
    try:
        raw = reading.read(local)
    except StudioloError as error:
        error.field = f"jobs.{name}.component"
        raise
    inner = Found(places=found.places, read=(*found.read, local.resolve()))
    body = components.body(raw, local, inner, slot)
    found.warn(inner.warnings, name)
    found.files |= inner.files
    found.codes += inner.codes
    found.under(name, inner)
    return _of_component(body)


def _inline(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a step as the job that it is, without what is of steps alone."""
    left_out = (
        "comment",
        "is_deterministic",
        "reuse",
        "after",
        "depends_on",
        "settings",
        "compute",
        "version",
        "retries",
    )
    return {key: value for key, value in raw.items() if key not in left_out}


def _of_component(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": body["kind"],
        "task": body.get("task"),
        "graph": body.get("graph"),
        "declares": body["inputs"],
        "makes": body["outputs"],
        "reuse": body["is_deterministic"],
        "title": body.get("display_name", ""),
    }


def _deterministic(raw: dict[str, Any]) -> bool:
    return all(reading.truth(raw[key]) for key in ("is_deterministic", "reuse") if raw.get(key) is not None)


def _declared(given: Any) -> dict[str, Any] | None:
    """Return the interface of an inline step's input, by what it is given; None for a binding, whose type the studio finds."""
    if isinstance(given, dict):
        kind = enum(given.get("type")) or "uri_folder"
        return {"type": kind, "optional": reading.truth(given.get("optional"))}
    value = reading.scalar(given)
    if isinstance(value, str) and bindings.expressions(value):
        return None
    return {"type": typing_rules.of(value)} if given is not None else {"type": "string", "optional": True}


def _around(name: str, raw: dict[str, Any], found: Found, task: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a step says besides what it runs. task: of the component that it brings along, which it may change."""
    made: dict[str, Any] = {}
    if raw.get("component") is not None:
        made |= _of_reference(name, raw, found, changes.taken(name, task, raw, found))
    if compute := text(raw.get("compute")).strip():
        made["compute"] = compute
    if (timeout := mapping(raw, "limits").get("timeout")) is not None:
        made["timeout_s"] = timeout
    if (retries := raw.get("retries")) is not None:
        made["retries"] = retries
    if isinstance(raw.get("priority"), int):
        made["priority"] = raw["priority"]
    if after := raw.get("after", raw.get("depends_on")):
        made["after"] = _names(after)
    if title := text(raw.get("display_name")):
        made["title"] = title
    if comment := text(raw.get("comment") or raw.get("description")):
        made["comment"] = comment
    if mapping(raw, "settings"):
        found.warn(["'settings' of a step are left out: those of the pipeline hold"], name)
    return made


def _of_reference(name: str, raw: dict[str, Any], found: Found, taken: tuple[str, ...]) -> dict[str, Any]:
    """Return what a step changes of the component that it names. taken: what of it has been changed already."""
    found.warn(unknown(raw, _STEP), name)
    left = [
        key
        for key in ("services", "identity", "queue_settings", "resources", "distribution")
        if raw.get(key) and key not in taken
    ]
    found.warn([f"'{key}' is left out: the component says what it needs" for key in left], name)
    made: dict[str, Any] = {"env": {key: literal(v) for key, v in mapping(raw, "environment_variables").items()}}
    if isinstance(raw.get("environment"), str):
        made["environment"] = text(raw["environment"]).strip()
    if not _deterministic(raw):
        made["reuse"] = False
    return made


def _names(given: Any) -> list[str]:
    """Return the steps that a text, or a list of texts, names."""
    return [bindings.step_named(text(one)) for one in (given if isinstance(given, list) else [given])]


def value_of(name: str, given: Any, path: Path, found: Found, slot: Slot, where: str) -> Any:
    """Return what an input is given, None for nothing; files of this machine are noted to be sent."""
    if given is None:
        return None
    if not isinstance(given, dict):
        value = reading.scalar(given)
        here = data.mapped(value, found.places) if isinstance(value, str) else None
        if here is None:
            return value
        given = {"path": str(here), "type": "uri_file" if here.is_file() else "uri_folder"}
    kind = enum(given.get("type")) or "uri_folder"
    if kind in LITERALS:
        said = given.get("value", given.get("default", given.get("path")))
        return None if said is None else reading.scalar(said)
    return _data(name, kind, given, path, found, slot, where)


def _data(
    name: str, kind: str, given: dict[str, Any], path: Path, found: Found, slot: Slot, where: str
) -> dict[str, Any] | None:
    place = text(given.get("path")).strip()
    if not place:
        if reading.truth(given.get("optional")):
            return None
        raise BadPipeline(f"Input '{name}' has no path.", "Write where the data is.", field=f"{where}{name}")
    if bindings.refs(place):
        return {"type": kind, "path": place, "mode": enum(given.get("mode")) or "ro_mount"}
    try:
        read = data.inputs({name: given}, path.resolve().parent, found.places)
    except StudioloError as error:
        error.field = f"{where}{name}"
        raise
    found.warn(read.warnings, "")
    if name in read.data:
        return read.data[name].model_dump(mode="json")
    found.files[slot] = read.files
    alone = read.shapes[name] == "file"
    return {"type": "uri_file" if alone else kind if kind != "uri_file" else "uri_folder", "files": []}


def _outputs(name: str, given: dict[str, Any]) -> dict[str, Any]:
    made = {}
    for port, value in given.items():
        if value is None:
            continue
        if isinstance(value, str):
            bound = bindings.output_named(value)
            if bound is None:
                raise BadPipeline(
                    f"Output '{port}' of step '{name}' is bound to '{value[:80]}', which is no output of the pipeline.",
                    "Write ${{parent.outputs.<name>}}.",
                    field=f"jobs.{name}.outputs.{port}",
                )
            made[port] = {"bind": bound}
            continue
        place = text(value.get("path")).strip() if isinstance(value, dict) else ""
        bound = bindings.output_named(place)
        about = {
            "mode": enum(value.get("mode")) or "rw_mount",
            "name": text(value.get("name")),
            "version": text(value.get("version")),
        }
        made[port] = {**about, "bind": bound or "", "path": "" if bound else place}
    return made


def _flow(name: str, kind: str, raw: dict[str, Any], path: Path, found: Found, slot: Slot) -> dict[str, Any]:
    found.warn(unknown(raw, _FLOW), name)
    made: dict[str, Any] = {"kind": kind, "title": text(raw.get("display_name"))}
    made["after"] = [bindings.step_named(text(one)) for one in raw.get("after") or []]
    if kind == "if_else":
        made["condition"] = reading.scalar(raw["condition"]) if raw.get("condition") is not None else None
        for key, field in (("true_block", "if_true"), ("false_block", "if_false")):
            given = raw.get(key) or []
            made[field] = [bindings.step_named(text(one)) for one in (given if isinstance(given, list) else [given])]
        return made
    body = raw.get("body")
    made["body"] = bindings.step_named(text(body)) if not isinstance(body, dict) else f"{name}_body"
    if isinstance(body, dict):
        made["inline"] = step(made["body"], body, path, found, (*slot[:-1], made["body"]))
    if kind == "do_while":
        return made | _loop(name, raw)
    items = raw.get("items")
    if isinstance(items, dict):
        items = list(items.values())
    if isinstance(items, list):
        made["items"] = [
            {str(key): reading.scalar(value) for key, value in item.items()}
            if isinstance(item, dict)
            else reading.scalar(item)
            for item in items
        ]
    elif items is not None:
        made["items"] = text(items)
    made["max_concurrency"] = int(raw.get("max_concurrency") or 0)
    made["outputs"] = _outputs(name, mapping(raw, "outputs"))
    return made


def _loop(name: str, raw: dict[str, Any]) -> dict[str, Any]:
    """Return what a loop says beside its body."""
    limits = mapping(raw, "limits")
    most = limits.get("max_iteration_count", raw.get("max_iteration_count"))
    mapped = {
        str(out): [text(one).strip() for one in (given if isinstance(given, list) else [given])]
        for out, given in mapping(raw, "mapping").items()
    }
    made: dict[str, Any] = {"condition": text(raw.get("condition")).strip(), "mapping": mapped}
    return (
        made
        | ({"max_iterations": most} if most is not None else {})
        | {"outputs": _outputs(name, mapping(raw, "outputs"))}
    )


def known_kind(raw: dict[str, Any]) -> str:
    """Return the kind of a component's file: command, sweep, parallel, notebook, spark or pipeline."""
    name = schema_name(raw)
    if name.startswith("pipelinecomponent") or "jobs" in raw:
        return "pipeline"
    if name.startswith("parallelcomponent") or enum(raw.get("type")) == "parallel":
        return "parallel"
    if name.startswith("sparkcomponent") or enum(raw.get("type")) == "spark":
        return "spark"
    if enum(raw.get("type")) == "notebook" or "notebook" in raw:
        return "notebook"
    return "sweep" if enum(raw.get("type")) == "sweep" or "trial" in raw else "command"
