"""A graph while it is being written down in Python: its steps, and what a call in it hands on."""

import json
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from studiolo.studio.experiments.job_files.data import LocalFile
from studiolo.studio.pipelines import typing_rules
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.files.reading import Slot

RESULT = "result"  # the output that a function's return value is
LITERALS = {bool: "boolean", int: "integer", float: "number", str: "string"}


class Handle:
    """An output of a step, or an input of the pipeline, while a pipeline is being written down. kind: its type, where it is known."""

    def __init__(self, text: str, kind: str, of: "Call | None" = None, name: str = "") -> None:
        self.text, self.kind, self.of, self.name = text, kind, of, name

    def __bool__(self) -> bool:
        raise BadPipeline(
            "A value of a pipeline is not known while its steps are written down.",
            "Decide inside of a step, or give it to `if_else`; to run a step again there is `loop`.",
            field="pipeline",
        )

    def __iter__(self) -> Iterator[Any]:
        raise _unknown_items()


def _unknown_items() -> BadPipeline:
    return BadPipeline(
        "What a step makes is not known while the steps are written down, so nothing can be done for each of it.",
        "Give it to `parallel_for`, with a step that is called with `each`.",
        field="pipeline",
    )


class Each:
    """Stands for an input that each item of a `parallel_for` gives."""

    def __repr__(self) -> str:
        return "each"


each = Each()


class Call:
    """A step that a pipeline has. Its outputs: `call["model"]`, `call.result`; the call itself stands for the result."""

    def __init__(self, name: str, makes: Mapping[str, str] | None) -> None:
        self.name, self.makes = name, makes

    def __getitem__(self, output: str) -> Handle:
        if self.makes is not None and output not in self.makes:
            raise BadPipeline(
                f"Step '{self.name}' has no output '{output}'.",
                f"It has: {', '.join(self.makes) or 'none'}.",
                field=f"steps.{self.name}",
            )
        kind = self.makes[output] if self.makes is not None else ""
        return Handle(f"${{{{parent.jobs.{self.name}.outputs.{output}}}}}", kind, self, output)

    def __iter__(self) -> Iterator[Any]:
        raise _unknown_items()

    @property
    def result(self) -> Handle:
        """What the function returned."""
        return self[RESULT]

    def after(self, *others: "Call") -> "Call":
        """Let it wait for steps of which it reads nothing; returns itself."""
        builder().steps[self.name].setdefault("after", []).extend(one.name for one in others)
        return self


class Builder:
    """A graph that is being written down. files, texts: to be sent, by their slot."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, Any]] = {}
        self.files: dict[Slot, list[LocalFile]] = {}
        self.texts: dict[Slot, dict[str, str]] = {}

    def add(self, wanted: str, step: dict[str, Any], makes: Mapping[str, str] | None) -> Call:
        name, number = wanted, 2
        while name in self.steps:
            name, number = f"{wanted}_{number}", number + 1
        self.steps[name] = step
        return Call(name, makes)


building: ContextVar[Builder | None] = ContextVar("pipeline", default=None)


def builder() -> Builder:
    found = building.get()
    if found is None:
        raise BadPipeline(
            "There is no pipeline that is being written down.", "Call it inside of a @pipeline.", field="pipeline"
        )
    return found


def sent(name: str, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    if not path.exists():
        raise BadPipeline(
            f"'{name}' is {path}, which does not exist.", "Paths count from the working folder.", field=f"inputs.{name}"
        )
    kind = "uri_file" if path.is_file() else "uri_folder"
    return {"type": kind, "files": []}, {"type": kind}


def literal(name: str, value: Any, hint: Any) -> tuple[Any, str]:
    if isinstance(value, str | int | float | bool):
        return value, LITERALS[hint] if hint in LITERALS else typing_rules.of(value)
    try:
        return json.dumps(value), "json"
    except (TypeError, ValueError):
        raise BadPipeline(
            f"'{name}' is a {type(value).__name__}, which cannot be sent.",
            "Give numbers, texts, lists, mappings, paths, or outputs of steps.",
            field=f"inputs.{name}",
        ) from None
