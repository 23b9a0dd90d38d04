"""The supervisor of a scorer: workers up, sample answered, socket taken over, workers kept alive, drained at the end."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.endpoints.scoring import deployment, handover

_TICK = 0.05
_CRASHES = 5  # quick deaths in a row after which the scorer gives up and leaves the next try to the controller


class Worker:
    """A worker process and what it said."""

    def __init__(self, told: Path, number: int) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-P", "-m", "studiolo.studio.endpoints.scoring.worker", str(told), str(number)]
        environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [*command, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, env=environment
        )
        theirs.close()
        ours.setblocking(False)
        self.number = number
        self.control = ours
        self.born = time.monotonic()
        self.ready: dict[str, Any] | None = None
        self.failed: dict[str, Any] | None = None
        self.serving = False
        self.given = False
        self._heard = b""

    def listen(self) -> None:
        """Take in what the worker said; a dead one that said nothing has failed."""
        with contextlib.suppress(BlockingIOError, OSError):
            while data := self.control.recv(1 << 16):
                self._heard += data
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            message = json.loads(line)
            self.ready = message.get("ready", self.ready)
            self.failed = message.get("failed", self.failed)
            self.serving = message.get("serving", self.serving)
        if self.ready is None and self.failed is None and self.process.poll() is not None:
            how = _ending(self.process.returncode)
            hint = " It may have run out of memory." if self.process.returncode == -signal.SIGKILL else ""
            text = f"The worker {how} while it loaded the model.{hint}"
            self.failed = {"stage": "load", "error": text, "traceback": ""}

    def give(self, listening: socket.socket) -> None:
        """Let it serve on the socket."""
        self.control.setblocking(True)
        socket.send_fds(self.control, [b"s"], [listening.fileno()])
        self.control.setblocking(False)
        self.given = True

    def drain(self) -> None:
        """Ask it to end."""
        with contextlib.suppress(OSError):
            self.control.send(b"d")

    def end(self) -> None:
        """Make sure that it is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.control.close()


class Supervisor:
    """Runs the deployment of one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.folder = self.path.parent
        self.told = deployment.read(self.path)
        self.ending = False
        self.workers: list[Worker] = []
        self.listening: socket.socket | None = None
        self.giver: handover.Giver | None = None
        self._crashes = 0
        self._spawn_at = 0.0

    def run(self) -> int:
        """Load, go live, watch, drain; returns the exit code."""
        for name in ("ready.json", "failed.json", "serving.json"):
            (self.folder / name).unlink(missing_ok=True)
        try:
            self.workers = [Worker(self.path, number) for number in range(max(1, self.told.workers))]
            if not self._load() or not self._go_live():
                return 0 if self.ending else 1
            return self._watch()
        finally:
            self._drain()

    def _load(self) -> bool:
        while not self.ending and not all(worker.ready for worker in self.workers):
            failed = self._listen()
            if failed is not None:
                self._fail(failed)
                return False
        if self.ending:
            return False
        first = self.workers[0].ready or {}
        self._write(
            "ready.json",
            {
                **{key: value for key, value in first.items() if key != "pid"},
                "pids": [worker.process.pid for worker in self.workers],
                "rss_bytes": max((worker.ready or {}).get("rss_bytes", 0) for worker in self.workers),
                "at": _now(),
            },
        )
        return True

    def _go_live(self) -> bool:
        """Wait for the word, then get the socket and share it out."""
        signal_file = self.folder / "live"
        while not self.ending and not signal_file.exists():
            if not self.path.exists():
                return False
            failed = self._listen()
            if failed is not None or any(worker.process.poll() is not None for worker in self.workers):
                self._fail(failed or {"stage": "wait", "error": "A worker ended before it went live.", "traceback": ""})
                return False
        if self.ending:
            return False
        text = signal_file.read_text(encoding="utf-8").strip()
        previous = (json.loads(text) or {}).get("previous") if text else None
        try:
            self.listening = handover.obtain(self.told.host, self.told.port, Path(previous) if previous else None)
        except StudioloError as problem:
            self._fail({"stage": "port", "error": str(problem), "traceback": "", "problem": problem.problem()})
            return False
        for worker in self.workers:
            worker.give(self.listening)
        while not self.ending and not all(worker.serving for worker in self.workers):
            self._listen()
            if any(worker.process.poll() is not None for worker in self.workers):
                self._fail({"stage": "listen", "error": "A worker ended when it went live.", "traceback": ""})
                return False
        self.giver = handover.Giver(self.folder, self.listening)
        host, port = self.listening.getsockname()[:2]
        self._write("serving.json", {"host": host, "port": port, "pid": os.getpid(), "at": _now()})
        return True

    def _watch(self) -> int:
        """Keep as many workers as were asked for; the socket stays open meanwhile, so that requests wait."""
        assert self.listening is not None
        while not self.ending and self.path.exists():  # without its folder it serves nobody: its home was removed
            self._listen(1.0)
            for place, worker in enumerate(self.workers):
                if worker.process.poll() is not None:
                    if not self._replace(place, worker):
                        return 1
                elif worker.ready and not worker.given:
                    worker.give(self.listening)
        return 0

    def _replace(self, place: int, dead: Worker) -> bool:
        lived = time.monotonic() - dead.born
        if self._spawn_at == 0.0:
            self._crashes = self._crashes + 1 if lived < 30 else 1
            if self._crashes > _CRASHES:
                sys.stderr.write(f"worker {dead.number} died {_CRASHES} times in a row; giving up\n")
                return False
            wait = 0.0 if self._crashes == 1 else min(0.2 * 2**self._crashes, 10.0)
            sys.stderr.write(f"{_now()} worker {dead.number} {_ending(dead.process.returncode)}; another starts\n")
            self._spawn_at = time.monotonic() + wait
        if time.monotonic() >= self._spawn_at:
            self._spawn_at = 0.0
            dead.end()
            self.workers[place] = Worker(self.path, dead.number)
        return True

    def _drain(self) -> None:
        if self.giver is not None:
            self.giver.close()
        for worker in self.workers:
            worker.drain()
        deadline = time.monotonic() + self.told.drain_seconds + 1
        while time.monotonic() < deadline and any(worker.process.poll() is None for worker in self.workers):
            time.sleep(0.02)
        for worker in self.workers:
            worker.end()
        if self.listening is not None:
            self.listening.close()

    def _listen(self, seconds: float = _TICK) -> dict[str, Any] | None:
        """Wait a moment for what the workers say; returns what one failed with."""
        with contextlib.suppress(InterruptedError):
            alive = [worker.control for worker in self.workers if worker.process.poll() is None]
            select.select(alive, [], [], seconds) if alive else time.sleep(_TICK)
        for worker in self.workers:
            worker.listen()
        return next((worker.failed for worker in self.workers if worker.failed is not None), None)

    def _fail(self, failure: dict[str, Any]) -> None:
        sys.stderr.write(f"{failure['error']}\n")
        self._write("failed.json", {**failure, "at": _now()})

    def _write(self, name: str, content: dict[str, Any]) -> None:
        part = self.folder / f"{name}.part"
        part.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
        part.replace(self.folder / name)

    def stop(self, *_: object) -> None:
        """End at the next turn."""
        self.ending = True


def _ending(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def main() -> int:
    """Run the scorer of `FOLDER/deployment.json`."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: python -m studiolo.studio.endpoints.scoring.main FOLDER/deployment.json\n")
        return 2
    supervisor = Supervisor(Path(sys.argv[1]))
    signal.signal(signal.SIGTERM, supervisor.stop)
    signal.signal(signal.SIGINT, supervisor.stop)
    return supervisor.run()


if __name__ == "__main__":
    sys.exit(main())
