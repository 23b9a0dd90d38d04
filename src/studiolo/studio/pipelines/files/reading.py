"""What pipelines and components have in common when they are read: files to be sent, tasks, ports, and duplicates that YAML hides."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import command, document, notebook, parallel, spark, sweep
from studiolo.studio.experiments.job_files.data import LocalFile
from studiolo.studio.experiments.job_files.document import FileNotThere, enum, first_error, literal, mapping, text
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.schemas import OutputPort, Port, Problem

LITERALS = ("string", "number", "integer", "boolean")
Slot = tuple[str, ...]  # where in a graph files belong: ("steps", "train", "code"), ("values", "data")


@dataclass(slots=True)
class Found:
    """What reading has gathered. files: to be sent, by their slot; codes: folders of code, for what git says of them.

    wrong: what cannot be read, with the path of the step; reading goes on behind it, and `refuse` tells all of it at the end.
    """

    warnings: list[str] = field(default_factory=list)
    files: dict[Slot, list[LocalFile]] = field(default_factory=dict)
    codes: list[Path] = field(default_factory=list)
    places: Mapping[str, str] = field(default_factory=dict)
    read: tuple[Path, ...] = ()  # files of components that are being read, so that a circle is seen
    wrong: list[tuple[str, StudioloError]] = field(default_factory=list)

    def warn(self, warnings: list[str], where: str) -> None:
        """Keep warnings, each with the place that it is about."""
        self.warnings += [f"{where}: {one}" if where else one for one in warnings]

    @contextmanager
    def telling(self, step: str = "") -> Iterator[None]:
        """Keep what is wrong with a step, or with the pipeline itself, and go on behind it."""
        try:
            yield
        except StudioloError as error:
            self.wrong.append((step, error))

    def under(self, step: str, inner: "Found | None" = None, since: int = 0) -> None:
        """Let what was found in a nested pipeline stand under its step: all of inner, or here what came since so many."""
        if inner is not None:
            since = len(self.wrong)
            self.wrong += inner.wrong
        self.wrong[since:] = [(f"{step}/{name}" if name else step, error) for name, error in self.wrong[since:]]

    def problems(self) -> list[Problem]:
        """Return what is wrong as problems, each with its step and field."""
        return [
            Problem(step=step, field=_below(step, error.field or ""), message=error.detail, hint=error.hint or "")
            for step, error in self.wrong
        ]

    def refuse(self) -> None:
        """Raise what is wrong: one error as it is, of several the first, with all of them in its body."""
        if not self.wrong:
            return
        first = self.wrong[0][1]
        if len(self.wrong) == 1:
            raise first
        raise BadPipeline(
            f"{first.detail} ({len(self.wrong) - 1} more problems.)",
            first.hint or "",
            field=first.field or "",
            problems=[one.model_dump() for one in self.problems()],
        )


def _below(step: str, at: str) -> str:
    """Return the field of an error as one of its step.

    >>> _below("prep/fit", "jobs.fit.inputs.data"), _below("fit", "task")
    ('inputs.data', 'task')
    """
    return at.removeprefix(f"jobs.{step.rpartition('/')[2]}.") if step else at


def fill(spec: dict[str, Any], sent: Mapping[Slot, Sequence[Any]]) -> None:
    """Write files that were sent where they belong."""
    for slot, files in sent.items():
        place: Any = spec
        for key in slot[:-1]:
            place = place[key]
        listed = [file.model_dump(mode="json") for file in files]
        if slot[-1] == "code":
            place["task"]["code"] = listed
        else:
            place[slot[-1]]["files"] = listed


def read(path: Path) -> dict[str, Any]:
    """Read a file that must hold a mapping, and refuse a key that is written twice; raises FileNotThere, BadJob, BadPipeline."""
    raw = document.read(path)
    refuse_duplicates(path.read_text("utf-8-sig"), str(path))
    return raw


def refuse_duplicates(source: str, name: str) -> None:
    """Refuse a mapping that has a key twice: YAML would silently keep the last. Raises BadPipeline."""
    import yaml

    try:
        waiting: list[tuple[Any, str]] = [(yaml.compose(source, yaml.SafeLoader), "")]
    except yaml.YAMLError as error:
        raise BadPipeline(f"{name} is no YAML: {error}", "Check indentation and quotes.", field="file") from None
    while waiting:
        node, at = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                word = str(getattr(key, "value", ""))
                if word in seen:
                    noun = "step" if at == "jobs" else "key"
                    raise BadPipeline(
                        f"{name} has the {noun} '{word}' twice{f' under {at}' if at else ''}.",
                        "Give each its own name.",
                        field=f"{at}.{word}".strip("."),
                    )
                seen.add(word)
                waiting.append((value, f"{at}.{word}".strip(".")))
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(item, at) for item in node.value]


def task(kind: str, raw: dict[str, Any], path: Path, found: Found, slot: Slot, where: str) -> dict[str, Any]:
    """Return the job that a step or component runs, as a template; its code is noted to be sent. path: of the file it stands in."""
    names = list(mapping(raw, "inputs"))
    given = {key: value for key, value in raw.items() if key not in ("$schema", "type", "component")}
    given["inputs"] = dict.fromkeys(names, "")
    given["outputs"] = {name: {} for name in mapping(raw, "outputs")}
    given["display_name"] = text(raw.get("display_name")) or where or path.stem
    try:
        readers = {"sweep": sweep.of, "notebook": notebook.of, "spark": spark.of}
        if kind == "parallel":
            job = parallel.of(given, path, found.places, declared=mapping(raw, "inputs"))
        elif kind in readers:
            job = readers[kind](given, path, found.places)
        else:
            job = command.of({**given, "type": "command"}, path, found.places)
    except (BadJob, FileNotThere) as error:
        if where:
            error.detail = f"Step '{where}': {error.detail}"
            error.field = f"jobs.{where}.{error.field}"
        raise
    found.warn(job.warnings, where)
    code = [file for file in job.files if file.slot is None]
    if code:
        found.files[(*slot, "code")] = code
    if job.code is not None:
        found.codes.append(job.code)
    spec = job.spec.model_copy(
        update={"params": {}, "outputs": {}, "name": "", "tags": {}, "context": {}, "experiment": "Default"}
    )
    return spec.model_dump(mode="json", exclude_defaults=True)


def port(name: str, given: Any, where: str) -> Port:
    """Read a declared input; raises BadPipeline, which names it."""
    if given is None:
        return Port()
    if isinstance(given, str):
        given = {"type": given}
    if not isinstance(given, dict):
        raise BadPipeline(f"Input '{name}' must be declared by a mapping with `type:`.", field=f"{where}{name}")
    kind = enum(given.get("type")) or "uri_folder"
    values: dict[str, Any] = {"type": kind, "description": text(given.get("description"))}
    values["optional"] = truth(given.get("optional"))
    if given.get("default") is not None:
        values["default"] = scalar(given["default"])
    for bound in ("min", "max"):
        if given.get(bound) is not None:
            values[bound] = float(given[bound]) if _number(given[bound]) else given[bound]
    if given.get("enum"):
        values["enum"] = [literal(one) for one in given["enum"]]
    try:
        return Port.model_validate(values)
    except ValueError as error:
        raise BadPipeline(f"Input '{name}': {first_error(error)}", field=f"{where}{name}") from None


def output_port(name: str, given: Any, where: str) -> OutputPort:
    """Read a declared output; nothing is a folder. Raises BadPipeline."""
    if isinstance(given, str):
        given = {} if "${{" in given else {"type": given}
    given = given or {}
    if not isinstance(given, dict):
        raise BadPipeline(f"Output '{name}' must be a mapping, or nothing.", field=f"{where}{name}")
    try:
        return OutputPort.model_validate(
            {"type": enum(given.get("type")) or "uri_folder", "description": text(given.get("description"))}
        )
    except ValueError as error:
        raise BadPipeline(f"Output '{name}': {first_error(error)}", field=f"{where}{name}") from None


def ports_made(name: str, given: Any, where: str) -> dict[str, Any]:
    """Read a declared output as it is sent."""
    return output_port(name, given, where).model_dump(mode="json")


def trial_of(raw: dict[str, Any], path: Path) -> tuple[dict[str, Any], Path]:
    """Return the trial of a sweep, and the file that it stands in; raises BadPipeline."""
    trial = raw.get("trial")
    if isinstance(trial, str):
        path = path.parent / trial.removeprefix("file:")
        trial = read(path)
    if not isinstance(trial, dict):
        raise BadPipeline("The sweep has no trial.", "Write `trial:` with a command.", field="trial")
    return trial, path


def scalar(given: Any) -> Any:
    """Return a literal: words that YAML 1.1 takes for booleans are those, other texts and numbers stay."""
    if isinstance(given, document.Word):
        return given.truth
    return given if isinstance(given, str | int | float | bool) else text(given)


def truth(given: Any) -> bool:
    """Return a boolean, also of `yes` and of a text.

    >>> truth("true"), truth(None), truth(document.Word("off"))
    (True, False, False)
    """
    if isinstance(given, document.Word):
        return given.truth
    return given.strip().lower() in ("true", "yes", "on", "1") if isinstance(given, str) else bool(given)


def _number(given: Any) -> bool:
    try:
        float(given)
    except (TypeError, ValueError):
        return False
    return True
