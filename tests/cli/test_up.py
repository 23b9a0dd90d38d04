"""`studiolo up` as a person runs it: real processes on loopback."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studiolo.testing.studio import clean_environment, started


def fetch(url: str, path: str) -> int:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status


def run(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "studiolo", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment(home))


def test_up_answers_and_the_command_line_finds_it(tmp_path: Path) -> None:
    with started(tmp_path / "home") as studio:
        assert fetch(studio.url, "/health") == 200
        env = run("env", home=tmp_path / "home")
        assert f"MLFLOW_TRACKING_URI={studio.url}" in env.stdout
        assert "/login?ticket=" in run("login", home=tmp_path / "home").stdout
        assert oct((tmp_path / "home" / "token").stat().st_mode)[-3:] == "600"
    assert studio.process.returncode == 0
    assert run("env", home=tmp_path / "home").returncode == 1


def test_files_of_the_folder_where_it_is_started_are_not_taken_for_modules(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    for name in ("grp", "tarfile", "yaml", "numpy", "secrets"):
        (folder / f"{name}.py").write_text("raise SystemExit('this is of the project')\n")
    job = folder / "job.yml"
    job.write_text("command: echo hello\n")
    with started(tmp_path / "home", folder=folder) as studio:
        assert "hello" in studio.command("submit", str(job), "--stream").stdout


def test_a_killed_server_comes_back_on_the_same_port(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with started(home) as studio:
        pid = json.loads((home / "studio.json").read_text())["pid"]
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while json.loads((home / "studio.json").read_text())["pid"] == pid:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert fetch(studio.url, "/health") == 200


def test_a_taken_port_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = run("up", "--port", str(port), "--no-browser", home=tmp_path / "home")
    assert done.returncode == 1
    assert f"Port {port}" in done.stderr
    assert f"--port {port + 1}" in done.stderr


def test_the_same_home_twice_is_refused(tmp_path: Path) -> None:
    with started(tmp_path / "home"):
        second = run("up", "--port", "0", "--no-browser", home=tmp_path / "home")
    assert second.returncode == 1
    assert "running" in second.stderr


def test_the_home_may_stand_before_the_command(tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("")
    refused = run("--home", str(tmp_path), "up", home=tmp_path / "other")
    assert refused.returncode == 1
    assert f"{tmp_path} holds other things" in refused.stderr.replace("\n", "")


def test_other_hosts_need_accounts(tmp_path: Path) -> None:
    done = run("up", "--host", "0.0.0.0", "--port", "0", "--no-browser", home=tmp_path / "home")
    assert done.returncode == 1
    assert "password" in done.stderr


@pytest.mark.parametrize(("name", "value"), [("STUDIOLO_PORT", "many"), ("STUDIOLO_DURABILITY", "sometimes")])
def test_a_bad_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    environ = dict(os.environ) | {name: value}
    command = [sys.executable, "-m", "studiolo", "up", "--home", str(tmp_path), "--no-browser"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environ)
    assert done.returncode == 1
    assert name in done.stderr


def test_home_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    import sqlite3

    home = tmp_path / "home"
    with started(home):
        pass
    with sqlite3.connect(home / "studiolo.db") as db:
        db.execute("update alembic_version set version_num = '9999'")
    done = run("up", "--port", "0", "--no-browser", home=home)
    assert done.returncode == 1
    assert "9999" in done.stderr
