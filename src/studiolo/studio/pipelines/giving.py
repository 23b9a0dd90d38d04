"""What a step is given when it starts: bindings come to literals and files, and a job is made of its template."""

import json
import posixpath
from collections.abc import Mapping
from typing import Any, NamedTuple

from studiolo.kernel.storage import manifests
from studiolo.kernel.storage.blobs import BlobStore
from studiolo.studio.experiments.job_schemas import DataInput, JobOutput
from studiolo.studio.experiments.schemas import InputFile, JobSpec
from studiolo.studio.pipelines import bindings, held, led_above, typing_rules
from studiolo.studio.pipelines.bindings import Ref
from studiolo.studio.pipelines.checking import IMPLICIT, only
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.schemas import MAX_ITEMS, Given, Graph, Port, Scalar, SentFiles, Settings, Step

_MOST_TEXT = 1 << 20  # bytes of a file of items


class Ungiven(Exception):
    """An input does not come to a value; the message is a sentence that names it."""

    def __init__(self, message: str, failure: str = "input_missing") -> None:
        super().__init__(message)
        self.failure = failure


class Around(NamedTuple):
    """What the bindings of a step may see. held: inputs of the pipeline; made: outputs of the steps that have ended well."""

    blobs: BlobStore
    graph: Graph
    held: Mapping[str, Held]
    made: Mapping[str, Mapping[str, Held]]

    def value(self, ref: Ref) -> Held | None:
        """Return what a binding comes to, None where a step was left out or an optional input has nothing."""
        if ref.family == "outputs":
            if ref.step not in self.made and (loop := bindings.Wiring(self.graph).loops.get(ref.step)):
                ref = ref._replace(step=loop)
            found = self.made.get(ref.step, {}).get(ref.name)
            told = {"label": f"output '{ref.name}' of {ref.step}", "step": ref.step, "output": ref.name}
            if found is not None and found.literal:
                told["label"] = typing_rules.text(found.value)[:200]
            return found.model_copy(update=told) if found else None
        if not ref.step:
            return self.held.get(ref.name)
        other = self.graph.steps[ref.step]
        return one(self, ref.name, other.declares[ref.name], other.inputs.get(ref.name))


def all_(around: Around, step: Step, item: Mapping[str, Scalar] | None = None) -> dict[str, Held]:
    """Return the inputs of a step; those that are optional and have nothing are left out. Raises Ungiven."""
    found = {}
    for name, port in step.declares.items():
        given: Given | None = item[name] if item is not None and name in item else step.inputs.get(name)
        value = one(around, name, port, given)
        if value is not None:
            found[name] = value
    return found


def one(around: Around, name: str, port: Port, given: Given | None) -> Held | None:
    """Return what an input comes to; raises Ungiven."""
    value = _bound(around, name, port, given) if given is not None else None
    if value is None and port.default is not None:
        value = held.literal(port.default, port.type)
    if value is None:
        if port.optional:
            return None
        raise Ungiven(f"Input '{name}' comes to nothing: what it is bound to was left out.")
    if port.type not in typing_rules.LITERALS:
        kind = value.type if value.literal else _shape(value, port.type)
        return value if kind == value.type else value.model_copy(update={"type": kind})
    if value.value is None:
        raise Ungiven(f"Input '{name}' is a {port.type}, and is given data.", "user_error")
    try:
        found = typing_rules.coerced(value.value, port)
    except typing_rules.Misfit as error:
        raise Ungiven(f"Input '{name}': {error} {error.hint}".strip(), "user_error") from None
    return value.model_copy(update={"type": port.type, "value": found, "label": typing_rules.text(found)[:200]})


def _shape(value: Held, wanted: str) -> str:
    """Return the type of data as a port declares it, where the shape is the same."""
    return wanted if (value.type == typing_rules.FILE) == (wanted == typing_rules.FILE) else value.type


def _bound(around: Around, name: str, port: Port, given: Given) -> Held | None:
    text = bindings.text_of(given)
    refs = bindings.refs(text)
    if not refs:
        return _plain(port, given)
    if ref := bindings.whole(text):
        return around.value(ref)
    if (begin := bindings.head(text)) and (value := around.value(begin[0])) and not value.literal:
        return below(around.blobs, name, value, begin[1])
    texts: dict[Ref, str] = {}
    for ref in refs:
        value = around.value(ref)
        if value is None:
            return None
        if not value.literal:
            raise Ungiven(f"Input '{name}': {ref.shown} is data, and stands within a longer text.", "user_error")
        texts[ref] = typing_rules.text(value.value)
    filled = bindings.filled(text, lambda ref: texts[ref])
    if isinstance(given, DataInput):
        return _plain(port, given.model_copy(update={"path": filled}))
    return held.literal(filled, "string")


def _plain(port: Port, given: Given) -> Held:
    if isinstance(given, SentFiles):
        return sent(given)
    if isinstance(given, DataInput):
        return Held(type=given.type, data=given, label=given.path)
    return held.literal(given, port.type if port.type in typing_rules.LITERALS else "string")


def sent(given: SentFiles) -> Held:
    """Hold files that came with the pipeline."""
    count = len(given.files)
    label = given.files[0].path if count == 1 else f"{count} files"
    return Held(type=given.type, files=given.files, label=label, count=count)


def below(blobs: BlobStore, name: str, value: Held, path: str) -> Held:
    """Return what lies at a path within data; raises Ungiven."""
    path = posixpath.normpath(path)
    label = f"{value.label}/{path}"
    if path.startswith(("..", "/")):
        raise Ungiven(f"Input '{name}': the path '{path}' leaves its folder.", "user_error")
    if value.data is not None:
        address = value.data.path
        if "://" not in address and not address.startswith("runs:/"):
            raise Ungiven(f"Input '{name}': a path within {address} cannot be named; bind the whole.", "user_error")
        data = value.data.model_copy(update={"path": f"{address.rstrip('/')}/{path}"})
        return value.model_copy(update={"data": data, "label": label})
    entries = held.entries(blobs, value)
    about = {"label": label, "source": value.source, "step": value.step, "output": value.output}
    for entry in entries:
        if entry.path == path and entry.digest:
            return held.file(typing_rules.FILE, posixpath.basename(path), entry.digest, entry.size, **about)
    inside = [
        manifests.Entry(entry.path[len(path) + 1 :], entry.size, entry.digest)
        for entry in entries
        if entry.path.startswith(f"{path}/")
    ]
    if not inside:
        raise Ungiven(f"Input '{name}': there is no '{path}' in {value.label}.")
    return held.folder(blobs, "uri_folder", inside, **about)


def items(around: Around, step: Step) -> list[dict[str, Scalar]]:
    """Return the items of a fan-out: a list, or JSON that its binding comes to. Raises Ungiven."""
    body = around.graph.steps[step.body]
    found: Any = step.items
    if isinstance(found, str):
        text = found
        if ref := bindings.whole(text):
            value = around.value(ref)
            if value is None:
                raise Ungiven("The items come to nothing: what they are bound to was left out.")
            text = _text(around.blobs, value)
        try:
            found = json.loads(text)
        except ValueError:
            raise Ungiven(f"The items are no JSON: '{text[:80]}'. Give a list of mappings.", "user_error") from None
    if isinstance(found, dict):
        found = list(found.values())
    if not isinstance(found, list):
        raise Ungiven("The items must be a list.", "user_error")
    if len(found) > MAX_ITEMS:
        raise Ungiven(f"There are {len(found):,} items; at most {MAX_ITEMS:,} are run.", "user_error")
    return [_item(number, one_, body) for number, one_ in enumerate(found)]


def _item(number: int, given: Any, body: Step) -> dict[str, Scalar]:
    item = given if isinstance(given, dict) else {only(body): given}
    for name, value in item.items():
        if name not in body.declares:
            raise Ungiven(f"Item {number} gives '{name}', and the step has no such input.", "user_error")
        if not isinstance(value, str | int | float | bool):
            raise Ungiven(f"Item {number}: '{name}' is no text, number or boolean.", "user_error")
    return item


def _text(blobs: BlobStore, value: Held) -> str:
    """Return the text of a literal or of a file."""
    if value.literal:
        return typing_rules.text(value.value)
    if len(value.files) != 1 or value.files[0].manifest or value.bytes > _MOST_TEXT:
        raise Ungiven("The items must be a text, or one file of JSON.", "user_error")
    with blobs.open(value.files[0].digest) as file:
        return file.read(_MOST_TEXT).decode("utf-8", "replace")


def truth(around: Around, step: Step) -> bool:
    """Return the answer of a condition; raises Ungiven."""
    if isinstance(step.condition, bool):
        return step.condition
    given = step.condition if step.condition is not None else ""
    value = one(around, "condition", Port(type="boolean"), given)
    return bool(value.value) if value else False


def job(
    step: Step,
    given: Mapping[str, Held],
    kept: Mapping[str, JobOutput],
    settings: Settings,
    around: Around,
    **about: Any,
) -> JobSpec:
    """Return the job of a step. kept: outputs of the pipeline that its own are bound to, with where they go; about: other fields of it.

    Raises Ungiven.
    """
    task = led_above.template(step)
    tried = set(task.sweep.space) if task.sweep else set()
    files: dict[str, list[InputFile]] = {}
    shapes: dict[str, str] = {}
    data: dict[str, DataInput] = {}
    params: dict[str, str] = {}
    for name, value in given.items():
        if value.literal:
            if name not in tried:
                params[name] = typing_rules.text(value.value)
        elif value.data is not None:
            kind = step.declares[name].type
            data[name] = value.data.model_copy(update={"type": kind} if kind not in typing_rules.LITERALS else {})
        else:
            files[name] = value.files
            alone = len(value.files) == 1 and not value.files[0].manifest
            shapes[name] = "file" if alone and value.type in (typing_rules.FILE, "custom_model") else "folder"
    outputs = {name: _output(step, name, kept) for name in step.makes if name not in IMPLICIT}
    changes: dict[str, Any] = {
        **about,
        "params": params,
        "inputs": files,
        "data": data,
        "outputs": outputs,
        "compute": compute(step, settings, around),
        "env": {**task.env, **step.env},
        "context": {**task.context, **({"inputs": shapes} if shapes else {})},
        "environment": step.environment or task.environment,
        "timeout_s": step.timeout_s or task.timeout_s,
        "retries": step.retries or task.retries,
    }
    if task.notebook is not None:  # its parameters are what they look like, unless a text is declared
        texts = [name for name in params if step.declares[name].type == "string"]
        changes["notebook"] = task.notebook.model_copy(update={"texts": texts})
    return task.model_copy(update=changes)


def _output(step: Step, name: str, kept: Mapping[str, JobOutput]) -> JobOutput:
    kind = step.makes[name].type
    about = step.outputs.get(name)
    outer = kept.get(about.bind) if about and about.bind else None
    return JobOutput.model_validate(
        {
            "type": typing_rules.FILE if kind in typing_rules.LITERALS else kind,
            "mode": about.mode if about else "rw_mount",
            "path": (about.path if about else "") or (outer.path if outer else ""),
            "name": about.name if about else "",
            "version": about.version if about else "",
        }
    )


def compute(step: Step, settings: Settings, around: Around) -> str:
    """Return where a step runs: its own word, its task's, the pipeline's, this machine."""
    said = step.compute
    if ref := bindings.whole(said):
        value = around.value(ref)
        said = typing_rules.text(value.value) if value and value.literal else ""
    own = plain_compute(said)
    if own:
        return own
    of_task = plain_compute(step.task.compute) if step.task else ""
    outer = "" if of_task in ("", "local") else of_task  # every job's template says local where nothing was said
    return outer or plain_compute(settings.default_compute) or "local"


def plain_compute(said: str) -> str:
    """Return the name of a compute; empty for what means any.

    >>> plain_compute("azureml:cpu-cluster"), plain_compute("serverless"), plain_compute("local")
    ('cpu-cluster', '', 'local')
    """
    name = said.strip().removeprefix("azureml:").rstrip("/").rpartition("/")[2]
    return "" if name == "serverless" else name
