"""A new master key: every table follows, killed at any point every secret opens, and the old key goes last."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from studiolo.kernel.clock import Clock, FakeClock
from studiolo.kernel.context import Context
from studiolo.kernel.secrets import references
from studiolo.kernel.secrets.master import MasterKeyUnusable, master_key, new_key, succeed
from studiolo.studio.slices import load_tables
from studiolo.studio.workspace import webhooks
from studiolo.studio.workspace.vault import handing, rotation, service
from studiolo.studio.workspace.vault.schemas import SecretSet
from studiolo.studio.workspace.webhook_schemas import WebhookCreate
from studiolo.testing.context import context_in, make_services


def fill(ctx: Context, count: int) -> None:
    for number in range(count):
        service.set_(ctx, f"s{number}", SecretSet(value=SecretStr(f"value {number}")))


def opened(ctx: Context, number: int) -> str:
    return handing.hand(ctx, f"s{number}", env="PW", account="owner", run_id="r" * 32, run="", attempt=1)


def test_every_column_of_bytes_says_whether_it_holds_secrets() -> None:
    load_tables()
    assert references.undeclared() == [], "say info=holds_secret(…) or info=NO_SECRET where the column is written"
    assert {str(column) for column in references.columns()} >= {
        "webhooks.secret",
        "mail_settings.password",
        "datastore_credentials.envelope",
        "vault_secrets.mark",
        "vault_versions.value",
    }


def test_a_rotation_takes_all_tables_along(any_ctx: Context) -> None:
    fill(any_ctx, 3)
    spec = WebhookCreate(name="ci", url="https://ci.example.com", events=["model_version.created"], secret="sign")
    webhooks.create(any_ctx, spec)
    before = rotation.state(any_ctx)
    after = rotation.rotate(any_ctx)
    assert after.id != before.id
    assert after.sealed == before.sealed == 7
    assert [(key.id, key.left) for key in after.older] == [(before.id, 0)]
    assert opened(any_ctx, 2) == "value 2"


def test_the_old_key_goes_when_nothing_needs_it_and_no_request_can(tmp_path: Path) -> None:
    clock = FakeClock()
    ctx = context_in(make_services(tmp_path / "home", clock=clock))
    fill(ctx, 1)
    rotation.rotate(ctx)
    rotation.keep_on(ctx)
    assert len(master_key(ctx.settings).older) == 1
    clock.advance(rotation.LATE.total_seconds() + 1)
    rotation.keep_on(ctx)
    assert master_key(ctx.settings).older == ()
    assert opened(ctx, 0) == "value 0"


def test_a_key_that_is_needed_stays_whatever_its_age(tmp_path: Path) -> None:
    clock = FakeClock()
    ctx = context_in(make_services(tmp_path / "home", clock=clock))
    fill(ctx, 1)
    old = master_key(ctx.settings)
    with ctx.db.begin() as tx:  # an envelope whose place is not what it was sealed for: it opens nowhere
        tx.exec_driver_sql("update vault_versions set version = 7")
    succeed(ctx.settings, new_key(), clock.now() - timedelta(days=9))
    rotation.keep_on(ctx)
    assert [key.id for key in master_key(ctx.settings).older] == [old.id]


def test_a_file_that_cannot_be_replaced_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = context_in(make_services(tmp_path / "home"))
    fill(ctx, 1)
    before = master_key(ctx.settings)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(MasterKeyUnusable, match="No space"):
        rotation.rotate(ctx)
    monkeypatch.undo()
    assert master_key(ctx.settings) == before
    assert opened(ctx, 0) == "value 0"


KILLED = """
import sys
from pathlib import Path
from studiolo.studio.slices import load_tables
from studiolo.studio.workspace.vault import rotation
from studiolo.testing.context import make_context
load_tables()
rotation.BATCH = 1
ctx = make_context(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    rotation.rotate(ctx)
"""


@pytest.mark.slow
def test_killed_at_any_moment_every_secret_opens(tmp_path: Path) -> None:
    ctx = context_in(make_services(tmp_path / "home"))
    fill(ctx, 10)
    ids = {master_key(ctx.settings).id}
    for turn in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path / "home")], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.004 * turn)  # not for a state: so that the kill comes at other points each time
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        ids.add(master_key(ctx.settings).id)
        assert [opened(ctx, number) for number in range(10)] == [f"value {number}" for number in range(10)]
    assert len(ids) > 1, "no kill came after a new key"
    rotation.rotate(ctx)
    assert all(key.left == 0 for key in rotation.state(ctx).older)
    assert isinstance(ctx.clock, Clock)
