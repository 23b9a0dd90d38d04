"""AutoML jobs as steps of a pipeline's file: their tables become inputs of the step, and so does each setting that is bound to something."""

from pathlib import Path
from typing import Any

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import automl
from studiolo.studio.experiments.job_files.document import mapping, text
from studiolo.studio.pipelines import bindings
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.files.reading import Found, Slot

TABLES = ("training_data", "validation_data", "test_data")
# settings that may be bound: where they stand, the type of the input, what stands there while the rest is read, what they are in what is asked
_BOUND = {
    "target_column_name": ("", "string", "-", "target"),
    "primary_metric": ("", "string", "", "metric"),
    "timeout_minutes": ("limits", "number", "60", "time_limit"),
    "max_trials": ("limits", "integer", "1", "max_trials"),
}
_OF_STEPS = frozenset(
    [
        "component", "inputs", "outputs", "priority", "retries", "name", "display_name", "experiment_name", "comment", "version", "settings",
        "is_deterministic", "reuse", "after", "depends_on", *TABLES,
    ]
)  # fmt: skip
_LEFT = ("experiment", "name", "model")  # of what is asked: a step has its pipeline's, and registers by its outputs
MADE = {"best_model": {"type": "mlflow_model"}}


def body(name: str, raw: dict[str, Any], path: Path, found: Found, slot: Slot) -> dict[str, Any]:
    """Return what an AutoML step asks, with its interface and its inputs; raises BadJob and BadPipeline, which name the step."""
    if raw.get("component") is not None:
        said = f"Step '{name}' is AutoML, which no component is."
        raise BadPipeline(said, "Write its settings beside `type: automl`.", field=f"jobs.{name}.component")
    rest = {key: value for key, value in raw.items() if key not in _OF_STEPS}
    rest["limits"] = {key: value for key, value in mapping(raw, "limits").items() if key != "timeout"}
    inputs = {key: one for key in TABLES if (one := _table(name, key, raw.get(key), path, found, slot)) is not None}
    declares: dict[str, Any] = {}
    for key, (at, kind, instead, _) in _BOUND.items():
        place = rest[at] if at else rest
        if bindings.refs(said := text(place.get(key))):
            inputs[key], declares[key], place[key] = said, {"type": kind}, instead
    try:
        _refuse_bound(rest)
        asked, notes = automl.settings(rest)
    except BadJob as error:
        error.detail, error.field = f"Step '{name}': {error.detail}", f"jobs.{name}.{error.field}"
        raise
    found.warn(notes, name)
    for key in declares:
        asked[_BOUND[key][3]] = None
    kept = {key: value for key, value in asked.items() if key not in _LEFT and value not in (None, "", [])}
    return {
        "kind": "automl",
        "automl": kept | ({} if kept.get("time_limit") else {"time_limit": None}),
        "inputs": inputs,
        "declares": declares,
        "makes": MADE,
    }


def _table(name: str, key: str, given: Any, path: Path, found: Found, slot: Slot) -> Any:
    """Return what a table is given: a binding, data somewhere, or files of this machine that are noted to be sent."""
    from studiolo.studio.pipelines.files.steps import value_of

    if isinstance(given, dict) and bindings.whole(text(given.get("path"))):
        return text(given["path"]).strip()  # its type is that of what it is bound to, as Azure's is always mltable
    if given is not None and not isinstance(given, dict):
        place = text(given).strip()
        given = place if bindings.refs(place) else {"path": place, "type": "mltable"}
    return value_of(key, given, path, found, (*slot, "inputs", key), f"jobs.{name}.")


def _refuse_bound(rest: dict[str, Any]) -> None:
    """Refuse a binding where none can be filled in; raises BadJob."""
    waiting: list[tuple[str, Any]] = [(key, value) for key, value in rest.items() if key in automl.TAKEN]
    while waiting:
        at, value = waiting.pop(0)
        if isinstance(value, dict):
            waiting += [(f"{at}.{key}", one) for key, one in value.items()]
        elif isinstance(value, list):
            waiting += [(at, one) for one in value]
        elif "${{" in text(value):
            raise BadJob(
                f"'{at}' is bound to '{text(value)[:80]}', and must be written out.",
                f"Bound may be: {', '.join((*TABLES, *_BOUND))}.",
                field=at,
            )
