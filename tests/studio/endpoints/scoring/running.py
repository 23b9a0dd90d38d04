"""A real scorer for a test: its processes, its port, its files."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

KEY = "sk_test_key"
SECONDS = 60.0


def wait_for(what: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Ask until the answer is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


class Scorer:
    """`python -m studiolo.studio.endpoints.scoring.main` on a deployment in a folder of its own."""

    def __init__(self, folder: Path, model: Path, *, live: bool = True, **told: Any) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        hashes = [hashlib.sha256(key.encode()).hexdigest() for key in (KEY, "second")]
        (folder / "keys.json").write_text(json.dumps({"hashes": hashes}))
        (folder / "deployment.json").write_text(json.dumps({"endpoint": "e", "model": str(model), **told}))
        if live:
            self.go_live()
        command = [sys.executable, "-m", "studiolo.studio.endpoints.scoring.main", str(folder / "deployment.json")]
        self.output = (folder / "out.txt").open("wb")
        self.process = subprocess.Popen(command, stdout=self.output, stderr=self.output, start_new_session=True)

    def go_live(self, previous: Path | None = None) -> None:
        part = self.folder / "live.part"  # whole at once, as the studio writes it: the scorer may look at any moment
        part.write_text(json.dumps({"previous": str(previous)} if previous else None))
        part.replace(self.folder / "live")

    def file(self, name: str) -> Any:
        path = self.folder / name
        return json.loads(path.read_text()) if path.exists() else None

    def wait(self, name: str = "serving.json") -> Any:
        found = wait_for(lambda: self.file(name) or self.process.poll() is not None)
        if found is True:
            found = self.file(name)
            assert found, f"the scorer ended: {self.text()}"
        return found

    def text(self) -> str:
        return (self.folder / "out.txt").read_text()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.wait()['port']}"

    def client(self, key: str | None = KEY) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.output.close()
        return self.process.returncode
