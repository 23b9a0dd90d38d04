"""Orders for another machine: its paths, its Python, its surroundings, and no token for its loopback address."""

import sys
from pathlib import Path

import pytest

from studiolo.runner import ranks
from studiolo.runner.launch import Order
from studiolo.studio.compute.remote import orders

HELLO = {"python": "/opt/py/bin/python3", "env": {"PATH": "/usr/bin", "HOME": "/home/there"}, "root": "/r"}
TRACKED = {"STUDIOLO_TOKEN": "t", "MLFLOW_TRACKING_URI": "u", "MLFLOW_TRACKING_TOKEN": "t", "MLFLOW_RUN_ID": "r"}


def translated(**order: object) -> dict[str, object]:
    given = {"argv": ["true"], "env": {}, "cwd": "/here/a/1/work", **order}
    return orders.translated(Order(**given), Path("/here/a/1"), "/r/attempts/a/1", "/r/runner", HELLO)  # type: ignore[typeddict-item]


def test_paths_python_and_shell_are_those_of_the_machine() -> None:
    words = [sys.executable, ranks.__file__, "--data=/here/a/1/inputs/x"]
    found = translated(argv=words)
    assert found["argv"] == ["/opt/py/bin/python3", "/r/runner/ranks.py", "--data=/r/attempts/a/1/inputs/x"]
    assert found["cwd"] == "/r/attempts/a/1/work"
    assert translated(argv=["/bin/bash", "-c", "x"])["argv"] == ["bash", "-c", "x"]


def test_what_the_job_has_from_this_machine_stays_here() -> None:
    env = {"LANG": "xx", "HOME": "/home/here", "PATH": "/here/bin", "MINE": "1", "STUDIOLO_HOME": "/here"}
    found = translated(env=env, inherited=["LANG", "HOME", "PATH"], own=["MINE"])["env"]
    assert found == {"HOME": "/home/there", "MINE": "1", "PATH": "/opt/py/bin:/usr/bin"}


def test_a_warm_start_and_the_surroundings_that_it_names_stay_here() -> None:
    env = {"AWS_SECRET_ACCESS_KEY": "of the studio"}
    warm = {"key": "k", "python": "/here/python", "env": env, "modules": ["numpy"]}
    assert "of the studio" not in str(translated(env=env, inherited=[*env], warm=warm))


def test_a_path_of_the_jobs_own_is_kept() -> None:
    found = translated(env={"PATH": "/mine:/here/a/1/work/bin"}, own=["PATH"])["env"]
    assert found["PATH"] == "/mine:/r/attempts/a/1/work/bin"  # type: ignore[index]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:1", ""])
def test_no_token_is_sent_to_the_loopback_of_another_machine(url: str) -> None:
    found = translated(env={"STUDIOLO_URL": url, **TRACKED})["env"]
    assert set(found) == {"HOME", "PATH"}  # type: ignore[call-overload]


def test_an_address_that_the_machine_can_reach_is_told_with_its_token() -> None:
    found = translated(env={"STUDIOLO_URL": "https://studio.example.org", **TRACKED})["env"]
    assert found["MLFLOW_TRACKING_TOKEN"] == "t"  # type: ignore[index]
