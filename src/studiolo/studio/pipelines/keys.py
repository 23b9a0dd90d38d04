"""What the result of a step depends on, part by part, and how two of them differ. Names, tags, compute, priority, retries and timeouts
are no part of it."""

import hashlib
import json
import platform
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import metadata
from typing import Any

from studiolo.studio.experiments.schemas import InputFile, JobSpec
from studiolo.studio.pipelines import led_above, typing_rules
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.schemas import PartChange, Step

SALT = "studiolo pipelines 1"  # changes when the same parts would mean another result
_SHORT = 12
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_WORDS = {
    "interface": "the inputs and outputs that it declares",
    "command": "the command",
    "sweep": "what the sweep tries",
    "parallel": "how the data is cut, and what may fail",
    "spark": "what Spark runs, takes along and is set to",
    "automl": "what AutoML is to do",
    "notebook": "the notebook, and which of its parameters are texts",
}


def parts(step: Step, spec: JobSpec, given: Mapping[str, Held]) -> dict[str, str]:
    """Return what the result of a job depends on, by name. spec: as `service.check` resolved it; given: the inputs."""
    declared = {
        "inputs": {name: port.type for name, port in step.declares.items()},
        "outputs": {name: port.type for name, port in step.makes.items()},
    }
    found = {
        "interface": _json(declared),
        "kind": spec.kind,
        "command": _json(spec.command),
        "code": tree(spec.code),
        "environment": environment(spec),
        "distribution": _distribution(spec),
    }
    if spec.sweep is not None:
        found["sweep"] = spec.sweep.model_dump_json()
    if spec.parallel is not None:
        what = {"data", "cut", "mini_batch_size", "partition_keys", "append_row_to", "model"}
        cut = spec.parallel.model_dump(include=what, exclude_defaults=True)
        found["parallel"] = _json(
            cut | {"let pass": [spec.parallel.mini_batch_error_threshold, spec.parallel.error_threshold]}
        )
    if spec.spark is not None:
        found["spark"] = spec.spark.model_dump_json()
    if step.automl is not None:
        found["automl"] = _json(led_above.decisive(step))
    if spec.notebook is not None:
        found["notebook"] = _json([spec.notebook.path, sorted(spec.notebook.texts)])
    for name, value in given.items():
        if value.literal:
            found[f"parameter {name}"] = _json([value.type, value.value])
        else:
            found[f"input {name}"] = _content(spec, name)
    for name, output in spec.outputs.items():
        found[f"output {name}"] = _json([output.type, output.mode, output.path])
    if step.automl is None:  # whose variables are the studio's own, and name what is no part of it
        found |= {f"variable {name}": value for name, value in spec.env.items()}
    own = {*spec.context.get("withheld", ()), *spec.context.get("lent", ())}
    found |= {f"secret {name}": reference for name, reference in spec.secrets.items() if name not in own}
    return found


def key_of(found: Mapping[str, str]) -> str:
    """Return the name of a result.

    >>> key_of({"command": "a", "code": "b"}) == key_of({"code": "b", "command": "a"})
    True
    """
    return hashlib.sha256(_json([SALT, sorted(found.items())]).encode()).hexdigest()


def unknowable(spec: JobSpec) -> str:
    """Return the input whose content nobody knows before the job runs, empty when all are known."""
    for name, stage in spec.context.get("staged", {}).items():
        if "rows" not in stage:
            return str(name)
    return next((str(name) for name in spec.context.get("direct", {})), "")


def tree(files: Sequence[InputFile]) -> str:
    """Return a hash of files with their names."""
    if not files:
        return ""
    listed = sorted((file.path, file.digest) for file in files)
    return hashlib.sha256(_json(listed).encode()).hexdigest()


def _content(spec: JobSpec, name: str) -> str:
    """Return a hash of the content of an input: its shape, its files, and what is made of them before the job starts."""
    shape = spec.context.get("inputs", {}).get(name, "folder")
    listed = sorted((file.path, file.digest, file.manifest) for file in spec.inputs.get(name, []))
    stage = spec.context.get("staged", {}).get(name)
    return hashlib.sha256(_json([shape, listed, stage]).encode()).hexdigest()


def _distribution(spec: JobSpec) -> str:
    """Return it as it was written before a job could ask for several nodes, where it does not."""
    given = spec.distribution
    if given is None:
        return ""
    return given.model_dump_json(exclude_none=True, exclude={"nodes"} if given.nodes == 1 else None)


def environment(spec: JobSpec) -> str:
    """Return what of Python a job has: the hash of its lock, or the packages of the studio's own."""
    chosen = spec.context.get("environment")
    return f"{chosen['hash']} {_platform()}" if chosen else f"{_own()} {_platform()}"


@lru_cache(1)
def _platform() -> str:
    return f"{sys.implementation.name}{sys.version_info.major}.{sys.version_info.minor} {platform.system()} {platform.machine()}"


@lru_cache(1)
def _own() -> str:
    listed = sorted(f"{one.name}=={one.version}" for one in metadata.distributions())
    return "studio " + hashlib.sha256("\n".join(listed).encode()).hexdigest()


def differences(
    before: Mapping[str, str],
    after: Mapping[str, str],
    labels: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
    code: tuple[Sequence[InputFile], Sequence[InputFile]] = ((), ()),
) -> list[PartChange]:
    """Return the parts that differ. labels: what to read of inputs, of the earlier and of this one; code: their files."""
    found = []
    for part in sorted({*before, *after}):
        old, new = before.get(part), after.get(part)
        if old == new:
            continue
        found.append(_change(part, old, new, labels, code))
    return found


def _change(
    part: str,
    old: str | None,
    new: str | None,
    labels: tuple[Mapping[str, str], Mapping[str, str]],
    code: tuple[Sequence[InputFile], Sequence[InputFile]],
) -> PartChange:
    noun, _, name = part.partition(" ")
    if noun == "code":
        return _code(part, *code)
    if noun in ("input", "parameter"):
        was = "nothing" if old is None else labels[0].get(name) or _shown(noun, old)
        now = "nothing" if new is None else labels[1].get(name) or _shown(noun, new)
        said = (
            f"{was} → {now}" if was != now else f"the content of {now} is another"
        )  # the same words for another content
        return PartChange(part=part, before=was, after=now, text=f"{noun} `{name}` changed: {said}")
    was, now = (
        (_hash(old), _hash(new)) if noun == "environment" else ((old or "nothing")[:500], (new or "nothing")[:500])
    )
    text = f"{noun} `{name}` changed: {was} → {now}" if name else f"{_WORDS.get(noun, noun)} changed"
    if noun == "output":
        text = f"the declaration of output `{name}` changed"
    if noun == "environment":
        text = f"environment changed: {was} → {now}"
    return PartChange(part=part, before=was, after=now, text=text)


def _code(part: str, before: Sequence[InputFile], after: Sequence[InputFile]) -> PartChange:
    old, new = ({file.path: file.digest for file in files} for files in (before, after))
    words = [f"{path} changed" for path in sorted(old.keys() & new.keys()) if old[path] != new[path]]
    words += [f"{path} is new" for path in sorted(new.keys() - old.keys())]
    words += [f"{path} is gone" for path in sorted(old.keys() - new.keys())]
    more = f" and {len(words) - 3} more" if len(words) > 3 else ""
    said = f"code: {', '.join(words[:3])}{more}" if words else "code changed"
    return PartChange(part=part, before=f"{len(old)} files", after=f"{len(new)} files", text=said)


def _shown(noun: str, value: str) -> str:
    return typing_rules.text(json.loads(value)[1])[:200] if noun == "parameter" else value[:_SHORT]


def _hash(value: str | None) -> str:
    word = (value or "").split(" ")
    return " ".join(one[:_SHORT] if len(one) == 64 else one for one in word)


def _json(value: Any) -> str:
    return _ENCODER.encode(value)
