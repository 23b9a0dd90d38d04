"""The SDK part of experiments."""

import time
from collections.abc import Iterator
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.http import Transport
from studiolo.kernel.storage.log_pieces import LogChunk
from studiolo.studio.experiments.bin_client import Binned
from studiolo.studio.experiments.comparison.client import Comparing
from studiolo.studio.experiments.importing.client import Importing
from studiolo.studio.experiments.jobs_client import Jobs, Submitted
from studiolo.studio.experiments.page_client import Browsing
from studiolo.studio.experiments.schemas import TERMINAL, Attempt, Run, Standing
from studiolo.studio.experiments.table.client import Tabled
from studiolo.studio.experiments.traces_client import Traces
from studiolo.studio.experiments.tracking_client import Tracked

__all__ = ["Experiments", "RunFailed", "Submitted"]
Runs = list[Run]
Attempts = list[Attempt]
_WAIT_SECONDS = 25.0  # for which an answer is waited for


class RunFailed(StudioloError):
    """A run that was waited for did not complete."""

    code, status, title = "experiments.run_failed", 409, "The run did not complete"

    def __init__(self, run: Run) -> None:
        super().__init__(
            f"Run {run.id} '{run.name}' ended as {run.state}{f' ({run.failure})' if run.failure else ''}: {run.error or ''}",
            f"See its log: studiolo experiments logs {run.id}",
        )
        self.run = run


class Experiments(Jobs, Tabled, Tracked, Comparing, Binned, Browsing, Importing):
    """Runs and jobs of a workspace."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.traces = Traces(transport)

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

    def log(self, run_id: str, offset: int = 0, attempt: int | None = None) -> LogChunk:
        """Return a piece of a job's log from a byte offset. attempt: of an earlier one than the newest."""
        where = f"experiments/runs/{run_id}/log"
        return LogChunk.model_validate(self._transport.get(where, offset=offset, attempt=attempt))

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

    def lines_of_node(self, run_id: str, node: int, *, follow: bool = False) -> Iterator[str]:
        """Yield the lines that one node wrote, of a job that has several. follow: until the job has ended."""
        label, rest = f"[node {node}] ", ""
        for text in self.follow(run_id) if follow else self.written(run_id):
            *lines, rest = (rest + text).split("\n")
            yield from (line.removeprefix(label) + "\n" for line in lines if line.startswith(label))
        if rest.startswith(label):
            yield rest.removeprefix(label) + "\n"

    def written(self, run_id: str, attempt: int | None = None) -> Iterator[str]:
        """Yield the log of a job as it is now. attempt: of an earlier one than the newest."""
        chunk = self.log(run_id, 0, attempt)
        while chunk.text:
            yield chunk.text
            chunk = self.log(run_id, chunk.next, attempt)

    def standing(self, run_id: str, seconds: float = 0.0, version: int | None = None) -> Standing:
        """Return how a run stands when it has ended, or has another version than this one; after the seconds in any case, at most 30."""
        where = f"experiments/runs/{run_id}/standing"
        return Standing.model_validate(self._transport.get(where, seconds=seconds, version=version))

    def wait(self, run_id: str) -> Run:
        """Wait until a run has ended; raises RunFailed unless it completed."""
        while self.standing(run_id, _WAIT_SECONDS).state not in TERMINAL:
            pass
        run = self.get(run_id)
        if run.state != "Completed":
            raise RunFailed(run)
        return run
