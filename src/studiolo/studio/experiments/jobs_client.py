"""The SDK part of submitting jobs: specs, job files, job files as arguments, and plain functions."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar, cast

from studiolo.kernel.http import Transport
from studiolo.studio.experiments import git_state
from studiolo.studio.experiments.environments.client import Environments
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.functions import FILE, JobFunction
from studiolo.studio.experiments.job_files import command as command_file
from studiolo.studio.experiments.job_files import document
from studiolo.studio.experiments.job_files import notebook as notebook_file
from studiolo.studio.experiments.job_files import parallel as parallel_file
from studiolo.studio.experiments.job_files import spark as spark_file
from studiolo.studio.experiments.job_files import sweep as sweep_file
from studiolo.studio.experiments.job_files.command import CommandJob
from studiolo.studio.experiments.job_files.data import LocalFile
from studiolo.studio.experiments.job_files.kinds import kind_of
from studiolo.studio.experiments.schemas import InputFile, JobSpec, OutputState, Run

if TYPE_CHECKING:
    from studiolo.studio.experiments.client import Experiments

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Submitted(NamedTuple):
    """A job that was queued; warnings: what of its file has no meaning here."""

    run: Run
    warnings: list[str]


class Jobs:
    """Submitting jobs."""

    _transport: Transport

    @property
    def environments(self) -> Environments:
        """What jobs have of Python."""
        return Environments(self._transport)

    def submit(self, job: JobSpec | str | Path | None = None, **given: Any) -> Run:
        """Queue a job: a spec, a job file, or what would stand in one as arguments; see `submit_file` for its warnings.

        >>> studio.experiments.submit(  # doctest: +SKIP
        ...     command="python train.py --rate ${{inputs.rate}}", code="src", inputs={"rate": 0.1}, environment="sklearn-1.5"
        ... )
        """
        if isinstance(job, JobSpec):
            if given:
                raise BadJob("A spec is submitted as it is.", "Change it by model_copy(update=…).", field=min(given))
            return Run.model_validate(self._transport.post("experiments/runs", json=job.model_dump(mode="json")))
        if job is not None:
            return self.submit_file(job, {key.replace("__", "."): value for key, value in given.items()}).run
        if strange := sorted(given.keys() - _known(given)):
            raise BadJob(f"A job has no '{strange[0]}'.", "Look for a slip in its name.", field=strange[0])
        return self.submit_job(_read(dict(given), Path("job.yml"), {}), "").run

    def submit_file(
        self,
        path: str | Path,
        changes: Mapping[str, object] | Sequence[str] = (),
        places: Mapping[str, str] | None = None,
    ) -> Submitted:
        """Queue the job of an Azure ML v2 command-job YAML; its code and local inputs are sent as far as they are missing.

        changes: keys of the file with other values, `{"inputs.rate": 0.1}` or `["inputs.rate=0.1"]`; places: folders of this machine for beginnings of
        addresses. Returns the run, and what of the file has no meaning here. Raises BadJob, which names the key.
        """
        given = changes if isinstance(changes, Mapping) else document.changes(changes)
        raw = document.read(Path(path))
        document.override(raw, given, _known(raw))
        return self.submit_job(_read(raw, Path(path), places or {}), Path(path).name)

    def submit_job(self, job: CommandJob, source_name: str) -> Submitted:
        """Queue a job as it was read, sending its files as far as they are missing."""
        spec, warnings = self.prepare_job(job, source_name)
        return Submitted(self.submit(spec), warnings)

    def prepare_job(self, job: CommandJob, source_name: str) -> tuple[JobSpec, list[str]]:
        """Send the files of a job as it was read; returns what would be submitted, and warnings."""
        placed = self._send(job.files)
        state = git_state.look(job.code) if job.code else None
        source = {"mlflow.source.name": source_name, "mlflow.source.type": "JOB", **(state.tags() if state else {})}
        spec = job.spec.model_copy(
            update={
                "code": placed.pop(None, []),
                "inputs": {name: placed[name] for name in placed if name is not None},
                "tags": {key: value for key, value in source.items() if value} | job.spec.tags,
                "artifacts": self._keep_diff(state.diff) if state and state.diff else [],
            }
        )
        return spec, job.warnings

    def submit_function(self, spec: JobSpec, code: str, call: str, sent: Sequence[LocalFile]) -> Run:
        """Queue a call of a plain function; `job` makes it."""
        placed = self._send(sent)
        texts = [
            InputFile(path=name, digest=self.keep(text.encode())) for name, text in ((FILE, code), ("call.json", call))
        ]
        inputs = {name: files for name, files in placed.items() if name is not None}
        return self.submit(spec.model_copy(update={"code": texts, "inputs": inputs}))

    def job(self, **options: Any) -> Callable[[Callable[P, R]], JobFunction[P, R]]:
        """Make a plain function a job: `train.submit(…)` runs it in the studio, `train(…)` here as ever.

        options: of JobSpec, such as experiment, environment, compute, timeout_s, env, secrets, tags; and `cores`, `gpus`.

        >>> @studio.experiments.job(environment="sklearn-1.5")  # doctest: +SKIP
        ... def train(rate: float, data: Path) -> dict: ...
        >>> train.submit(0.1, data=Path("data.csv")).result()  # doctest: +SKIP
        """

        def made(function: Callable[P, R]) -> JobFunction[P, R]:
            return JobFunction(cast("Experiments", self), function, options)

        return made

    def spec(self, run_id: str) -> JobSpec | None:
        """Return what a job was asked to run, None for a run made by a client; `submit` takes it again."""
        found = self._transport.get(f"experiments/runs/{run_id}/spec")
        return JobSpec.model_validate(found) if found else None

    def outputs(self, run_id: str) -> list[OutputState]:
        """Return how the outputs of a job stand that become datasets or models."""
        found = self._transport.get(f"experiments/runs/{run_id}/outputs")
        return [OutputState.model_validate(item) for item in found]

    def _keep_diff(self, diff: bytes) -> list[InputFile]:
        return [InputFile(path=git_state.DIFF, digest=self.keep(diff))]

    def keep(self, data: bytes) -> str:
        """Store bytes that a job is to find; returns their digest."""
        return str(self._transport.upload("POST", "experiments/files", iter([data]), size=len(data))["digest"])

    def send_files(self, files: Mapping[T, Sequence[LocalFile]]) -> dict[T, list[InputFile]]:
        """Send files as far as they are missing; returns them, as jobs name them, by the same keys."""
        keys = list(files)
        marked = [LocalFile(str(number), one.path, one.source) for number, key in enumerate(keys) for one in files[key]]
        placed = self._send(marked)
        return {key: placed.get(str(number), []) for number, key in enumerate(keys)}

    def _send(self, files: Sequence[LocalFile]) -> dict[str | None, list[InputFile]]:
        digests = [_digest(file.source) for file in files]
        asked = sorted(set(digests))
        missing: set[str] = set()
        for start in range(0, len(asked), 5000):
            reply = self._transport.post("experiments/files/missing", json={"digests": asked[start : start + 5000]})
            missing |= set(reply["digests"])
        placed: dict[str | None, list[InputFile]] = {}
        for file, digest in zip(files, digests, strict=True):
            if digest in missing:
                with file.source.open("rb") as source:
                    chunks = iter(lambda: source.read(1 << 20), b"")
                    sent = self._transport.upload("POST", "experiments/files", chunks, size=file.source.stat().st_size)
                missing.discard(digest)
                digest = str(sent["digest"])  # noqa: PLW2901 - the file may have changed since it was hashed
            placed.setdefault(file.slot, []).append(InputFile(path=file.path, digest=digest))
        return placed


_FILES: dict[str, Any] = {
    "sweep": sweep_file,
    "parallel": parallel_file,
    "notebook": notebook_file,
    "spark": spark_file,
}


def _read(raw: dict[str, Any], path: Path, places: Mapping[str, str]) -> CommandJob:
    """Make a job of the mapping that stands in a file of any kind of job."""
    job: CommandJob = _FILES.get(kind_of(raw), command_file).of(raw, path, places)
    return job


def _known(raw: Mapping[str, Any]) -> frozenset[str]:
    """Return the keys that a job of its kind may have."""
    known: frozenset[str] = _FILES.get(kind_of(raw), command_file).KNOWN
    return known


def _digest(path: Path) -> str:
    from blake3 import blake3

    return str(blake3(max_threads=blake3.AUTO).update_mmap(path).hexdigest())
