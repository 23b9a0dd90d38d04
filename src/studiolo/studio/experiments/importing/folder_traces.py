"""The traces of an `mlruns` folder: `<experiment>/traces/<id>/`, by MLflow 2 or 3."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from studiolo.studio.experiments.importing import found_traces
from studiolo.studio.experiments.importing.found_traces import FoundTrace, duration, milliseconds
from studiolo.studio.experiments.importing.places import Places, files_below
from studiolo.studio.experiments.importing.source import Listed
from studiolo.studio.experiments.importing.wire import SentTrace

INFO = "trace_info.yaml"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Texts = Callable[[Path], dict[str, str]]


def listed(folders: Sequence[Path], stamp_of: Callable[[Path], str]) -> list[Listed]:
    """List traces by the times of their files."""
    return [Listed(folder.name, stamp_of(folder), 0) for folder in folders if (folder / INFO).is_file()]


def read(experiment: str, folders: Sequence[Path], texts: Texts, places: Places) -> Iterator[FoundTrace]:
    """Read traces in full; what is not there any more is left out."""
    for folder in folders:
        info = _yaml(folder / INFO)
        if info:
            yield _trace(experiment, folder, info, texts, places)


def _trace(experiment: str, folder: Path, info: dict[str, Any], texts: Texts, places: Places) -> FoundTrace:
    trace_id = str(info.get("trace_id") or info.get("request_id") or folder.name)
    trace = SentTrace(
        id=trace_id,
        source_id=folder.name,
        experiment=experiment,
        stamp="",
        state=found_traces.state(info.get("state") or info.get("status")),
        started=milliseconds(info.get("request_time") or info.get("timestamp_ms")) or 0,
        duration=duration(info.get("execution_duration_ms", info.get("execution_time_ms"))),
        client_request_id=info.get("client_request_id"),
        request=info.get("request_preview"),
        response=info.get("response_preview"),
        tags=texts(folder / "tags"),
        metadata=texts(folder / "request_metadata"),
    )
    found = FoundTrace(trace)
    for path in sorted((folder / "assessments").glob("*.yaml")):
        said = _yaml(path)
        if said:
            trace.assessments.append(found_traces.assessment(said))
        else:
            found.lost.append(f"the assessment {path.stem} cannot be read")
    place = folder / "artifacts"
    elsewhere = places.folder(trace.tags.get(found_traces.PLACE, "")) if not place.is_dir() else None
    found.files = list(files_below(elsewhere or place))
    found_traces.add_file(found)
    return found


def _yaml(path: Path) -> dict[str, Any]:
    try:
        found = yaml.load(path.read_text("utf-8"), _Loader)  # noqa: S506 - a safe loader, written in C
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}
