"""Attaching machines: what is kept, what is refused, and that a key is seen by nobody."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import text
from starlette.testclient import TestClient

from studiolo.kernel import ssh
from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.compute import service as compute
from studiolo.studio.compute.clusters import service as clusters
from studiolo.studio.compute.clusters.errors import ClusterExists
from studiolo.studio.compute.clusters.schemas import ClusterCreate
from studiolo.studio.compute.errors import ComputeNotFound, TooBig
from studiolo.studio.compute.machines import definitions, service
from studiolo.studio.compute.machines.errors import MachineBusy, MachineInvalid, MachineUntried
from studiolo.studio.compute.machines.schemas import MachineCreate, MachinePatch, MachineTry
from studiolo.testing.sshd import Sshd

URL = "/w/default/api/compute/machines"
Definition = dict[str, Any]


def attach(ctx: Context, definition: Definition, **changes: Any) -> Any:
    return service.create(ctx, MachineCreate.model_validate({**definition, **changes}))


def test_attaching_measures_the_machine_and_keeps_its_key_sealed(any_ctx: Context, definition: Definition) -> None:
    found = attach(any_ctx, definition)
    assert found.check is not None
    assert found.check.ok, found.check.cause
    assert (found.state, found.cores, found.cores_free, found.sign_in) == ("ready", 2, 2, "private_key")
    assert found.check.cores
    assert found.check.python.startswith("3.")
    assert found.memory_bytes == found.check.memory_bytes
    secret = definition["credentials"]["private_key"].splitlines()[1]
    assert secret not in found.model_dump_json()
    with any_ctx.db.read() as tx:
        for table in ("compute_machines", "compute_machine_credentials", "audit", "events"):
            rows = [str(tuple(row)) for row in tx.execute(text(f"select * from {table}"))]
            assert not [row for row in rows if secret in row], table
    assert service.get(any_ctx, "box").name == "box"


def test_a_machine_that_cannot_be_reached_stays_attached_and_says_why(ctx: Context, definition: Definition) -> None:
    found = attach(ctx, definition, port=1)
    assert (found.state, found.cores) == ("ready" if found.own_cores else "new", 2)
    assert found.check is not None
    assert not found.check.ok
    assert "cannot be reached" in found.check.cause
    found = attach(ctx, definition, name="unknown", port=1, cores=None)
    assert found.state == "new"
    with pytest.raises(MachineUntried, match="has not been reached"):
        compute.check(ctx, "unknown", 1, 0)


def test_the_host_key_is_shown_to_be_compared_and_never_trusted(
    ctx: Context, sshd: Sshd, definition: Definition
) -> None:
    given = {key: value for key, value in definition.items() if key not in ("name", "cores")}
    shown = service.try_out(ctx, MachineTry.model_validate({**given, "host_key": ""}))
    assert not shown.ok
    assert (shown.code, "SHA256:" in shown.hint) == ("ssh.host_key", True)
    mark = shown.hint.rpartition(" ")[2]
    assert service.try_out(ctx, MachineTry.model_validate({**given, "host_key": mark})).ok
    other = service.try_out(ctx, MachineTry.model_validate({**given, "host_key": "SHA256:" + "A" * 43}))
    assert not other.ok
    assert "not the pinned one" in other.cause


def test_a_python_that_is_not_there_is_named(ctx: Context, definition: Definition) -> None:
    found = attach(ctx, definition, python="no-such-python")
    assert found.check is not None
    assert not found.check.ok
    assert "no-such-python" in found.check.cause


def test_a_stranger_is_not_let_in(ctx: Context, definition: Definition, tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "k")], check=True)
    found = attach(ctx, definition, credentials={"private_key": (tmp_path / "k").read_text()})
    assert found.check is not None
    assert (found.check.ok, found.check.code) == (False, "ssh.refused")


def test_what_cannot_be_is_refused_with_its_field(ctx: Context, definition: Definition) -> None:
    attach(ctx, definition)
    with pytest.raises(ClusterExists):
        attach(ctx, definition)
    with pytest.raises(ClusterExists):
        clusters.create(ctx, ClusterCreate(name="box"))
    clusters.create(ctx, ClusterCreate(name="cpu"))
    for name in ("cpu", "machines", "local", "ssh"):
        with pytest.raises(ClusterExists):
            attach(ctx, definition, name=name)
    both = {**definition["credentials"], "password": "x"}
    for credentials in ({}, both):
        with pytest.raises(MachineInvalid) as error:
            attach(ctx, definition, name="other", credentials=credentials)
        assert error.value.field == "credentials.private_key"
    with pytest.raises(ssh.KeyInvalid):
        attach(ctx, definition, name="other", credentials={"private_key": "no key"})
    with pytest.raises(TooBig) as refused:
        compute.check(ctx, "box", 3, 0)
    assert refused.value.field == "resources.cores"
    with pytest.raises(ComputeNotFound):
        service.get(ctx, "nowhere")


def test_who_moves_a_machine_writes_its_credentials_anew(ctx: Context, definition: Definition) -> None:
    attach(ctx, definition)
    with pytest.raises(MachineInvalid) as error:
        service.update(ctx, "box", MachinePatch(host="localhost"))
    assert error.value.field == "credentials"
    assert service.update(ctx, "box", MachinePatch(cores=1, description="slow")).cores == 1
    everything = service.update(ctx, "box", MachinePatch(cores=None, host=None))
    assert (everything.own_cores, everything.host, everything.description) == (None, "127.0.0.1", "slow")
    assert everything.cores == os.cpu_count()
    moved = service.update(
        ctx, "box", MachinePatch.model_validate({"host": "localhost", "credentials": definition["credentials"]})
    )
    assert (moved.host, moved.check) == ("localhost", None)
    assert service.check(ctx, "box").ok


@pytest.mark.parametrize(
    ("host", "bare"),
    [("ssh://box/", "box"), ("me@box", "box"), ("127.0.0.1:2222", "127.0.0.1"), ("http://box:80/x", "box")],
)
def test_more_than_a_host_is_named(ctx: Context, definition: Definition, host: str, bare: str) -> None:
    with pytest.raises(MachineInvalid, match=f"alone, '{bare}'") as error:
        attach(ctx, definition, host=host)
    assert error.value.field == "host"


def test_an_ipv6_address_is_a_host(ctx: Context, definition: Definition) -> None:
    assert attach(ctx, definition, host="fe80::1:22", port=1).host == "fe80::1:22"


@pytest.mark.parametrize("pin", ["hello", "MD5:aa:bb", "ssh-ed25519"])
def test_what_is_no_host_key_is_named(ctx: Context, definition: Definition, pin: str) -> None:
    with pytest.raises(MachineInvalid) as error:
        attach(ctx, definition, host_key=pin)
    assert error.value.field == "host_key"


def test_a_public_key_is_told_from_a_broken_one(ctx: Context, definition: Definition, sshd: Sshd) -> None:
    with pytest.raises(ssh.KeyInvalid, match="public key"):
        attach(ctx, definition, credentials={"private_key": (sshd.folder / "user.pub").read_text("utf-8")})


def test_the_log_names_what_was_changed_alone(ctx: Context, definition: Definition) -> None:
    made = attach(ctx, definition)
    form = {key: getattr(made, key) for key in ("host", "port", "user", "host_key", "folder", "python", "settings")}
    service.update(ctx, "box", MachinePatch(**form, cores=1, description="slow"))
    service.update(ctx, "box", MachinePatch(**form))
    with ctx.db.read() as tx:
        told = tx.execute(text("SELECT data FROM events WHERE kind = 'compute.machine' ORDER BY id")).scalars().all()
    said = [json.loads(one)["said"] for one in told]
    assert [one for one in said if "Changed" in one] == ["Changed by owner: cores, description."]


def test_cores_are_held_and_a_busy_machine_is_detached_by_force_alone(any_ctx: Context, definition: Definition) -> None:
    attach(any_ctx, definition)

    def take(holder: str, cores: int) -> bool:
        with any_ctx.db.begin() as tx:
            return compute.reserve(tx, any_ctx, "box", holder, cores=cores, title=holder, run_id="r")

    assert take("a/1", 2)
    assert not take("b/1", 1)
    with any_ctx.db.read() as tx:
        said = compute.waits_for(tx, any_ctx, "box", 1, 0)
    assert said == "waits for 1 of 2 cores of 'box', 0 free; held by a/1"
    found = service.get(any_ctx, "box")
    assert (found.cores_free, [job.title for job in found.jobs]) == (0, ["a/1"])
    with pytest.raises(MachineBusy, match="a/1"):
        service.detach(any_ctx, "box")
    moved = {"host": "localhost", "credentials": definition["credentials"]}
    with pytest.raises(MachineBusy):
        service.update(any_ctx, "box", MachinePatch.model_validate(moved))
    service.detach(any_ctx, "box", force=True)
    assert service.list_(any_ctx) == []


def test_the_routes(client: TestClient, definition: Definition) -> None:
    made = client.post(URL, json=definition)
    assert made.status_code == 201, made.text
    assert "private_key" not in made.json()
    assert client.post(URL, json={**definition, "name": "x", "hots": 1}).status_code == 422
    assert client.post(URL, json={**definition, "name": "x", "host": "a b"}).status_code == 422
    assert client.post(f"{URL}/box/check").json()["ok"]
    given = {key: value for key, value in definition.items() if key not in ("name", "cores")}
    assert client.post(f"{URL}/try", json=given).json()["ok"]
    assert client.patch(f"{URL}/box", json={"description": "d"}).json()["description"] == "d"
    assert [one["name"] for one in client.get(URL).json()] == ["box"]
    assert "attached machine" in client.get("/w/default/api/compute/box").json()["detail"]
    assert client.delete(f"{URL}/box").status_code == 204
    assert client.get(f"{URL}/box").json()["field"] == "compute"


def test_azures_file_is_read(tmp_path: Path, definition: Definition) -> None:
    (tmp_path / "key").write_text(definition["credentials"]["private_key"])
    file = tmp_path / "vm.yml"
    file.write_text(
        "$schema: https://azuremlschemas.azureedge.net/latest/vmCompute.schema.json\nname: vm-example\n"
        "type: virtualmachine\nresource_id: /subscriptions/x\nhost: 10.0.0.5\nhost_key: SHA256:x\nstrange: 1\n"
        "ssh_settings:\n  admin_username: azureuser\n  ssh_port: 2222\n  ssh_private_key_file: key\n"
    )
    found, notes = definitions.load(file)
    assert (found.host, found.user, found.port, found.name) == ("10.0.0.5", "azureuser", 2222, "vm-example")
    assert found.credentials.private_key == definition["credentials"]["private_key"]
    assert [note.split("'")[1] for note in notes] == ["resource_id", "strange"]
    for words, field in (
        ("name: a\ntype: amlcompute\n", "type"),
        ("name: a\nhost: h\nuser: u\nprivate_key_file: nowhere\n", "private_key_file"),
        ("name: a\nuser: u\n", "host"),
        ("- a\n", "file"),
    ):
        file.write_text(words)
        with pytest.raises(MachineInvalid) as error:
            definitions.load(file)
        assert error.value.field == field


def test_sdk_and_command_line(
    studio: Studio, cli: Callable[..., Result], tmp_path: Path, definition: Definition, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = studio.compute.machines.attach(**definition)
    assert made.state == "ready"
    assert studio.compute.machines.check("box").ok
    assert studio.compute.machines.update("box", description="mine").description == "mine"
    given = {key: value for key, value in definition.items() if key not in ("name", "cores")}
    assert studio.compute.machines.try_out(**given).ok
    (tmp_path / "key").write_text(definition["credentials"]["private_key"])
    where = [
        f"--{key.replace('_', '-')}={definition[key]}"
        for key in ("host", "port", "user", "host_key", "folder", "python")
    ]
    monkeypatch.setenv("NOTHING", "")
    for words, said in (
        (("machines",), "box"),
        (("machine", "box"), "box"),
        (("attach", "other", *where, "--key-file", str(tmp_path / "key")), "ready"),
        (("machine-update", "other", "--cores", "1"), "other"),
        (("machine-update", "other", *where, "--key-file", str(tmp_path / "key")), "ready"),
        (("check", "other"), "python"),
        (("detach", "other"), "nothing on it was deleted"),
    ):
        done = cli("compute", *words)
        assert done.exit_code == 0, done.output
        assert said in done.output
    refused = cli("compute", "attach", "other", *where, "--password-env", "NOTHING")
    assert refused.exit_code != 0
    cli("compute", "attach", "away", *where[:1], "--port=1", *where[2:], "--key-file", str(tmp_path / "key"))
    assert cli("compute", "check", "away").exit_code == 1
    found = json.loads(cli("compute", "machine", "box", "--output", "json").output)
    assert found["name"] == "box"
    studio.compute.machines.detach("away")
    studio.compute.machines.detach("box")
    assert studio.compute.machines.list() == []
