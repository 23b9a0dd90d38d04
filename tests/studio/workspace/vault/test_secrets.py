"""Named secrets: versions, who may use them, and that a value never comes back."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from studiolo.kernel.auth import service as auth
from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.studio.workspace.vault import handing, service
from studiolo.studio.workspace.vault.errors import (
    BadSecret,
    SecretChanged,
    SecretInBin,
    SecretNotFound,
    SecretNotGranted,
    SecretUnusable,
)
from studiolo.studio.workspace.vault.schemas import GrantChange, SecretSet, SecretVersionPatch
from studiolo.testing.client import make_client, member_token

CANARY = "kanarie-9f8e7d/ü+&secret"
FIELD = "secrets.PW"


def put(ctx: Context, name: str, value: str, **more: Any) -> Any:
    return service.set_(ctx, name, SecretSet(value=SecretStr(value), **more))


def handed(ctx: Context, reference: str) -> str:
    return handing.hand(ctx, reference, env="PW", account="owner", run_id="r" * 32, run="train", attempt=1)


def test_a_new_version_leaves_the_old_one(any_ctx: Context) -> None:
    assert put(any_ctx, "db", CANARY).version == 1
    assert put(any_ctx, "db", "another value", expected=1).version == 2
    assert handed(any_ctx, "db") == "another value"
    assert handed(any_ctx, "db:1") == CANARY
    put(any_ctx, "db", CANARY)
    third, second, first = service.versions(any_ctx, "db")
    assert third.fingerprint == first.fingerprint != second.fingerprint
    put(any_ctx, "other", CANARY)
    assert service.versions(any_ctx, "other")[0].fingerprint != first.fingerprint, "two secrets cannot be compared"
    with pytest.raises(SecretChanged):
        put(any_ctx, "db", "x", expected=2)


def test_disabled_expired_and_removed_versions_are_passed_over(any_ctx: Context) -> None:
    put(any_ctx, "db", "first")
    put(any_ctx, "db", "second", expires_at=any_ctx.clock.now() - timedelta(seconds=1))
    assert handed(any_ctx, "db") == "first"
    with pytest.raises(SecretUnusable, match="expired"):
        handing.check(any_ctx, "db:2", FIELD)
    service.update_version(any_ctx, "db", 1, SecretVersionPatch(state="disabled"))
    with pytest.raises(SecretUnusable, match="expired"):
        handing.check(any_ctx, "db", FIELD)
    service.update_version(any_ctx, "db", 2, SecretVersionPatch(expires_at=None))
    assert handed(any_ctx, "db") == "second"
    assert service.update_version(any_ctx, "db", 2, SecretVersionPatch(state="removed")).state == "removed"
    with pytest.raises(SecretUnusable, match="removed"):
        handing.check(any_ctx, "db:2", FIELD)


def test_only_those_it_was_granted_to_may_use_it(any_services: Services, any_ctx: Context) -> None:
    put(any_ctx, "db", CANARY)
    client = make_client(any_services, member_token(any_services, Role.data_scientist, "ada"))
    job = {"command": ["python", "-c", "pass"], "secrets": {"PW": "db"}}
    refused = client.post("/w/default/api/experiments/runs", json=job)
    assert (refused.status_code, refused.json()["code"]) == (403, "workspace.secret_not_granted")
    assert client.put("/w/default/api/workspace/secrets/db", json={"value": "x"}).status_code == 403
    assert not client.get("/w/default/api/workspace/secrets/db").json()["usable"]
    service.grant(any_ctx, "db", GrantChange(account="ada"))
    assert client.post("/w/default/api/experiments/runs", json=job).status_code == 201
    service.revoke(any_ctx, "db", GrantChange(account="ada"))
    with pytest.raises(SecretNotGranted):
        handing.hand(any_ctx, "db", env="PW", account="ada", run_id="r" * 32, run="", attempt=1)
    service.grant(any_ctx, "db", GrantChange(role=Role.data_scientist))
    assert client.get("/w/default/api/workspace/secrets/db").json()["usable"]
    reader = make_client(any_services, member_token(any_services, Role.reader, "rea"))
    assert reader.post("/w/default/api/experiments/runs", json=job).status_code == 403


def test_a_step_of_a_pipeline_may_what_the_one_who_started_it_may(any_services: Services, any_ctx: Context) -> None:
    put(any_ctx, "db", CANARY)
    member_token(any_services, Role.data_scientist, "ada")

    def in_the_name_of(name: str) -> Context:  # as the controller comes to the step
        with any_ctx.db.read() as tx:
            return replace(any_ctx, actor=auth.acting(tx, any_ctx.workspace_id, name))

    with pytest.raises(SecretNotGranted, match="'ada' may not use"):
        handing.check(in_the_name_of("ada"), "db", FIELD)
    service.grant(any_ctx, "db", GrantChange(role=Role.owner))  # which ada is not
    with pytest.raises(SecretNotGranted):
        handing.check(in_the_name_of("ada"), "db", FIELD)
    service.grant(any_ctx, "db", GrantChange(account="ada"))
    handing.check(in_the_name_of("ada"), "db", FIELD)
    handing.check(in_the_name_of("owner"), "db", FIELD)
    with pytest.raises(SecretNotGranted):
        handing.check(in_the_name_of("nobody"), "db", FIELD)


def test_what_is_shown_says_which_version_jobs_get(any_ctx: Context) -> None:
    put(any_ctx, "db", CANARY)
    assert put(any_ctx, "db", "second").given == 2
    service.update_version(any_ctx, "db", 2, SecretVersionPatch(state="disabled"))
    shown = service.get(any_ctx, "db")
    assert (shown.version, shown.state, shown.given) == (2, "disabled", 1)
    service.update_version(any_ctx, "db", 1, SecretVersionPatch(state="disabled"))
    assert service.get(any_ctx, "db").given is None


def test_hints_can_be_followed(any_ctx: Context) -> None:
    put(any_ctx, "warehouse", CANARY)
    service.update_version(any_ctx, "warehouse", 1, SecretVersionPatch(state="disabled"))
    with pytest.raises(SecretUnusable) as unusable:
        handing.check(any_ctx, "warehouse:1", FIELD)
    assert unusable.value.hint.endswith("secrets versions warehouse")
    for ask in (lambda: handing.check(any_ctx, "warehous", FIELD), lambda: service.get(any_ctx, "Warehouse1")):
        with pytest.raises(SecretNotFound) as missing:
            ask()
        assert "Did you mean 'warehouse'?" in missing.value.hint


def test_a_use_is_written_down(any_ctx: Context) -> None:
    from studiolo.studio.workspace import service as workspace

    put(any_ctx, "db", CANARY)
    handed(any_ctx, "db")
    (use,) = service.uses(any_ctx, "db").items
    assert (use.account, use.env, use.version, use.run) == ("owner", "PW", 1, "train")
    newest = workspace.audit(any_ctx).items[0]
    assert (newest.actor, newest.action, newest.subject) == ("owner", "secret.used", "db")


def test_delete_can_be_undone_until_its_time_is_over(any_ctx: Context) -> None:
    from studiolo.studio.workspace.vault import bin as vault_bin

    put(any_ctx, "db", CANARY)
    service.delete(any_ctx, "db")
    with pytest.raises(SecretNotFound):
        handed(any_ctx, "db")
    with pytest.raises(SecretInBin):
        put(any_ctx, "db", "x")
    vault_bin.empty(any_ctx)
    assert service.restore(any_ctx, "db").version == 1
    assert handed(any_ctx, "db") == CANARY
    service.delete(any_ctx, "db", for_good=True)
    assert put(any_ctx, "db", "anew").version == 1


@pytest.mark.parametrize("value", ["a\0b", "x" * 70_000, "\ud800"])
def test_a_value_that_no_environment_takes_is_refused(ctx: Context, value: str) -> None:
    with pytest.raises(BadSecret):
        put(ctx, "db", value)
    assert service.list_(ctx) == []


def test_no_answer_and_no_file_has_the_value(client: TestClient, services: Services, tmp_path: Path) -> None:
    base = "/w/default/api/workspace/secrets"
    bodies = [client.put(f"{base}/db", json={"value": CANARY}).text]
    bodies.append(client.put(f"{base}/db", json={"value": CANARY, "expected": 9}).text)
    bodies.append(client.put(f"{base}/db", json={"value": CANARY, "strange": 1}).text)
    bodies += [client.get(base + path).text for path in ("", "/db", "/db/versions", "/db/uses")]
    bodies.append(client.get("/w/default/api/workspace/audit").text)
    assert not [body for body in bodies if CANARY in body or "kanarie" in body]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if CANARY.encode() in path.read_bytes()]
