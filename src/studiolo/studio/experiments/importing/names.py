"""How things of a source are called here: ids, names of what was recorded, places of files."""

import hashlib
import re
from collections.abc import Callable, Mapping

from studiolo.kernel.ids import is_id
from studiolo.kernel.mlflow.names import problem

MAX_PARAM, MAX_TAG = 6000, 8000  # as `tracking` cuts them
MAX_METADATA = 64_000  # of traces, as `trace_writing` cuts it
PARENT, TRACE_RUN = "mlflow.parentRunId", "mlflow.sourceRun"
_MODEL = re.compile(r"(m-[0-9a-zA-Z-]+)(?:/artifacts)?(?:/(.*))?$")
_RUN = re.compile(r"(?:^|/)([0-9a-zA-Z][\w-]{7,255})/(?:artifacts/)?(.+)$")
Lose = Callable[[str], None]


def run_id(identity: str, source_id: str) -> str:
    """Return the id of a run here: its own when it is 32 hex digits, else one that is made of it, always the same.

    >>> run_id("", "0123456789abcdef0123456789ABCDEF"), len(run_id("x", "my-run"))
    ('0123456789abcdef0123456789abcdef', 32)
    """
    plain = source_id.lower().replace("-", "")
    if is_id(plain):
        return plain
    return hashlib.sha256(f"{identity}\n{source_id}".encode()).hexdigest()[:32]


def model_id(identity: str, source_id: str) -> str:
    """Return the id of a logged model here: `m-` and 32 hex digits."""
    return f"m-{run_id(identity, source_id.removeprefix('m-'))}"


def recorded(values: Mapping[str, str], most: int, what: str, lose: Lose) -> dict[str, str]:
    """Return those params or tags that can be kept, as they are kept; say what is left out or cut."""
    found: dict[str, str] = {}
    for key, value in values.items():
        why = problem(key)
        if why:
            lose(f"the {what} {key[:80]!r} is left out: {why}")
            continue
        text = str(value)
        if "\x00" in text:
            text = text.replace("\x00", "")
            lose(f"the {what} '{key}' had NUL characters; they are left out")
        if len(text) > most:
            lose(f"the {what} '{key}' is cut at {most} of its {len(text)} characters")
            text = text[:most]
        found[key] = text
    return found


def folder_of(
    source: str, runs: Mapping[str, tuple[str, str]], models: Mapping[str, tuple[str, str]]
) -> tuple[str, str | None] | None:
    """Return the folder of artifacts here that a version's source means, and the logged model if it is one.

    runs, models: id at the source to (experiment here, id here). None when it is no place that was imported.

    >>> folder_of("runs:/0123456789ab/model", {"0123456789ab": ("4", "f00")}, {})
    ('4/f00/artifacts/model', None)
    """
    match = _MODEL.search(source.rstrip("/"))
    if match and match[1] in models:
        experiment, here = models[match[1]]
        rest = f"/{match[2]}" if match[2] else ""
        return f"{experiment}/models/{here}/artifacts{rest}", here
    text = source
    while match := _RUN.search(text):
        if match[1] in runs:
            experiment, here = runs[match[1]]
            return f"{experiment}/{here}/artifacts/{match[2]}", None
        text = match[2]
    return None
