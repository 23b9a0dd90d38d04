"""The SDK part of experiments."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.http import Transport
from studiolo.studio.experiments import git_state
from studiolo.studio.experiments.bin_client import Binned
from studiolo.studio.experiments.comparison.client import Comparing
from studiolo.studio.experiments.environments.client import Environments
from studiolo.studio.experiments.importing.client import Importing
from studiolo.studio.experiments.job_files import command as command_file
from studiolo.studio.experiments.job_files.command import CommandJob, LocalFile
from studiolo.studio.experiments.page_client import Browsing
from studiolo.studio.experiments.schemas import TERMINAL, Attempt, InputFile, JobSpec, LogChunk, Run
from studiolo.studio.experiments.table.client import Tabled
from studiolo.studio.experiments.traces_client import Traces
from studiolo.studio.experiments.tracking_client import Tracked

Runs = list[Run]
Attempts = list[Attempt]
Inputs = list[InputFile]


class Submitted(NamedTuple):
    """A job that was queued; warnings: what of its file has no meaning here."""

    run: Run
    warnings: list[str]


class RunFailed(StudioloError):
    """A run that was waited for did not complete."""

    code, status, title = "experiments.run_failed", 409, "The run did not complete"

    def __init__(self, run: Run) -> None:
        super().__init__(
            f"Run {run.id} '{run.name}' ended as {run.state}{f' ({run.failure})' if run.failure else ''}: {run.error or ''}",
            f"See its log: studiolo experiments logs {run.id}",
        )
        self.run = run


class Experiments(Tabled, Tracked, Comparing, Binned, Browsing, Importing):
    """Runs and jobs of a workspace."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.traces = Traces(transport)
        self.environments = Environments(transport)

    def submit(self, spec: JobSpec) -> Run:
        """Queue a job."""
        return Run.model_validate(self._transport.post("experiments/runs", json=spec.model_dump(mode="json")))

    def submit_file(
        self,
        path: str | Path,
        changes: Mapping[str, object] | Sequence[str] = (),
        places: Mapping[str, str] | None = None,
    ) -> Submitted:
        """Queue the job of an Azure ML v2 command-job YAML; its code and local inputs are sent as far as they are missing.

        changes: keys of the file with other values, `{"inputs.rate": 0.1}`; places: folders of this machine for beginnings of
        addresses. Returns the run, and what of the file has no meaning here. Raises BadJob, which names the key.
        """
        said = [f"{key}={value}" for key, value in changes.items()] if isinstance(changes, Mapping) else changes
        return self.submit_job(command_file.load(Path(path), said, places), Path(path).name)

    def submit_job(self, job: CommandJob, source_name: str) -> Submitted:
        """Queue a job as it was read, sending its files as far as they are missing."""
        placed = self._send(job.files)
        state = git_state.look(job.code) if job.code else None
        source = {"mlflow.source.name": source_name, "mlflow.source.type": "JOB", **(state.tags() if state else {})}
        spec = job.spec.model_copy(
            update={
                "code": placed.pop(None, []),
                "inputs": {name: placed[name] for name in placed if name is not None},
                "tags": source | job.spec.tags,
                "artifacts": self._keep_diff(state.diff) if state and state.diff else [],
            }
        )
        return Submitted(self.submit(spec), job.warnings)

    def _keep_diff(self, diff: bytes) -> Inputs:
        sent = self._transport.upload("POST", "experiments/files", iter([diff]), size=len(diff))
        return [InputFile(path=git_state.DIFF, digest=str(sent["digest"]))]

    def _send(self, files: Sequence[LocalFile]) -> dict[str | None, Inputs]:
        digests = [_digest(file.source) for file in files]
        asked = sorted(set(digests))
        missing: set[str] = set()
        for start in range(0, len(asked), 5000):
            reply = self._transport.post("experiments/files/missing", json={"digests": asked[start : start + 5000]})
            missing |= set(reply["digests"])
        placed: dict[str | None, Inputs] = {}
        for file, digest in zip(files, digests, strict=True):
            if digest in missing:
                with file.source.open("rb") as source:
                    chunks = iter(lambda: source.read(1 << 20), b"")
                    sent = self._transport.upload("POST", "experiments/files", chunks, size=file.source.stat().st_size)
                missing.discard(digest)
                digest = str(sent["digest"])  # noqa: PLW2901 - the file may have changed since it was hashed
            placed.setdefault(file.slot, []).append(InputFile(path=file.path, digest=digest))
        return placed

    def list(self, **where: Any) -> Runs:
        """Return the newest runs; where: experiment, kind, state, parent_id, live, lifecycle, limit."""
        return [Run.model_validate(item) for item in self._transport.get("experiments/runs", **where)["items"]]

    def get(self, run_id: str) -> Run:
        """Return a run."""
        return Run.model_validate(self._transport.get(f"experiments/runs/{run_id}"))

    def attempts(self, run_id: str) -> Attempts:
        """Return what each attempt of a job came to."""
        return [Attempt.model_validate(item) for item in self._transport.get(f"experiments/runs/{run_id}/attempts")]

    def children(self, run_id: str) -> Runs:
        """Return the children of a run in the order they were made."""
        return [Run.model_validate(item) for item in self._transport.get(f"experiments/runs/{run_id}/children")]

    def cancel(self, run_id: str) -> Run:
        """Ask a job to stop."""
        return Run.model_validate(self._transport.post(f"experiments/runs/{run_id}/cancel"))

    def document(self, run_id: str, name: str) -> Any:
        """Return a document that a job wrote about itself, None when it is not there yet."""
        return self._transport.get(f"experiments/runs/{run_id}/documents/{name}")

    def log(self, run_id: str, offset: int = 0) -> LogChunk:
        """Return a piece of a job's log from a byte offset."""
        return LogChunk.model_validate(self._transport.get(f"experiments/runs/{run_id}/log", offset=offset))

    def watch(self, run_id: str, pause: float = 0.3) -> Iterator[Run]:
        """Yield the run again and again until it has ended."""
        while True:
            run = self.get(run_id)
            yield run
            if run.state in TERMINAL:
                return
            time.sleep(pause)

    def follow(self, run_id: str, pause: float = 0.2) -> Iterator[str]:
        """Yield the log of a job as it is written, until the job has ended."""
        offset = 0
        while True:
            ended = self.get(run_id).state in TERMINAL
            while True:
                try:
                    chunk = self.log(run_id, offset)
                except StudioloError as error:
                    if getattr(error, "remote_code", "") != "experiments.no_log":
                        raise
                    break
                if not chunk.text:
                    break
                offset = chunk.next
                yield chunk.text
            if ended:
                return
            time.sleep(pause)

    def wait(self, run_id: str, pause: float = 0.3) -> Run:
        """Wait until a run has ended; raises RunFailed unless it completed."""
        *_, run = self.watch(run_id, pause)
        if run.state != "Completed":
            raise RunFailed(run)
        return run


def _digest(path: Path) -> str:
    from blake3 import blake3

    return str(blake3(max_threads=blake3.AUTO).update_mmap(path).hexdigest())
