"""A studio as a person starts it: `studiolo up` in processes of its own, on a free loopback port."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Started:
    """process: of `studiolo up`; url, link: what it printed; home: its folder; env: for commands that should find it."""

    process: subprocess.Popen[str]
    url: str
    link: str
    home: Path
    env: dict[str, str]

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `studiolo …` against this studio."""
        return subprocess.run(
            [sys.executable, "-m", "studiolo", *words],
            capture_output=True,
            text=True,
            timeout=300,
            env=self.env,
            check=check,
        )


def clean_environment(home: Path | None = None) -> dict[str, str]:
    """Return the environment without what points at another studio, and with this home."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("STUDIOLO_", "MLFLOW_"))}
    return kept | ({"STUDIOLO_HOME": str(home)} if home else {})


@contextmanager
def started(
    home: Path, *options: str, env: Mapping[str, str] | None = None, folder: Path | None = None
) -> Iterator[Started]:
    """Run `studiolo up` until the end of the block; then it is told to stop.

    folder: where it is started. Raises RuntimeError with what it said when it does not come up.
    """
    environ = clean_environment(home) | dict(env or {})
    port = () if "--port" in options else ("--port", "0")
    command = [sys.executable, "-P", "-m", "studiolo", "up", "--no-browser", "-o", "json", *port, *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ, cwd=folder
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        lines: list[str] = []
        while not lines or lines[-1].rstrip() != "}":
            line = process.stdout.readline()
            if not line:
                raise RuntimeError(f"studiolo up ended with code {process.wait(10)}: {process.stderr.read()}")
            lines.append(line)
        said = json.loads("".join(lines))
        yield Started(process, said["url"], said["link"], home, environ)
    finally:
        if process.poll() is None:
            process.terminate()  # not SIGINT, which a shell lets what it starts in the background ignore
        try:
            process.wait(30)
        finally:
            process.stdout.close()
            process.stderr.close()
