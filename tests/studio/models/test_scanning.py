"""Verdicts on versions: made by the controller, asked for at once, heeded by a deployment."""

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.endpoints import service as endpoints
from studiolo.studio.endpoints.schemas import EndpointDeploy
from studiolo.studio.experiments import artifacts
from studiolo.studio.models import reconcile, scanning, scans, service
from studiolo.studio.models.errors import NotScanned, RiskNotAccepted
from studiolo.testing.context import context_in
from tests.studio.models.folders import a_model


class Evil:
    """What makes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return os.system, (f"touch {self.path}",)


def a_version(ctx: Context, content: bytes, name: str = "m") -> None:
    run_id = a_model(ctx)
    with ctx.db.begin() as tx:
        artifacts.put(tx, ctx, run_id, "model/model.pkl", ctx.blobs.put(content))
        artifacts.remove_at(tx, ctx, f"{artifacts.root_of_run(tx, ctx, run_id)}/model/code")
    service.register(ctx, name, run_id)


def until_idle(ctx: Context) -> None:
    until = time.monotonic() + 60
    while reconcile.tick(ctx) or reconcile.LOOKOUT.busy():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_controller_looks_into_every_new_version(any_ctx: Context, tmp_path: Path) -> None:
    never = tmp_path / "never"
    a_version(any_ctx, pickle.dumps({"a": 1}))
    a_version(any_ctx, pickle.dumps(Evil(never)), "bad")
    assert service.get_version(any_ctx, "m", 1).scan is None
    with pytest.raises(NotScanned, match="have not been looked into yet"):
        scans.get_scan(any_ctx, "m", 1)
    until_idle(any_ctx)
    assert service.get_version(any_ctx, "bad", 1).scan == "dangerous"
    found = scans.get_scan(any_ctx, "m", 1)
    assert [(one.what, one.grade) for one in found.findings] == [("loader nowhere", "unknown")]
    assert (found.files, found.pickles) == (2, 1)
    assert reconcile.tick(any_ctx) is False
    assert not never.exists()


def test_a_newer_scanner_looks_again(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    a_version(any_ctx, pickle.dumps({"a": 1}))
    until_idle(any_ctx)
    assert scans.not_scanned(any_ctx) is None
    monkeypatch.setattr(scans, "SCANNER", "9.9")
    again = scans.not_scanned(any_ctx)
    assert again is not None
    assert again.name == "m"


def test_a_look_at_a_version_that_is_deleted_meanwhile_leaves_nothing(any_ctx: Context) -> None:
    a_version(any_ctx, pickle.dumps({"a": 1}))
    row = scans.not_scanned(any_ctx)
    assert row is not None
    service.delete(any_ctx, "m")
    row = row._replace(folder="registry/gone") if hasattr(row, "_replace") else row
    assert scanning.look(any_ctx, row) is None


def test_a_look_that_takes_too_long_is_no_verdict_of_clean(services: Services) -> None:
    ctx = context_in(services)
    slow = ctx.__class__(
        **{
            **{field: getattr(ctx, field) for field in ctx.__dataclass_fields__},
            "settings": ctx.settings.model_copy(update={"inspect_seconds": 0.05}),
        }
    )
    a_version(slow, pickle.dumps([[i] for i in range(1_000_000)], 4))
    found = scans.scan(slow, "m", 1)
    assert (found.verdict, "longer" in found.unreadable[0].why) == ("unreadable", True)


def test_deploying_what_is_dangerous_asks_first(any_ctx: Context, tmp_path: Path) -> None:
    a_version(any_ctx, pickle.dumps(Evil(tmp_path / "never")))
    with pytest.raises(RiskNotAccepted, match=r"posix\.system in model\.pkl") as caught:
        endpoints.deploy(any_ctx, EndpointDeploy(name="live", model="m:1"))
    assert caught.value.field == "accept_risk"
    assert "--accept-risk" in caught.value.hint
    made = endpoints.deploy(any_ctx, EndpointDeploy(name="live", model="m:1", accept_risk=True))
    assert made.latest is not None
    a_version(any_ctx, pickle.dumps({"a": 1}), "good")
    endpoints.deploy(any_ctx, EndpointDeploy(name="fine", model="good:1"))


def test_over_http_and_in_the_sdk(services: Services, client: TestClient, studio: Studio, tmp_path: Path) -> None:
    never = tmp_path / "never"
    a_version(context_in(services), pickle.dumps(Evil(never)))
    early = client.get("/w/default/api/models/m/versions/1/scan")
    assert (early.status_code, early.json()["code"]) == (409, "models.not_scanned")
    found = studio.models.scan("m:1")
    assert (found.verdict, found.findings[0].what) == ("dangerous", "posix.system")
    assert client.get("/w/default/api/models/m/versions/1/scan").json()["verdict"] == "dangerous"
    assert client.get("/w/default/api/models/m/versions/1").json()["scan"] == "dangerous"
    assert client.post("/w/default/api/models/m/versions/7/scan").status_code == 404
    assert not never.exists()


def test_a_controller_killed_while_it_looks_leaves_the_version_to_the_next_one(services: Services) -> None:
    ctx = context_in(services)
    a_version(ctx, pickle.dumps([[i] for i in range(300_000)], 4))
    script = (
        "import sys, time\n"
        "from studiolo.controller.main import open_context\n"
        "from studiolo.kernel.settings import load\n"
        "from studiolo.studio.models import reconcile\n"
        f"ctx = open_context(load()).within({ctx.workspace_id!r}, {ctx.workspace!r})\n"
        "assert reconcile.tick(ctx)\n"
        "print('looking', flush=True)\n"
        "time.sleep(60)\n"
    )
    env = os.environ | {"STUDIOLO_HOME": str(ctx.settings.home)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=env) as controller:
        assert controller.stdout is not None
        assert controller.stdout.readline() == "looking\n"
        controller.kill()
    assert controller.returncode == -signal.SIGKILL
    assert service.get_version(ctx, "m", 1).scan is None
    until_idle(ctx)
    assert service.get_version(ctx, "m", 1).scan == "unknown"  # its loader is on no list
