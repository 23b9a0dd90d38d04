"""An import from its beginning to its report: asks the studio what it has, reads the rest from the source, sends it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.http import Transport
from studiolo.kernel.mlflow.names import problem
from studiolo.studio.experiments.importing import names
from studiolo.studio.experiments.importing.report import Report
from studiolo.studio.experiments.importing.schemas import ImportedExperiment
from studiolo.studio.experiments.importing.sending import Sender, Wanted
from studiolo.studio.experiments.importing.source import (
    FoundExperiment,
    FoundFile,
    FoundRegistered,
    FoundRun,
    Listed,
    Source,
    stamp,
)
from studiolo.studio.experiments.importing.wire import File, SentRun

Progress = Callable[[str, int, int], None]  # what is done, how many of how many
Home = tuple[str, str]  # experiment here, id here
_READ_AT_ONCE = 50
_ASK_AT_ONCE = 5000
_REGISTRY = "models/imports"  # the slice above this one takes the registry


class Transfer:
    """One import. Killed at any point, the next one of the same source goes on: what is here is known by its stamp."""

    def __init__(
        self, transport: Transport, source: Source, progress: Progress | None = None, *, full: bool = False
    ) -> None:
        """Read all of it when full, also what a stamp says is here: not every source shows each change in its lists."""
        self._transport, self._source, self._full = transport, source, full
        self._progress = progress or (lambda _what, _done, _total: None)
        self.report = Report(source.label)
        self._experiments: dict[str, str] = {}
        self._runs: dict[str, Home] = {}
        self._models: dict[str, Home] = {}
        self._done = self._total = 0

    def run(self) -> Report:
        """Do all of it."""
        fingerprint = hashlib.sha256(self._source.identity.encode()).hexdigest()
        begun = self._transport.post(
            "experiments/imports", json={"fingerprint": fingerprint, "source": self.report.source[:2000]}
        )
        self.report.import_id = str(begun["id"])
        found = self._send_experiments()
        models = {item.id: self._listed("logged_model", item.id, self._source.models(item.id)) for item in found}
        runs = {item.id: self._listed("run", item.id, self._source.runs(item.id)) for item in found}
        traces = {item.id: self._listed("trace", item.id, self._source.traces(item.id)) for item in found}
        self._total = sum(len(listed) for listed in (*models.values(), *runs.values(), *traces.values()))
        self._progress("runs", 0, self._total)
        with Sender(self._transport, self._source, self.report, self._hear) as sender:
            for item in found:
                self._send_models(sender, item.id, models[item.id])
                sender.flush()  # the runs name them
                self._send_runs(sender, item.id, runs[item.id])
                self._send_traces(sender, item.id, traces[item.id])
        self._send_registry()
        for left in self._source.leftovers():
            self.report.not_taken.append({"kind": left.kind, "count": left.many, "reason": left.reason})
        self._transport.put(f"experiments/imports/{self.report.import_id}", json={"report": self.report.document()})
        return self.report

    def _send_experiments(self) -> list[FoundExperiment]:
        found = []
        for item in self._source.experiments():
            if not item.name.strip() or len(item.name) > 500:
                self.report.lose("experiment", item.id, "its name is empty or longer than 500 characters")
                continue
            found.append(item)
        for part in _parts(found, 500):
            sent = [
                ImportedExperiment(
                    source_id=item.id,
                    name=item.name,
                    tags=names.recorded(item.tags, 20_000, "tag", self._losing("experiment", item.id)),
                    deleted=item.deleted,
                    created=item.created,
                    updated=item.updated,
                ).model_dump()
                for item in part
            ]
            path = f"experiments/imports/{self.report.import_id}/experiments"
            for here in self._transport.post(path, json={"experiments": sent}):
                self._experiments[here["source_id"]] = here["id"]
                self.report.experiments.append(here)
                self.report.count("experiments", here["state"] if here["state"] != "merged" else "there")
        return found

    def _listed(self, kind: str, experiment: str, listed: Sequence[Listed]) -> list[Listed]:
        """Return what is new or has changed, oldest first; note where all of it is here."""
        if kind != "trace":  # the id of a trace is any text
            self._find_homes(kind, experiment, listed)
        skip: set[str] = set()
        for part in _parts(listed, _ASK_AT_ONCE):
            path = f"experiments/imports/{self.report.import_id}/known"
            body = {"kind": kind, "stamps": {item.id: item.stamp for item in part}}
            known = self._transport.post(path, json=body)
            for gone in known["gone"]:
                self.report.lose(kind, gone, "it was imported before and has been removed from the studio since")
            skip |= set(known["gone"])
            if not self._full:
                self.report.count(f"{kind}s", "there", len(known["same"]))
                skip |= set(known["same"])
        return sorted((item for item in listed if item.id not in skip), key=lambda item: (item.order, item.id))

    def _find_homes(self, kind: str, experiment: str, listed: Sequence[Listed]) -> None:
        identity, home = self._source.identity, self._experiments[experiment]
        of_id, homes = (names.run_id, self._runs) if kind == "run" else (names.model_id, self._models)
        for item in listed:
            here = of_id(identity, item.id)
            homes[item.id] = (home, here)
            if here != item.id:
                self.report.mapped.append({"kind": kind, "source": item.id, "here": here})

    def _send_models(self, sender: Sender, experiment: str, listed: Sequence[Listed]) -> None:
        stamps = {item.id: item.stamp for item in listed}
        for part in _parts(listed, _READ_AT_ONCE):
            read = list(self._source.read_models(experiment, [item.id for item in part]))
            stored = self._store(sender, "logged_model", [(item.model.source_id, item.files) for item in read])
            for found, files in zip(read, stored, strict=True):
                model = found.model
                for reason in found.lost:
                    self.report.lose("logged_model", model.source_id, reason)
                model.stamp = stamps[model.source_id]
                model.experiment, model.id = self._models[model.source_id]
                if model.source_run_id:
                    model.source_run_id = names.run_id(self._source.identity, model.source_run_id)
                model.files = files
                sender.add_model(model)

    def _send_runs(self, sender: Sender, experiment: str, listed: Sequence[Listed]) -> None:
        stamps = {item.id: item.stamp for item in listed}
        for part in _parts(listed, _READ_AT_ONCE):
            read = list(self._source.read_runs(experiment, [item.id for item in part]))
            stored = self._store(sender, "run", [(item.run.source_id, item.files) for item in read])
            for found, files in zip(read, stored, strict=True):
                found.run.stamp = stamps[found.run.source_id]
                found.run.files = files
                sender.add_run(self._prepared(found))

    def _send_traces(self, sender: Sender, experiment: str, listed: Sequence[Listed]) -> None:
        stamps = {item.id: item.stamp for item in listed}
        for part in _parts(listed, _READ_AT_ONCE):
            read = list(self._source.read_traces(experiment, [item.id for item in part]))
            stored = self._store(sender, "trace", [(item.trace.source_id, item.files) for item in read])
            for found, files in zip(read, stored, strict=True):
                trace, lose = found.trace, self._losing("trace", found.trace.source_id)
                for reason in found.lost:
                    lose(reason)
                trace.stamp, trace.files = stamps[trace.source_id], files
                trace.experiment = self._experiments[experiment]
                trace.tags = names.recorded(trace.tags, names.MAX_TAG, "tag", lose)
                trace.metadata = names.recorded(trace.metadata, names.MAX_METADATA, "metadata", lose)
                trace.runs = [names.run_id(self._source.identity, run) for run in trace.runs]
                if names.TRACE_RUN in trace.metadata:
                    trace.metadata[names.TRACE_RUN] = names.run_id(
                        self._source.identity, trace.metadata[names.TRACE_RUN]
                    )
                sender.add_trace(trace)

    def _store(self, sender: Sender, kind: str, wanted: Sequence[tuple[str, list[FoundFile]]]) -> list[list[File]]:
        losing = [(files, self._losing(kind, which)) for which, files in wanted]
        return sender.store([Wanted(self._usable(files, lose), lose) for files, lose in losing])

    def _prepared(self, found: FoundRun) -> SentRun:
        run, identity = found.run, self._source.identity
        lose = self._losing("run", run.source_id)
        for reason in found.lost:
            lose(reason)
        run.experiment, run.id = self._runs[run.source_id]
        run.params = names.recorded(run.params, names.MAX_PARAM, "param", lose)
        run.tags = names.recorded(run.tags, names.MAX_TAG, "tag", lose)
        if names.PARENT in run.tags:
            run.tags[names.PARENT] = names.run_id(identity, run.tags[names.PARENT])
        for points in [*run.metrics]:
            why = problem(points.key)
            if why:
                lose(f"the metric {points.key[:80]!r} is left out: {why}")
                run.metrics.remove(points)
        known = self._models
        for model in {*run.models_used, *run.models_made} - known.keys():
            lose(f"its logged model {model} is not there")
        run.models_used = [known[model][1] for model in run.models_used if model in known]
        run.models_made = {known[model][1]: step for model, step in run.models_made.items() if model in known}
        for point in run.model_points:
            point.model_id = known[point.model_id or ""][1] if point.model_id in known else None
        run.model_points = [point for point in run.model_points if point.model_id and not problem(point.key)]
        return run

    def _usable(self, files: Iterable[FoundFile], lose: names.Lose) -> list[FoundFile]:
        from studiolo.studio.experiments import artifacts

        found = []
        for file in files:
            try:
                artifacts.clean(file.path)
                found.append(file)
            except StudioloError as error:
                lose(f"the file {file.path[:120]!r} is left out: {error.detail}")
        return found

    def _send_registry(self) -> None:
        registered = list(self._source.registered())
        for done, model in enumerate(registered):
            self._progress("models", done, len(registered))
            body = self._registered(model)
            try:
                taken = self._transport.post(_REGISTRY, json=body)
            except StudioloError as error:
                self.report.count("models", "refused")
                self.report.lose("model", model.name, str(error))
                continue
            self.report.count("models", taken["state"])
            for version in taken["versions"]:
                self.report.count("versions", version["state"])
                which = f"{model.name}:{version['source_version']}"
                if version["reason"]:
                    self.report.lose("version", which, version["reason"])
                elif version["version"] != version["source_version"]:
                    self.report.mapped.append({"kind": "version", "source": which, "here": str(version["version"])})

    def _registered(self, model: FoundRegistered) -> dict[str, Any]:
        lose = self._losing("model", model.name)
        versions = []
        for version in model.versions:
            place = names.folder_of(version.source, self._runs, self._models)
            run = self._runs.get(version.run_id or "")
            logged = self._models.get(version.model_id or "")
            versions.append(
                version._asdict()
                | {
                    "source": version.source[:4000],
                    "folder": place[0] if place else None,
                    "run_id": run[1] if run else None,
                    "model_id": (place[1] if place else None) or (logged[1] if logged else None),
                    "tags": names.recorded(version.tags, 100_000, "tag of a version", lose),
                    "description": version.description[:5000],
                }
            )
        return {
            "origin": stamp(self._source.identity),
            "name": model.name,
            "description": model.description[:5000],
            "tags": names.recorded(model.tags, 100_000, "tag", lose),
            "aliases": model.aliases,
            "created": model.created,
            "updated": model.updated,
            "versions": versions,
        }

    def _losing(self, kind: str, which: str) -> names.Lose:
        return lambda reason: self.report.lose(kind, which, reason)

    def _hear(self, taken: dict[str, Any]) -> None:
        self.report.count(f"{taken['kind']}s", taken["state"])
        if taken["state"] == "refused":
            self.report.lose(taken["kind"], taken["source_id"], taken["reason"])
        self._done += 1
        self._progress("runs", self._done, self._total)


def _parts(items: Sequence[Any], many: int) -> Iterator[Sequence[Any]]:
    for first in range(0, len(items), many):
        yield items[first : first + many]
