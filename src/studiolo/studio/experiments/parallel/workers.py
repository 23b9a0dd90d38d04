"""Workers of a parallel job: processes with the user's script, which are given mini-batches and tell what became of them."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from studiolo.studio.experiments.parallel import worker as program


class Ended(NamedTuple):
    """A worker has ended. how: a part of a sentence."""

    how: str


Told = dict[str, Any] | Ended


class Worker:
    """One process. number: of its place; batch: the mini-batch that it has, since: when it got it, or was started."""

    def __init__(self, number: int, words: Sequence[str], level: str) -> None:
        self.number = number
        self.ready = False
        self.batch: int | None = None
        self.since = time.monotonic()
        self._buffer = b""
        asked, self._ask = os.pipe()
        self.answers, answer = os.pipe()
        python = shutil.which("python") or shutil.which("python3") or "python"
        environ = {**os.environ, "STUDIOLO_WORKER": str(number), "AZUREML_ENTRY_SCRIPT": words[0]}
        gpus = [one for one in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one]
        if len(gpus) > 1:
            environ["CUDA_VISIBLE_DEVICES"] = gpus[number % len(gpus)]
        try:
            self._process = subprocess.Popen(
                [python, "-u", program.__file__, str(asked), str(answer), level, *words],
                env=environ,
                stdin=subprocess.DEVNULL,
                pass_fds=(asked, answer),
                start_new_session=True,
            )
        finally:
            os.close(asked)
            os.close(answer)

    def give(self, batch: int, what: dict[str, Any], rows: Path) -> None:
        """Let it work on a mini-batch. what: its paths, or where its rows are."""
        self.batch, self.since = batch, time.monotonic()
        self._send({"batch": batch, "rows": str(rows), **what})

    def free(self) -> int:
        """Take the mini-batch from it; returns its number."""
        assert self.batch is not None
        batch, self.batch = self.batch, None
        return batch

    def finish(self) -> None:
        """Let it call what is called once in a job."""
        self._send({"finish": True})

    def shut(self) -> None:
        """Tell it that nothing follows."""
        with contextlib.suppress(OSError):
            os.close(self._ask)
        self._ask = -1

    def alive(self) -> bool:
        """Say whether it runs."""
        return self._process.poll() is None

    def terminate(self) -> None:
        """Ask it, and what it started, to end."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it, and what it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for descriptor in (self._ask, self.answers):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self._ask = self.answers = -1

    def hear(self) -> list[Told]:
        """Return what it has said; called when there is something to read."""
        piece = os.read(self.answers, 1 << 16)
        if not piece:
            return [Ended(self._how(self._process.wait()))]
        self._buffer += piece
        *lines, self._buffer = self._buffer.split(b"\n")
        return [json.loads(line) for line in lines]

    def last(self) -> list[Told]:
        """Return what one that has ended had still to say, and that it has."""
        readable = select.select([self.answers], [], [], 0)[0]
        return self.hear() if readable else [Ended(self._how(self._process.wait()))]

    @staticmethod
    def _how(code: int) -> str:
        return f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"

    def _send(self, order: dict[str, Any]) -> None:
        data = json.dumps(order).encode() + b"\n"
        try:
            while data:
                data = data[os.write(self._ask, data) :]
        except BrokenPipeError:
            return  # it has ended, which is heard when its answers end


def wait(workers: Sequence[Worker], seconds: float) -> list[tuple[Worker, Told]]:
    """Wait until workers say something, or for so long; returns what they said."""
    poll = select.poll()
    by_number = {worker.answers: worker for worker in workers}
    for number in by_number:
        poll.register(number, select.POLLIN)
    found: list[tuple[Worker, Told]] = []
    for number, _ in poll.poll(seconds * 1000):
        found += [(by_number[number], news) for news in by_number[number].hear()]
    spoke = {worker.number for worker, _ in found}
    for worker in workers:  # what a worker has forked may hold its descriptor open when it has ended
        if worker.number not in spoke and not worker.alive():
            found += [(worker, news) for news in worker.last()]
    return found
