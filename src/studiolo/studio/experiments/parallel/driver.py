"""Runs a parallel job: cuts the data, keeps workers busy with mini-batches, does again what failed, and counts.

`python -m studiolo.studio.experiments.parallel.driver`, in the job's working folder; the plan is `parallel.json` of the attempt. A
worker that dies loses only the mini-batch that it had, and an attempt that follows this one does not do again what is done.
"""

import argparse
import json
import os
import shlex
import signal
import sys
import time
from collections import deque
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.runner import attempt
from studiolo.runner.journal import Journal
from studiolo.studio.experiments.parallel import batches, ledger
from studiolo.studio.experiments.parallel.ledger import Entry, Ledger
from studiolo.studio.experiments.parallel.schemas import Parallel
from studiolo.studio.experiments.parallel.workers import Ended, Told, Worker, wait

PLAN = "parallel.json"
ROWS = "parallel_run_step.txt"  # in an output that is a folder, as Azure ML calls it
_PAUSE = 0.5  # seconds between looks at the clock
_REPORT = 1.0
_READY_SECONDS = 600.0
_DEATHS_BEFORE_READY = 3
_GRACE = 5.0


class Stopped(Exception):
    """The job cannot come to a good end; the message is for the log."""


class Driver:
    """Holds a parallel job from its first mini-batch to its end."""

    def __init__(self, place: Path, plan: dict[str, Any]) -> None:
        self.place, self.plan = place, plan
        self.parallel = Parallel.model_validate(plan["parallel"])
        self.words = shlex.split(plan["command"])
        self.journal = Journal(place / "journal.jsonl")
        self.batches: batches.Cut
        self.ledger: Ledger
        self.over: dict[int, Entry] = {}
        self.tries: dict[int, int] = {}
        self.todo: deque[int] = deque()
        self.workers: list[Worker] = []
        self.unready = 0
        self.told = False
        self.begun, self.reported = time.monotonic(), float("-inf")
        self.taken = 0  # that were done before
        self.given = predefined(self.words[1:])

    def tell_to_end(self, *_: object) -> None:
        """End the workers and stop; a signal handler."""
        self.told = True

    def run(self) -> int:
        """Go on until all mini-batches are over; returns the exit code."""
        try:
            self._begin()
            while self.todo or any(worker.batch is not None for worker in self.workers):
                self._step()
            self._judge()
            self._finish()
        except (Stopped, StudioloError) as error:
            if hasattr(self, "batches"):
                self._report(now=True)
            self._end_all()
            say(str(error))
            attempt.write_json(str(self.place), attempt.FAILURE, {"class": "user_error", "error": sentence(str(error))})
            return 1
        finally:
            if hasattr(self, "batches"):
                self.batches.close()
        return 0

    def _begin(self) -> None:
        root = Path(self.plan["data"])
        if not root.exists():
            raise Stopped(f"there is no data in the input '{self.parallel.data}'")
        self.journal.progress(0, None, "Cutting the data")
        self.batches = batches.of(root, self.parallel, self.place / ledger.TABLE)
        self.ledger = Ledger(self.place, self.batches.fingerprint)
        if not self.batches:
            say(f"the input '{self.parallel.data}' has no files: there is nothing to do")
        for entry in self.ledger.begin():
            if entry.batch < len(self.batches):
                self.over[entry.batch] = entry
        self.taken = len(self.over)
        self.todo = deque(number for number in range(len(self.batches)) if number not in self.over)
        said = f", {self.taken} of them done by an earlier attempt" if self.taken else ""
        say(f"{len(self.batches)} mini-batches of {self.batches.about}{said}; {self._wanted()} workers")
        self._report(now=True)

    def _wanted(self) -> int:
        gpus = [number for number in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if number]
        most = self.parallel.max_concurrency or len(gpus) or int(os.environ.get("STUDIOLO_CORES") or 1)
        return min(most, len(self.batches) - self.taken)

    def _step(self) -> None:
        if self.told:
            raise Stopped("the job was told to end")
        while self.todo and len(self.workers) < min(self._wanted(), len(self.todo) + self._working()):
            self.workers.append(self._start())
        for worker in self.workers:
            if worker.ready and worker.batch is None and self.todo:
                number = self.todo.popleft()
                worker.give(number, self.batches.give(number), self.ledger.rows(number))
        for worker, news in wait(self.workers, _PAUSE):
            self._hear(worker, news)
        now = time.monotonic()
        for worker in list(self.workers):
            if worker.batch is not None and now - worker.since > self.parallel.timeout_s:
                self._lost(worker, f"it took longer than {self.parallel.timeout_s:g} s")
            elif not worker.ready and now - worker.since > _READY_SECONDS:
                self._drop(worker)
                raise Stopped(f"init() took longer than {_READY_SECONDS:g} s")
        self._report()

    def _working(self) -> int:
        return sum(worker.batch is not None for worker in self.workers)

    def _start(self) -> Worker:
        used = {worker.number for worker in self.workers}
        number = next(free for free in range(len(used) + 1) if free not in used)
        return Worker(number, self.words, self.parallel.logging_level)

    def _hear(self, worker: Worker, news: Told) -> None:
        if isinstance(news, Ended):
            self._died(worker, news)
        elif "unready" in news:
            self._drop(worker)
            raise Stopped(str(news["unready"]))
        elif "ready" in news:
            worker.ready, self.unready = True, 0
        elif "failed" in news:
            number = worker.free()
            self._again(number, str(news["error"]))
        elif "done" in news:
            number, returned = worker.free(), int(news["returned"])
            wanted, noun = self.batches.wanted(number), self.batches.noun
            error = f"run() returned {returned} rows for {wanted} {noun}" if returned < wanted else ""
            self._close(Entry(number, self.batches.items(number), returned, error=error))

    def _died(self, worker: Worker, news: Ended) -> None:
        if worker.batch is not None:
            self._lost(worker, f"its worker {news.how}")
            return
        self._drop(worker)
        if not worker.ready:
            self.unready += 1
            if self.unready >= _DEATHS_BEFORE_READY:
                raise Stopped(f"init() ended {self.unready} workers in a row; the last one {news.how}")

    def _lost(self, worker: Worker, why: str) -> None:
        """Let a worker go that died or hangs: its mini-batch is done again by another."""
        assert worker.batch is not None
        number = worker.batch
        self._drop(worker)
        self._again(number, why)

    def _drop(self, worker: Worker) -> None:
        worker.kill()
        self.workers.remove(worker)

    def _again(self, number: int, why: str) -> None:
        self.tries[number] = self.tries.get(number, 0) + 1
        if self.tries[number] <= self.parallel.max_retries:
            say(f"mini-batch {number} failed ({why}); again, {self.tries[number]} of {self.parallel.max_retries}")
            self.todo.append(number)
            return
        say(f"mini-batch {number} failed {self.tries[number]} times ({why}): {self.batches.shown(number)[:500]}")
        self._close(Entry(number, self.batches.items(number), 0, failed=True, error=why))

    def _close(self, entry: Entry) -> None:
        self.ledger.note(entry)
        self.batches.over(entry.batch)
        self.over[entry.batch] = entry
        self._judge()

    def _judge(self) -> None:
        """Stop when more has failed than may."""
        bad = [entry for entry in self.over.values() if entry.error]
        items = sum(max(0, entry.items - entry.returned) for entry in bad)
        last = f" The last one: {bad[-1].error}." if bad else ""
        most = self.parallel.mini_batch_error_threshold
        if most >= 0 and len(bad) > most:
            raise Stopped(f"{len(bad)} mini-batches failed, and at most {most} may (mini_batch_error_threshold).{last}")
        most = self.given.error_threshold if self.given.error_threshold is not None else self.parallel.error_threshold
        if most >= 0 and items > most:
            raise Stopped(f"{items} items failed, and at most {most} may (error_threshold).{last}")
        share = 100.0 * len(bad) / max(1, len(self.batches))
        if share > self.given.allowed_failed_percent:
            raise Stopped(
                f"{share:.0f} % of the mini-batches failed, and at most {self.given.allowed_failed_percent:g} % may.{last}"
            )
        if bad and len(bad) == len(self.batches):
            raise Stopped(f"no mini-batch of {len(self.batches)} came to a good end.{last}")

    def _finish(self) -> None:
        self._report(now=True)
        if self.batches:
            self._on_job_finish()
        for worker in self.workers:
            worker.shut()
        deadline = time.monotonic() + self.given.task_overhead_timeout
        while any(worker.alive() for worker in self.workers) and time.monotonic() < deadline:
            time.sleep(0.02)
        self._end_all()
        done = [number for number, entry in self.over.items() if not entry.failed]
        if target := self.plan.get("append_to"):
            written = self.ledger.gather(Path(target), done)
            say(f"{written} bytes of rows in {Path(target).name}")
        bad = sum(bool(entry.error) for entry in self.over.values())
        say(f"{len(done)} of {len(self.batches)} mini-batches are done" + (f", {bad} counted as failed" if bad else ""))

    def _on_job_finish(self) -> None:
        """Call `on_job_finish` of the script in one worker."""
        ready = [worker for worker in self.workers if worker.ready and worker.batch is None]
        worker = ready[0] if ready else self._start()
        if not ready:
            self.workers.append(worker)
        worker.finish()
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            for heard, news in wait([worker], _PAUSE):
                if isinstance(news, Ended):
                    self._drop(heard)
                    raise Stopped(f"on_job_finish() failed: its worker {news.how}")
                if "failed" in news or "unready" in news:
                    raise Stopped(f"on_job_finish() failed: {news.get('error') or news.get('unready')}")
                if "finished" in news:
                    return
        raise Stopped("on_job_finish() did not end")

    def _report(self, *, now: bool = False) -> None:
        moment = time.monotonic()
        if not now and moment - self.reported < _REPORT:
            return
        self.reported = moment
        done, total = len(self.over), len(self.batches)
        bad = [entry for entry in self.over.values() if entry.error]
        prefix = self.given.metrics_name_prefix
        self.journal.progress(done, total, "Mini-batches")
        values: dict[str, float] = {
            "mini_batches_done": done - sum(entry.failed for entry in bad),
            "mini_batches_failed": len(bad),
            "items_failed": sum(max(0, entry.items - entry.returned) for entry in bad),
        }
        fresh = done - self.taken
        if fresh:
            values["seconds_left"] = (total - done) * (moment - self.begun) / fresh
        for name, value in values.items():
            self.journal.metric(f"parallel/{prefix}{name}", float(value), done)

    def _end_all(self) -> None:
        """TERM, wait, KILL."""
        for worker in self.workers:
            worker.terminate()
        deadline = time.monotonic() + _GRACE
        while any(worker.alive() for worker in self.workers) and time.monotonic() < deadline:
            time.sleep(0.02)
        for worker in self.workers:
            worker.kill()
        self.workers = []


def predefined(words: list[str]) -> argparse.Namespace:
    """Return what a script's arguments say to the one who runs it; as in Azure ML they may be cut short, and the script gets them too."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--error_threshold", type=int)
    parser.add_argument("--allowed_failed_percent", type=float, default=100.0)
    parser.add_argument("--task_overhead_timeout", type=float, default=30.0)
    parser.add_argument("--metrics_name_prefix", default="")
    try:
        return parser.parse_known_args(words)[0]
    except (argparse.ArgumentError, SystemExit):
        return parser.parse_known_args([])[0]


def sentence(text: str) -> str:
    """Return a text as a sentence, in the length of an error."""
    said = text[:2000]
    return said if said.endswith((".", "!", "?")) else f"{said}."


def say(text: str) -> None:
    """Write a line of the studio's own into the log; names of files need not be UTF-8."""
    sys.stdout.write(f"[studio] {text}\n".encode("utf-8", "backslashreplace").decode())
    sys.stdout.flush()


def main() -> int:
    """Run the parallel job of this attempt; returns the exit code."""
    place = Path(os.environ["STUDIOLO_OUTPUTS"]).parent
    plan = json.loads((place / PLAN).read_text("utf-8"))
    if plan["model"]:  # as scripts for batch endpoints of Azure ML look for it
        model = Path(plan["model"])
        os.environ["AZUREML_MODEL_DIR"] = str(model.parent if model.is_file() else model)
    driver = Driver(place, plan)
    signal.signal(signal.SIGTERM, driver.tell_to_end)
    return driver.run()


if __name__ == "__main__":
    sys.exit(main())
