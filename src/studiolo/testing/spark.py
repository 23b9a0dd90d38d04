"""A Spark for tests: the pyspark of some Python on this machine. pyspark itself is half a gigabyte, so no test brings it."""

import importlib.util
import os
import shutil
import sys

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
