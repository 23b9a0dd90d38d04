"""Runs a sweep: asks for values, runs the command with them, follows the metric, keeps the best.

`python -m studiolo.studio.experiments.sweeps.driver`, in the job's working folder; the plan is `sweep.json` of the attempt. Each
try has a copy of the code, a folder of outputs, and a run of its own below the job's.
"""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.kernel.http import Transport
from studiolo.runner import scrub
from studiolo.runner.journal import Journal
from studiolo.studio.experiments import secret_texts
from studiolo.studio.experiments.sweeps import policies, space
from studiolo.studio.experiments.sweeps.schemas import Sweep

PLAN = "sweep.json"
HERE = "@TRIAL@"  # stands in paths for the number of the try
_PAUSE, _LOOK = 0.1, 1.0
_PATIENCE = 20.0  # seconds until the run of a try is there
_GRACE = 5.0
_AWAY = 300.0  # seconds that the server may be away when a try has ended
_TOLD = "the sweep was ended"


@dataclass
class Try:
    """One try. points: of the metric, in order; judged: how many of them a policy has seen; writer: of its log, where secrets are."""

    number: int
    id: str
    values: dict[str, Any]
    process: "subprocess.Popen[bytes]"
    outputs: Path
    begun: float
    looked: float = 0.0
    points: list[float] = field(default_factory=list)
    judged: int = 0
    ended: str = ""  # why it was ended by us
    good: bool = False  # it came to its end, or was stopped early, and logged the metric
    writer: threading.Thread | None = None
    over: float | None = None  # when its process had ended

    @property
    def result(self) -> float | None:
        """The last finite point."""
        return next((value for value in reversed(self.points) if math.isfinite(value)), None)


class Driver:
    """Holds a sweep from its first try to its end."""

    def __init__(self, place: Path, plan: dict[str, Any], history: Callable[[str, str], list[float] | None]) -> None:
        self.place, self.plan, self.history = place, plan, history
        self.sweep = Sweep.model_validate(plan["sweep"])
        self.known = scrub.patterns(secret_texts.hidden(os.environ, plan.get("secrets", ())))
        self.journal = Journal(place / "journal.jsonl")
        self.points = space.points(self.sweep)
        self.running: list[Try] = []
        self.done: list[Try] = []
        self.asked = 0
        self.over = self.told = self.deaf = False

    def tell_to_end(self, *_: object) -> None:
        """End the tries and finish with what there is; a signal handler."""
        self.over = self.told = True

    def run(self) -> int:
        """Go on until the budget is spent; returns the exit code."""
        while True:
            while (
                not self.over and len(self.running) < self.sweep.max_concurrent and self.asked < self.sweep.max_trials
            ):
                self._start()
            if not self.running:
                return self._finish()
            if self.told:
                self._end_all()
            for one in list(self.running):
                self._follow(one)
            time.sleep(_PAUSE)

    def _start(self) -> None:
        values = self.points.ask()
        if values is None:
            self.over = True
            return
        number = self.asked
        self.asked += 1
        outputs = self.place / "outputs" / "trials" / str(number)
        folder = self.place / "trials" / str(number)
        outputs.mkdir(parents=True)
        for name in self.plan["folders"]:
            (outputs / name).mkdir(parents=True, exist_ok=True)
        shutil.copytree(self.place / "work", folder, symlinks=True)
        for name in ("outputs", "logs"):
            if (folder / name).is_symlink():
                (folder / name).unlink()
                place = outputs if name == "outputs" else outputs / name
                place.mkdir(exist_ok=True)
                (folder / name).symlink_to(place)
        run_id = uuid.uuid4().hex
        params = {name: _text(value) for name, value in values.items()}
        self.journal.child(run_id, f"trial {number}", "Running", params=params, started_at=time.time())
        self._wait_for(run_id)
        text = str(self.plan["command"]).replace(HERE, str(number))
        for name, value in params.items():
            for family in ("search_space", "inputs"):
                text = space_binding(family, name).sub(lambda _, value=value: value, text)
        log, writer = self._log(outputs / "log.txt")
        environ = {**os.environ, **{f"AZUREML_PARAMETER_{name}": value for name, value in params.items()}}
        environ |= {"MLFLOW_RUN_ID": run_id, "AZUREML_RUN_ID": run_id, "STUDIOLO_RUN_ID": run_id}
        environ["STUDIOLO_OUTPUTS"] = str(outputs)
        try:
            process = subprocess.Popen(
                [shutil.which("bash") or "/bin/sh", "-c", text],
                cwd=folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(log)
        self.running.append(Try(number, run_id, values, process, outputs, time.monotonic(), writer=writer))

    def _log(self, path: Path) -> tuple[int, threading.Thread | None]:
        """Open the log of a try; where the job has secrets it is written through a pipe that takes them out."""
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        if not self.known:
            return log, None
        out, into = os.pipe()

        def write() -> None:
            try:
                scrub.pump(out, log, scrub.Stream(self.known))
            finally:
                os.close(out)
                os.close(log)

        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        return into, writer

    def _wait_for(self, run_id: str) -> None:
        """Wait until the run is there: what the command logs would be refused before."""
        deadline = time.monotonic() + _PATIENCE
        while self.history(run_id, self.sweep.metric) is None and not self.told and time.monotonic() < deadline:
            time.sleep(_PAUSE)

    def _follow(self, one: Try) -> None:
        code = one.process.poll()
        now = time.monotonic()
        if code is None:
            if self.sweep.trial_timeout_s and now - one.begun > self.sweep.trial_timeout_s:
                self._end(one, "timeout")
            elif self.sweep.policy and now - one.looked >= _LOOK:
                self._look(one)
                seen = {other.number: other.points for other in [*self.done, *self.running]}
                if policies.bad(self.sweep.policy, self.sweep.goal, one.number, seen, one.judged):
                    self._end(one, "stopped early")
                one.judged = len(one.points)
            return
        if one.over is None:
            one.over, one.looked = now, 0.0
            if one.writer is not None:
                one.writer.join(_GRACE)  # it ends with the last process that writes
        if now - one.looked < _LOOK:
            return
        answered = not (self.told and self.deaf) and self._look(one)  # there is little time then
        self.deaf = not answered
        if self.deaf and now - one.over < _AWAY and not self.told:
            return  # the server is just starting again: what the try logged would be lost
        self.running.remove(one)
        self.done.append(one)
        self._close(one, code)

    def _look(self, one: Try) -> bool:
        """Ask for the points of a try; False when nobody answers."""
        one.looked = time.monotonic()
        found = self.history(one.id, self.sweep.metric)
        if found:
            one.points = found
        return found is not None

    def _end(self, one: Try, why: str) -> None:
        one.ended = one.ended or why
        _end_processes([one])

    def _end_all(self) -> None:
        """End what runs: there is little time, so all at once."""
        for one in self.running:
            if one.over is None and one.process.poll() != 0:  # whoever told us may have told it too
                one.ended = one.ended or _TOLD
        _end_processes(self.running)

    def _close(self, one: Try, code: int) -> None:
        good = one.good = (code == 0 or one.ended == "stopped early") and one.result is not None
        self.points.tell(one.number, one.result if good else None)
        error = None
        if not good:
            error = one.ended or (
                f"It ended with exit code {code}." if code else f"It logged no metric '{self.sweep.metric}'."
            )
        cut = good or one.ended == _TOLD
        state = "Completed" if good and not one.ended else "Canceled" if cut else "Failed"
        self.journal.child(one.id, f"trial {one.number}", state, error=error or one.ended or None, ended_at=time.time())
        self.journal.progress(len(self.done), self.sweep.max_trials, "Trials")
        shown = ", ".join(f"{name}={_text(value)}" for name, value in one.values.items())
        said = f"{self.sweep.metric} {one.result:g}" if one.result is not None else error
        sys.stdout.write(f"[studio] trial {one.number}: {shown}: {said}{f' ({one.ended})' if one.ended else ''}\n")
        sys.stdout.flush()
        if not good and error:
            sys.stdout.write((one.outputs / "log.txt").read_text("utf-8", "replace")[-1500:])
        shutil.rmtree(self.place / "trials" / str(one.number), ignore_errors=True)

    def _finish(self) -> int:
        sign = 1.0 if self.sweep.goal == "maximize" else -1.0
        good = [one for one in self.done if one.good]
        board = [
            {"number": one.number, "run_id": one.id, "values": one.values, "value": one.result, "ended": one.ended}
            for one in sorted(good, key=lambda one: -sign * (one.result or 0.0))
        ]
        summary = {"metric": self.sweep.metric, "goal": self.sweep.goal, "trials": len(self.done), "board": board}
        self.journal.document("sweep/summary", summary)
        if not good:
            sys.stdout.write("[studio] No trial logged the metric.\n")
            return 1
        best = next(one for one in good if one.number == board[0]["number"])
        self.journal.metric(self.sweep.metric, float(best.result or 0.0))
        for name, value in best.values.items():
            self.journal.tag(f"best.{name}", _text(value))
        self.journal.tag("best.run_id", best.id)
        for name in self.plan["outputs"]:
            _copy(best.outputs / name, self.place / "outputs" / name)
        sys.stdout.write(f"[studio] the best is trial {best.number}: {self.sweep.metric} {best.result:g}\n")
        return 0


def space_binding(family: str, name: str) -> Any:
    """Return the expression that a value is put in the place of."""
    import re

    return re.compile(r"\$\{\{\s*" + family + r"\." + re.escape(name) + r"\s*\}\}")


def _text(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def _end_processes(tries: Sequence[Try]) -> None:
    """TERM, wait, KILL."""
    for one in tries:
        _signal(one, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE
    while any(one.process.poll() is None for one in tries) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
    for one in tries:
        _signal(one, signal.SIGKILL)


def _signal(one: Try, number: int) -> None:
    try:
        os.killpg(one.process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.is_file():
        shutil.copyfile(source, target)


def _history(transport: Transport) -> Callable[[str, str], list[float] | None]:
    def asked(run_id: str, metric: str) -> list[float] | None:
        try:
            found = transport.get(f"experiments/runs/{run_id}/history", key=metric)
        except StudioloError:
            return None  # not there yet, or the server is just starting again
        return [float(value) for series in found for value in series["values"] if value is not None]

    return asked


def main() -> int:
    """Run the sweep of this attempt; returns the exit code."""
    place = Path(os.environ["STUDIOLO_OUTPUTS"]).parent
    plan = json.loads((place / PLAN).read_text("utf-8"))
    driver = Driver(place, plan, _history(Transport()))
    signal.signal(signal.SIGTERM, driver.tell_to_end)
    return driver.run()


if __name__ == "__main__":
    sys.exit(main())
