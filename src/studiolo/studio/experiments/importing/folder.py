"""Reads an `mlruns` folder: MLflow's file store with its registry, of any version."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from studiolo.studio.experiments.importing import folder_traces
from studiolo.studio.experiments.importing.errors import BadSource
from studiolo.studio.experiments.importing.found_traces import FoundTrace
from studiolo.studio.experiments.importing.places import Places, files_below, local_path
from studiolo.studio.experiments.importing.source import (
    FoundExperiment,
    FoundFile,
    FoundModel,
    FoundRegistered,
    FoundRun,
    FoundVersion,
    Leftover,
    Listed,
    integer,
    model_status,
    run_status,
    stamp,
)
from studiolo.studio.experiments.importing.wire import ModelPoint, Points, SentModel, SentRun, UsedDataset

META, TRASH, MODELS, TRACES = "meta.yaml", ".trash", "models", "traces"
_NOT_RUNS = {"tags", "datasets", TRACES, MODELS}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Folder:
    """An `mlruns` folder, or the folder above it."""

    def __init__(self, root: Path, artifacts: Path | None = None) -> None:
        root = root.expanduser().resolve()
        if not any((found / META).is_file() for found in _folders(root)) and (root / "mlruns").is_dir():
            root = root / "mlruns"
        if not any((found / META).is_file() for found in (*_folders(root), *_folders(root / TRASH))):
            raise BadSource(
                f"{root} has no experiments of MLflow: folders with a {META}.",
                "Give the mlruns folder itself, or the SQLite file of the tracking server.",
                field="source",
            )
        self.root = root
        self.label = str(root)
        self.identity = f"folder:{root}"
        self._places = Places(artifacts, [root.parent, root])
        self._at: dict[str, Path] = {}
        self._measured: dict[str, dict[str, list[ModelPoint]]] = {}

    def experiments(self) -> list[FoundExperiment]:
        """Return all experiments, also those in `.trash`."""
        found = []
        for trashed, parent in ((False, self.root), (True, self.root / TRASH)):
            for folder in _folders(parent):
                meta = _meta(folder)
                if not meta or (folder.name == MODELS and not trashed):
                    continue
                experiment_id = str(meta.get("experiment_id", folder.name))
                self._at[experiment_id] = folder
                found.append(
                    FoundExperiment(
                        experiment_id,
                        str(meta.get("name") or experiment_id),
                        _texts(folder / "tags"),
                        trashed or meta.get("lifecycle_stage") == "deleted",
                        integer(meta.get("creation_time")),
                        integer(meta.get("last_update_time")),
                    )
                )
        return found

    def runs(self, experiment: str) -> list[Listed]:
        """List the runs by the times of their files."""
        found = []
        for folder in _folders(self._at[experiment]):
            if folder.name in _NOT_RUNS or not (folder / META).is_file():
                continue
            found.append(Listed(folder.name, _tree_stamp(folder), _started(folder)))
        return found

    def read_runs(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundRun]:
        """Read runs in full."""
        for run_id in ids:
            folder = self._at[experiment] / run_id
            meta = _meta(folder)
            if meta:
                yield self._run(experiment, folder, meta)

    def _run(self, experiment: str, folder: Path, meta: dict[str, Any]) -> FoundRun:
        tags = _texts(folder / "tags")
        run_id = folder.name
        run = SentRun(
            id=run_id,
            source_id=run_id,
            experiment=experiment,
            stamp="",
            name=str(meta.get("run_name") or meta.get("name") or tags.get("mlflow.runName") or ""),
            user=str(meta.get("user_id") or tags.get("mlflow.user") or ""),
            status=run_status(meta.get("status", "FINISHED")),
            start=integer(meta.get("start_time")),
            end=integer(meta.get("end_time")),
            deleted=meta.get("lifecycle_stage") == "deleted",
            deleted_at=integer(meta.get("deleted_time")),
            params=_texts(folder / "params"),
            tags=tags,
        )
        found = FoundRun(run)
        for path in _files(folder / "metrics"):
            points, bad = _points(path, path.relative_to(folder / "metrics").as_posix())
            run.metrics.append(points)
            if bad:
                found.lost.append(f"{bad} lines of the metric '{points.key}' are no points")
        self._add_relations(experiment, folder, found)
        run.model_points = self._points_of_models(experiment).get(run_id, [])
        place = folder / "artifacts"
        uri = str(meta.get("artifact_uri") or "")
        elsewhere = self._places.folder(uri) if uri and not (place.is_dir() and any(place.iterdir())) else None
        found.files = list(files_below(elsewhere or place))
        if elsewhere is None and uri and local_path(uri) is None and not found.files:
            found.lost.append(f"its files are at {uri}, which is not on this machine: give them by --artifacts")
        return found

    def _add_relations(self, experiment: str, folder: Path, found: FoundRun) -> None:
        for used in _folders(folder / "inputs"):
            link = _meta(used)
            source = str(link.get("source_id", ""))
            if source.startswith("m-"):
                found.run.models_used.append(source)
                continue
            about = _meta(self._at[experiment] / "datasets" / source)
            if not about:
                found.lost.append(f"the input dataset {source} is not described")
                continue
            found.run.datasets.append(
                UsedDataset(
                    name=str(about.get("name", "")),
                    digest=str(about.get("digest", "")),
                    source_type=str(about.get("source_type", "")),
                    source=str(about.get("source", "")),
                    schema=about.get("schema"),
                    profile=about.get("profile"),
                    tags={str(key): str(value) for key, value in (link.get("tags") or {}).items()},
                )
            )
        for made in _folders(folder / "outputs"):
            found.run.models_made[made.name] = integer(_meta(made).get("step")) or 0

    def models(self, experiment: str) -> list[Listed]:
        """List the logged models."""
        parent = self._at[experiment] / MODELS
        return [Listed(f.name, _tree_stamp(f), _started(f)) for f in _folders(parent) if (f / META).is_file()]

    def read_models(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundModel]:
        """Read logged models in full."""
        for model_id in ids:
            folder = self._at[experiment] / MODELS / model_id
            meta = _meta(folder)
            if not meta:
                continue
            created = integer(meta.get("creation_timestamp")) or 0
            model = SentModel(
                id=model_id,
                source_id=model_id,
                experiment=experiment,
                stamp="",
                name=str(meta.get("name") or model_id),
                model_type=str(meta.get("model_type") or ""),
                source_run_id=meta.get("source_run_id"),
                status=model_status(meta.get("status")),
                created=created,
                updated=integer(meta.get("last_updated_timestamp")) or created,
                deleted=meta.get("lifecycle_stage") == "deleted",
                params=_texts(folder / "params"),
                tags=_texts(folder / "tags"),
            )
            yield FoundModel(model, list(files_below(folder / "artifacts")))

    def _points_of_models(self, experiment: str) -> dict[str, list[ModelPoint]]:
        """Return the points that measure models by the run that logged them; read once per experiment."""
        if experiment not in self._measured:
            found: dict[str, list[ModelPoint]] = {}
            for model in _folders(self._at[experiment] / MODELS):
                for path in _files(model / "metrics"):
                    key = path.relative_to(model / "metrics").as_posix()
                    for line in path.read_text("utf-8", "replace").splitlines():
                        words = line.split(" ")
                        if len(words) < 4:
                            continue
                        point = ModelPoint(model.name, key, float(words[1]), int(words[0]), int(words[2]))
                        if len(words) > 5:  # a name may have spaces, a digest has none
                            point.dataset_name, point.dataset_digest = " ".join(words[4:-1]), words[-1]
                        found.setdefault(words[3], []).append(point)
            self._measured[experiment] = found
        return self._measured[experiment]

    def traces(self, experiment: str) -> list[Listed]:
        """List the traces."""
        return folder_traces.listed(_folders(self._at[experiment] / TRACES), _tree_stamp)

    def read_traces(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundTrace]:
        """Read traces in full."""
        folders = [self._at[experiment] / TRACES / trace_id for trace_id in ids]
        return folder_traces.read(experiment, folders, _texts, self._places)

    def registered(self) -> Iterator[FoundRegistered]:
        """Read the file registry."""
        for folder in _folders(self.root / MODELS):
            meta = _meta(folder)
            if not meta:
                continue
            aliases = {name: integer(text.strip()) or 0 for name, text in _texts(folder / "aliases").items()}
            versions = [_version(sub, _meta(sub)) for sub in _folders(folder) if (sub / META).is_file()]
            created = integer(meta.get("creation_timestamp")) or 0
            yield FoundRegistered(
                str(meta.get("name") or folder.name),
                str(meta.get("description") or ""),
                _texts(folder / "tags"),
                aliases,
                created,
                integer(meta.get("last_updated_timestamp")) or created,
                sorted(versions, key=lambda version: version.version),
            )

    def leftovers(self) -> list[Leftover]:
        """There is nothing else in a folder."""
        return []

    def read(self, file: FoundFile) -> Iterator[bytes]:
        """Not needed: every file is on this machine."""
        raise BadSource(f"'{file.path}' is not on this machine.")

    def close(self) -> None:
        """Nothing is open."""


def _version(folder: Path, meta: dict[str, Any]) -> FoundVersion:
    created = integer(meta.get("creation_timestamp")) or 0
    return FoundVersion(
        version=integer(meta.get("version")) or integer(folder.name.rpartition("-")[2]) or 0,
        source=str(meta.get("storage_location") or meta.get("source") or ""),
        run_id=meta.get("run_id") or None,
        model_id=meta.get("model_id") or None,
        stage=str(meta.get("current_stage") or "None"),
        description=str(meta.get("description") or ""),
        user=str(meta.get("user_id") or ""),
        run_link=str(meta.get("run_link") or ""),
        tags=_texts(folder / "tags"),
        created=created,
        updated=integer(meta.get("last_updated_timestamp")) or created,
    )


def _points(path: Path, key: str) -> tuple[Points, int]:
    """Read a metric: lines of time, value, step (before MLflow 1.0 none), perhaps the dataset."""
    points = Points(key, [], [], [])
    bad = 0
    for line in path.read_text("utf-8", "replace").splitlines():
        words = line.split(" ")
        try:
            time, value = int(words[0]), float(words[1])
            step = int(words[2]) if len(words) > 2 else 0
        except (ValueError, IndexError):
            bad += bool(line.strip())  # the last line of a run that was killed while it wrote
            continue
        points.timestamps.append(time)
        points.values.append(value)
        points.steps.append(step)
    return points, bad


def _meta(folder: Path) -> dict[str, Any]:
    try:
        found = yaml.load((folder / META).read_text("utf-8"), _Loader)  # noqa: S506 - a safe loader, written in C
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


def _started(folder: Path) -> int:
    """Return when a run began without reading YAML for each of thousands: the line that says so."""
    for line in (folder / META).read_text("utf-8", "replace").splitlines():
        if line.startswith(("start_time:", "creation_timestamp:")):
            return integer(line.partition(":")[2].strip(" '\"")) or 0
    return 0


def _folders(parent: Path) -> list[Path]:
    try:
        with os.scandir(parent) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir() and entry.name != TRASH)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _files(parent: Path) -> list[Path]:
    return [Path(path) for path, _, _ in sorted(_walk(str(parent)))]


def _texts(parent: Path) -> dict[str, str]:
    return {path.relative_to(parent).as_posix(): path.read_text("utf-8", "replace") for path in _files(parent)}


def _walk(parent: str) -> Iterator[tuple[str, int, int]]:
    try:
        with os.scandir(parent) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _walk(entry.path)
                elif not entry.is_symlink():  # a link may lead to what is not the source's to give
                    about = entry.stat(follow_symlinks=False)
                    yield entry.path, about.st_size, about.st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return


def _tree_stamp(folder: Path) -> str:
    return stamp(sorted(_walk(str(folder))))
