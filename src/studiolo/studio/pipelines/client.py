"""The SDK part of pipelines."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.http import Transport
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.job_files import document
from studiolo.studio.experiments.job_files.data import LocalFile
from studiolo.studio.experiments.schemas import TERMINAL, Artifact, InputFile
from studiolo.studio.pipelines.components.schemas import Component, ComponentDetail
from studiolo.studio.pipelines.drafts.client import Drafts
from studiolo.studio.pipelines.files import components as component_files
from studiolo.studio.pipelines.files import pipelines as pipeline_files
from studiolo.studio.pipelines.files import reading
from studiolo.studio.pipelines.files.reading import Found, Slot
from studiolo.studio.pipelines.published.client import PublishedPipelines
from studiolo.studio.pipelines.schemas import (
    Checked,
    PipelineCost,
    PipelineDetail,
    PipelineRun,
    PipelineSpec,
    StepDetail,
    StepState,
)

Runs = list[PipelineRun]
Steps = list[StepState]
Files = list[Artifact]
ComponentList = list[Component]
Warnings = list[str]
_WAIT_SECONDS = 25.0  # for which an answer is waited for
_LOOK_SECONDS = 1.0  # after which a pipeline is looked at in which nothing seems to have changed


class Submitted(NamedTuple):
    """A pipeline that was queued; warnings: what of its file has no meaning here."""

    run: PipelineRun
    warnings: list[str]


class PipelineFailed(StudioloError):
    """A pipeline that was waited for did not complete."""

    code, status, title = "pipelines.failed", 409, "The pipeline did not complete"

    def __init__(self, run: PipelineRun) -> None:
        super().__init__(
            f"Pipeline {run.run.id} '{run.run.name}' ended as {run.run.state}: {run.run.error or ''}",
            f"See its steps: studiolo pipelines steps {run.run.id}",
        )
        self.run = run


class Pipelines:
    """Pipelines of a workspace."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._experiments = Experiments(transport)
        self.components = Components(transport)
        self.drafts = Drafts(transport, self)
        self.published = PublishedPipelines(transport, self)

    def submit(self, pipeline: PipelineSpec | str | Path | Any, **changes: Any) -> PipelineRun:
        """Queue a pipeline: a spec, a file of Azure ML, or a call of a `@pipeline`.

        changes: keys of a file with other values, `inputs__rate=0.1`; of a call: name, experiment, force_rerun, and others of `Settings`.

        >>> studio.pipelines.submit("pipeline.yml", inputs__rate=0.1)  # doctest: +SKIP
        """
        if isinstance(pipeline, str | Path):
            return self.submit_file(pipeline, {key.replace("__", "."): value for key, value in changes.items()}).run
        if isinstance(pipeline, PipelineSpec):
            return self._submit(pipeline.model_dump(mode="json", exclude_defaults=True))
        spec = pipeline.spec(**changes)
        self._send(spec, pipeline.files)
        texts = {
            slot: [InputFile(path=path, digest=self._experiments.keep(text.encode())) for path, text in found.items()]
            for slot, found in pipeline.texts.items()
        }
        reading.fill(spec, texts)
        return self._submit(spec)

    def submit_file(
        self, path: str | Path, changes: Mapping[str, Any] | Sequence[str] = (), places: Mapping[str, str] | None = None
    ) -> Submitted:
        """Queue the pipeline of a file; code and local inputs are sent as far as they are missing.

        changes: keys with other values, `{"inputs.rate": 0.1}` or `["inputs.rate=0.1"]`; places: folders of this machine for beginnings of
        addresses. Raises BadPipeline, which names the step and the field.
        """
        spec, found = self._read(path, changes, places)
        return Submitted(self._submit(spec), found.warnings)

    def submit_raw(self, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> Submitted:
        """Queue a pipeline that has been read from a file."""
        spec, warnings = self.prepare_raw(raw, path, places)
        return Submitted(self._submit(spec), warnings)

    def prepare_raw(
        self, raw: dict[str, Any], path: Path, places: Mapping[str, str]
    ) -> tuple[dict[str, Any], Warnings]:
        """Send the files of a pipeline that has been read from a file; returns what would be submitted, and warnings."""
        spec, found = pipeline_files.of(raw, path, places)
        self._send(spec, found.files)
        return spec, found.warnings

    def spec_of(self, pipeline: PipelineSpec | str | Path) -> dict[str, Any]:
        """Return what would be submitted of a file of Azure ML, whose files are sent, of a spec, or of the like of a run."""
        if isinstance(pipeline, PipelineSpec):
            return pipeline.model_dump(mode="json", exclude_defaults=True)
        if isinstance(pipeline, Path) or Path(pipeline).suffix in (".yml", ".yaml"):
            return self.prepare_raw(document.read(Path(pipeline)), Path(pipeline), {})[0]
        return self.spec(pipeline).model_dump(mode="json", exclude_defaults=True)

    def check_file(
        self, path: str | Path, changes: Mapping[str, Any] | Sequence[str] = (), places: Mapping[str, str] | None = None
    ) -> Checked:
        """Say all that is wrong with the pipeline of a file; nothing is queued."""
        spec, found = pipeline_files.gathered(self._changed(path, changes), Path(path), places or {})
        if found.wrong:  # what they make, and what the others read of it, is not known
            return Checked(problems=found.problems(), order=[], warnings=found.warnings)
        self._send(spec, found.files)
        checked = self.check(PipelineSpec.model_validate(spec))
        return checked.model_copy(update={"warnings": [*found.warnings, *checked.warnings]})

    def check(self, spec: PipelineSpec) -> Checked:
        """Say all that is wrong with a pipeline, and in which order its steps may run."""
        return Checked.model_validate(self._transport.post("pipelines/check", json=spec.model_dump(mode="json")))

    def _read(
        self, path: str | Path, changes: Mapping[str, Any] | Sequence[str], places: Mapping[str, str] | None
    ) -> tuple[dict[str, Any], Found]:
        spec, found = pipeline_files.of(self._changed(path, changes), Path(path), places or {})
        self._send(spec, found.files)
        return spec, found

    @staticmethod
    def _changed(path: str | Path, changes: Mapping[str, Any] | Sequence[str]) -> dict[str, Any]:
        raw = reading.read(Path(path))
        given = changes if isinstance(changes, Mapping) else document.changes(changes)
        document.override(raw, given, pipeline_files.KNOWN)
        return raw

    def _submit(self, spec: Mapping[str, Any]) -> PipelineRun:
        return PipelineRun.model_validate(self._transport.post("pipelines/runs", json=dict(spec)))

    def _send(self, spec: dict[str, Any], files: Mapping[Slot, Sequence[LocalFile]]) -> None:
        """Send files as far as they are missing, and write where they belong."""
        reading.fill(spec, self._experiments.send_files(files))

    def list(self, **where: Any) -> Runs:
        """Return the newest pipelines; where: name, experiment, state, live, limit."""
        return [PipelineRun.model_validate(one) for one in self._transport.get("pipelines/runs", **where)["items"]]

    def get(self, run_id: str) -> PipelineDetail:
        """Return a pipeline's run with its graph."""
        return PipelineDetail.model_validate(self._transport.get(f"pipelines/runs/{run_id}"))

    def steps(self, run_id: str) -> Steps:
        """Return how the steps stand, those of nested pipelines too."""
        return [StepState.model_validate(one) for one in self._transport.get(f"pipelines/runs/{run_id}/steps")]

    def step(self, run_id: str, path: str) -> StepDetail:
        """Return everything about a step: inputs, outputs, why it was or was not reused."""
        return StepDetail.model_validate(self._transport.get(f"pipelines/runs/{run_id}/step", path=path))

    def files(self, run_id: str, path: str, output: str, folder: str = "") -> Files:
        """Return what lies directly below a folder of a step's output."""
        where = f"pipelines/runs/{run_id}/step/files"
        return [
            Artifact.model_validate(one) for one in self._transport.get(where, path=path, output=output, folder=folder)
        ]

    def download(self, run_id: str, path: str, output: str, file: str, target: str | Path) -> Path:
        """Fetch one file of a step's output."""
        place = Path(target)
        return self._transport.download(
            f"pipelines/runs/{run_id}/step/file", place, path=path, output=output, file=file
        )

    def debug(self, run_id: str, path: str, folder: str | Path | None = None) -> Path:
        """Re-enter a step here: its inputs and code in a folder, and a script that runs its command; returns the script."""
        from studiolo.studio.pipelines import debugging

        return debugging.enter(
            self._transport, run_id, path, Path(folder) if folder else debugging.default_folder(path)
        )

    def cost(self, run_id: str) -> float:
        """Return what the jobs of a pipeline have cost so far on computes with a price."""
        return PipelineCost.model_validate(self._transport.get(f"pipelines/runs/{run_id}/cost")).cost

    def spec(self, run_id: str) -> PipelineSpec:
        """Return what was submitted, components filled in; `submit` takes it again."""
        return PipelineSpec.model_validate(self._transport.get(f"pipelines/runs/{run_id}/spec"))

    def cancel(self, run_id: str) -> PipelineRun:
        """Ask a pipeline to stop."""
        return PipelineRun.model_validate(self._transport.post(f"pipelines/runs/{run_id}/cancel"))

    def rerun(self, run_id: str, *, from_failed: bool = False, force: bool | None = None, **values: Any) -> PipelineRun:
        """Run a pipeline once more, as a new run. from_failed: finished steps are taken over; force: take no earlier result.

        values: of inputs, other than before.
        """
        asked = {"from_failed": from_failed, "force_rerun": force, "values": values}
        return PipelineRun.model_validate(self._transport.post(f"pipelines/runs/{run_id}/rerun", json=asked))

    def watch(self, run_id: str, pause: float = 0.2) -> Iterator[PipelineDetail]:
        """Yield the pipeline as it is, when a step has changed and once a second, until it has ended. pause: least seconds between two."""
        while True:
            version = self._experiments.standing(run_id).version
            found = self.get(run_id)
            yield found
            if found.run.state in TERMINAL:
                return
            again = time.monotonic() + pause
            standing = self._experiments.standing(run_id, _LOOK_SECONDS, version)
            if standing.state not in TERMINAL:
                time.sleep(max(0.0, again - time.monotonic()))

    def wait(self, run_id: str) -> PipelineDetail:
        """Wait until a pipeline has ended; raises PipelineFailed unless it completed."""
        while self._experiments.standing(run_id, _WAIT_SECONDS).state not in TERMINAL:
            pass
        found = self.get(run_id)
        if found.run.state != "Completed":
            raise PipelineFailed(found)
        return found


class Components:
    """Components of a workspace."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._experiments = Experiments(transport)

    def register(self, file: str | Path, places: Mapping[str, str] | None = None) -> Component:
        """Register the component of a YAML file; the same content again is the same version."""
        return self.register_raw(reading.read(Path(file)), Path(file), places or {})[0]

    def register_raw(self, raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> tuple[Component, Warnings]:
        """Register a component that has been read from a file; returns what of it has no meaning here, too."""
        body, found = component_files.of(raw, path, places)
        reading.fill(body, self._experiments.send_files(found.files))
        return Component.model_validate(self._transport.post("pipelines/components", json=body)), found.warnings

    def list(self, **where: Any) -> ComponentList:
        """Return the newest version of each component; where: name, archived, limit."""
        return [Component.model_validate(one) for one in self._transport.get("pipelines/components", **where)["items"]]

    def get(self, reference: str) -> ComponentDetail:
        """Return a component, such as `train` or `train:3`."""
        name, _, version = reference.removeprefix("azureml:").partition(":")
        return ComponentDetail.model_validate(self._transport.get(f"pipelines/components/{name}", version=version))

    def versions(self, name: str) -> ComponentList:
        """Return the versions of a component, newest first."""
        return [Component.model_validate(one) for one in self._transport.get(f"pipelines/components/{name}/versions")]

    def archive(self, reference: str, *, archived: bool = True) -> ComponentList:
        """Put a component, or one version of it, out of the lists, or back."""
        name, _, version = reference.partition(":")
        found = self._transport.post(
            f"pipelines/components/{name}/archive", json={"archived": archived}, version=version
        )
        return [Component.model_validate(one) for one in found]


def known_of(kind: str) -> frozenset[str]:
    """Return the keys that a file of a pipeline or component may have."""
    return component_files.KNOWN if kind == "component" else pipeline_files.KNOWN
