"""A Spark for tests: the pyspark of some Python on this machine. pyspark itself is half a gigabyte, so no test brings it."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

PYTHON = "STUDIOLO_TEST_SPARK"  # a Python that has pyspark, for tests; else the one that runs them


def python() -> str:
    """Return a Python that has Spark; skips the test where there is none, naming what is missing."""
    given = os.environ.get(PYTHON)
    if given and not os.access(given, os.X_OK):
        pytest.fail(f"{PYTHON} is {given}, which is no program")
    if not given and importlib.util.find_spec("pyspark") is None:
        pytest.skip(f"needs pyspark>=4 (set {PYTHON} to a Python that has it)")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("needs Java 17 (openjdk-17-jre-headless)")
    return given or sys.executable


def home(python: str) -> str:
    """Return the SPARK_HOME of a Python's pyspark."""
    code = "import importlib.util; print(importlib.util.find_spec('pyspark').submodule_search_locations[0])"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


class ConnectServer:
    """A real Spark Connect server on loopback, with a token; killed and started again at the same port."""

    TOKEN = "open-sesame"  # noqa: S105 - of a server that lives for a test
    _CONF = (
        "spark.ui.enabled=false",
        "spark.driver.host=127.0.0.1",
        "spark.driver.bindAddress=127.0.0.1",
        "spark.connect.grpc.binding.address=127.0.0.1",
        "spark.sql.shuffle.partitions=1",
        "spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    )

    def __init__(self, folder: Path, python: str) -> None:
        self.folder, self.home = folder, home(python)
        self.python, self.port = python, _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 240) -> None:
        """Start it, and wait until it listens."""
        words = [f"{self.home}/bin/spark-submit", "--master", "local[1]"]
        more = (f"spark.connect.grpc.binding.port={self.port}", f"spark.connect.authenticate.token={self.TOKEN}")
        for one in (*self._CONF, *more):
            words += ["--conf", one]
        words += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
        env = {**os.environ, "SPARK_HOME": self.home, "PYSPARK_PYTHON": self.python}
        with (self.folder / "spark.log").open("ab") as log:
            self._process = subprocess.Popen(
                words, cwd=self.folder, env=env, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + seconds
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (self.folder / "spark.log").read_text("utf-8", "replace")[-2000:]
                raise RuntimeError(f"Spark Connect did not come up: {said}")
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill it in the middle of whatever it does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
