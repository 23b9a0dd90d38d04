"""Attached Spark: the conformance suite without any Spark, then jobs against a real Spark Connect server where there is one."""

import dataclasses
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.runner import attempt
from studiolo.runner.launch import Handed
from studiolo.studio.compute.backends import spark
from studiolo.studio.compute.backends.base import Machine, Running
from studiolo.studio.compute.machines import service as machines
from studiolo.studio.compute.machines.errors import MachineInvalid
from studiolo.studio.compute.machines.schemas import MachineCreate, MachineCredentials, MachinePatch
from studiolo.studio.compute.spark import settings
from studiolo.studio.experiments import service
from studiolo.studio.experiments.schemas import TERMINAL, InputFile, JobSpec, Run
from studiolo.studio.experiments.spark.schemas import Spark
from studiolo.testing import spark as testing
from studiolo.testing.compute_backend import ComputeBackendChecks
from tests.studio.experiments.jobs import carrying, log_of, wait_for

PATIENCE = 200
CONFIG = {
    "host": "localhost",
    "port": 1,  # nobody listens there
    "python": "python3",
    "cores": 2,
    "memory_bytes": 2**30,
    "machine_cores": 2,
    "machine_memory_bytes": 2**31,
    "settings": spark.checked({}),
}
NOBODY = Machine("m", "spark", CONFIG, {"token": "sesame"}, private=True)


class TestSparkBackend(ComputeBackendChecks):
    """The Spark is away, so its sessions cannot be closed: attempts end as they do everywhere."""

    backend = spark.attach(NOBODY)

    def test_settings_may_only_narrow_it(self, tmp_path: Path) -> None:
        """The settings are of the studio's own machine: how many programs run is said by max_jobs."""
        assert self.port.capacity(self.settings(tmp_path)).cores == 2

    def test_the_program_finds_its_session_and_the_token_is_in_no_file(self, tmp_path: Path) -> None:
        code = "import os; print(os.environ['SPARK_REMOTE']); print('user', os.environ['MINE'])"
        order = self.order(code, mark="run/1")
        self.port.start(tmp_path, order, Handed(env={"MINE": "kept"}, hidden=[]))
        self.ended(tmp_path)
        texts = {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()}
        assert not [name for name, text in texts.items() if "sesame" in text]
        assert "user kept" in texts["log.txt"]
        session = (attempt.read_json(str(tmp_path), spark.SESSION) or {})["session"]
        assert session == settings.session_of("run/1")

    def test_an_end_is_told_when_its_session_is_closed_and_asked_for_once_more_after_a_death(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.port.start(tmp_path, self.order("pass"))
        asked: list[str] = []

        def ask(_: Machine, question: dict[str, Any], __: float) -> dict[str, Any]:
            asked.append(question["verb"])
            return {"interrupted": 2}

        monkeypatch.setattr(spark, "_ask", ask)
        self.until((tmp_path / attempt.EXIT).exists)
        assert isinstance(self.port.poll(tmp_path), Running)
        self.ended(tmp_path)
        assert "[studio] 2 operations interrupted in Spark\n" in (tmp_path / attempt.LOG).read_text()
        assert asked == ["close"]
        attempt.write_json(
            str(tmp_path), spark.SESSION, {"session": "x"}
        )  # as one who was killed before it knew leaves it
        self.ended(tmp_path)
        assert asked == ["close", "close"]


def test_addresses_have_the_session_and_tls_where_a_token_travels() -> None:
    def remote(host: str, token: str = "", **given: Any) -> str:
        config = {**CONFIG, "host": host, "port": 15002, "settings": spark.checked(given)}
        return settings.remote(
            dataclasses.replace(NOBODY, config=config, credentials={"token": token} if token else {}), "s"
        )

    assert remote("box") == "sc://box:15002/;user_id=studiolo;session_id=s"
    assert remote("localhost", "a;b") == "sc://localhost:15002/;user_id=studiolo;session_id=s;token=a%3Bb"
    assert remote("box", "t") == "sc://box:15002/;user_id=studiolo;session_id=s;use_ssl=true;token=t"
    assert remote("box", tls="yes", user="me") == "sc://box:15002/;user_id=me;session_id=s;use_ssl=true"
    assert remote("::1").startswith("sc://[::1]:15002/")


def test_settings_and_credentials_are_judged_and_a_spark_that_is_away_is_said(ctx: Context) -> None:
    for given, field in (
        ({"nope": 1}, "settings.nope"),
        ({"tls": "maybe"}, "settings.tls"),
        ({"patience": 0}, "settings.patience"),
    ):
        with pytest.raises(MachineInvalid) as caught:
            machines.create(ctx, MachineCreate(name="s", kind="spark", host="localhost", settings=given))
        assert caught.value.field == field
    with pytest.raises(MachineInvalid, match="by a password"):
        machines.create(
            ctx, MachineCreate(name="s", kind="spark", host="localhost", credentials=MachineCredentials(password="x"))
        )
    with pytest.raises(MachineInvalid, match="by a token"):
        machines.create(ctx, MachineCreate(name="s", host="h", user="u", credentials=MachineCredentials(token="x")))
    made = machines.create(ctx, MachineCreate(name="s", kind="spark", host="no-such-host.invalid"))
    assert (made.port, made.sign_in, made.state) == (15002, "none", "new")
    assert made.check is not None
    assert made.check.cause == "Nobody knows the name 'no-such-host.invalid'."
    moved = machines.update(ctx, "s", MachinePatch(host="localhost", python="/no/python"))
    assert moved.sign_in == "none"
    found = machines.check(ctx, "s")
    assert found.cause == "'/no/python' cannot be run here: No such file or directory."
    machines.update(ctx, "s", MachinePatch(python=sys.executable))
    assert machines.check(ctx, "s").code in ("studiolo.missing_extra", "compute.spark_away")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[testing.ConnectServer]:
    found = testing.ConnectServer(tmp_path_factory.mktemp("spark"), testing.python())
    found.start()
    yield found
    found.kill()


def attached(
    ctx: Context, server: testing.ConnectServer, token: str = testing.ConnectServer.TOKEN, **changes: Any
) -> Any:
    spec = {
        "name": "lake",
        "kind": "spark",
        "host": "localhost",
        "port": server.port,
        "python": server.python,
        **changes,
    }
    return machines.create(ctx, MachineCreate.model_validate({**spec, "credentials": {"token": token}}))


def submit(ctx: Context, script: str, **changes: Any) -> Run:
    texts = {"main.py": script, "helping.py": "WORD = 'helped'\n"}
    code = [InputFile(path=name, digest=ctx.blobs.put(text.encode()).digest) for name, text in texts.items()]
    given = {"kind": "spark", "compute": "lake", "command": ["main.py --least 3 "], "code": code}
    conf = {"spark.sql.shuffle.partitions": "3", "spark.executor.memory": "1g"}
    given["spark"] = Spark(file="main.py", py_files=["helping.py"], conf=conf)
    return service.submit(ctx, JobSpec.model_validate({**given, **changes}))


def finished(ctx: Context, run: Run) -> Run:
    return wait_for(ctx, lambda: (now := service.get(ctx, run.id)).state in TERMINAL and now, PATIENCE)  # type: ignore[return-value]


COUNT = """
import sys, helping
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("counted", spark.range(10).where(f"id > {sys.argv[2]}").count(), spark.conf.get("spark.sql.shuffle.partitions"), helping.WORD)
"""
LONG = "spark.range(10**14).selectExpr('max(hash(id))').collect()\n"
BEGIN = (
    "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()\n"
    "spark.registerProgressHandler(lambda **_: print('computing', flush=True))\n"
)


def test_a_script_counts_in_the_attached_spark(ctx: Context, server: testing.ConnectServer) -> None:
    made = attached(ctx, server)
    assert made.check.ok, made.check.cause
    assert (made.state, made.sign_in) == ("ready", "token")
    assert made.check.system.startswith("Spark 4")
    run = submit(ctx, COUNT)
    assert finished(ctx, run).state == "Completed", log_of(ctx, run)
    said = log_of(ctx, run)
    assert "counted 6 3 helped" in said
    assert "Without effect here, where the Spark runs already: spark.executor.memory" in said
    assert testing.ConnectServer.TOKEN not in said
    wrong = machines.update(ctx, "lake", MachinePatch(credentials=MachineCredentials(token="wrong")))
    assert wrong.sign_in == "token"
    found = machines.check(ctx, "lake")
    assert found.cause == f"The Spark at localhost:{server.port} refuses: Invalid authentication token."
    machines.detach(ctx, "lake")


def test_a_canceled_job_stops_what_it_computes_there_also_when_its_runner_is_killed(
    ctx: Context, server: testing.ConnectServer
) -> None:
    attached(ctx, server)
    first = submit(ctx, BEGIN + LONG)
    wait_for(ctx, lambda: "computing" in log_of(ctx, first), PATIENCE)
    service.cancel(ctx, first.id)
    assert finished(ctx, first).state == "Canceled"
    assert "1 operation interrupted in Spark" in log_of(ctx, first)
    assert carrying(first) == []
    plain = submit(ctx, "", kind="command", spark=None, command=["python", "main.py"], code=_code(ctx, BEGIN + LONG))
    wait_for(ctx, lambda: "computing" in log_of(ctx, plain), PATIENCE)
    claim = attempt.read_json(str(ctx.settings.attempts / plain.id / "1"), attempt.CLAIM) or {}
    os.kill(int(claim["pid"]), signal.SIGKILL)
    assert finished(ctx, plain).state == "Lost"
    assert "1 operation interrupted in Spark" in log_of(ctx, plain)


def _code(ctx: Context, script: str) -> list[InputFile]:
    return [InputFile(path="main.py", digest=ctx.blobs.put(script.encode()).digest)]


def test_a_spark_that_dies_in_the_middle_is_a_loss_and_the_job_runs_once_more(
    ctx: Context, server: testing.ConnectServer, tmp_path: Path
) -> None:
    attached(ctx, server)
    marker = tmp_path / "was-here"
    script = f"import pathlib\nmarker = pathlib.Path({str(marker)!r})\nagain = marker.exists()\nmarker.touch()\n{BEGIN}"
    run = submit(ctx, f"{script}print('again', again, flush=True)\nif not again:\n    {LONG}", retries={"lost": 1})
    wait_for(ctx, lambda: "computing" in log_of(ctx, run), PATIENCE)
    server.kill()
    server.start()
    end = finished(ctx, run)
    assert end.state == "Completed", log_of(ctx, run)
    attempts = service.attempts(ctx, run.id)
    assert [one.failure for one in attempts] == ["lost", None]
    assert str(attempts[0].error).startswith("The Spark is gone, or has forgotten the session")
