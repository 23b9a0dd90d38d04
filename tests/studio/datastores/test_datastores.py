"""Datastores over HTTP, SDK and command line: what is registered, who may, and what nobody ever sees."""

import json
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.context import Context
from studiolo.kernel.secrets.envelope import SecretUnreadable, unseal
from studiolo.kernel.secrets.master import master_key
from studiolo.studio.datastores import opening, repository, service, usage
from studiolo.studio.datastores.errors import (
    DatastoreBuiltIn,
    DatastoreExists,
    DatastoreInUse,
    DatastoreInvalid,
    DatastoreNotFound,
    FolderNotAllowed,
    KindNotFound,
    NotAFileStore,
    StoreReadOnly,
)
from studiolo.studio.datastores.schemas import DatastoreCreate, DatastorePatch, DatastoreTry, DatastoreUser
from studiolo.testing.client import make_client, member_token
from studiolo.testing.context import context_in

API = "/w/default/api/datastores"
CANARY = "canary-7f3a91-never-shown"


def an_s3(name: str = "sales", **changes: Any) -> DatastoreCreate:
    values: dict[str, Any] = {
        "name": name,
        "kind": "s3",
        "config": {"bucket": "b", "endpoint": "http://127.0.0.1:9", "access_key_id": "AKIA"},
        "credentials": {"secret_access_key": CANARY},
    }
    return DatastoreCreate(**{**values, **changes})


def a_folder(path: Path, name: str = "files", **changes: Any) -> DatastoreCreate:
    path.mkdir(parents=True, exist_ok=True)
    return DatastoreCreate(name=name, kind="local", config={"path": str(path)}, **changes)


def test_two_come_with_the_workspace(client: TestClient, services: Services) -> None:
    found = client.get(API).json()
    assert [(one["name"], one["family"], one["default"]) for one in found] == [
        ("workspaceblobstore", "files", True),
        ("workspace", "blobs", False),
    ]
    assert Path(found[1]["location"]) == services.settings.home / "blobs"
    assert 0 < found[0]["free_bytes"] <= found[0]["total_bytes"]


def test_an_unknown_datastore_is_named(client: TestClient) -> None:
    reply = client.get(f"{API}/attic")
    assert (reply.status_code, reply.json()["code"]) == (404, "datastores.not_found")
    assert "'attic'" in reply.json()["detail"]


def test_a_datastore_from_creation_to_deletion(any_ctx: Context) -> None:
    ctx = any_ctx
    made = service.create(ctx, an_s3("Sales", tags={"team": "a"}, description="All sales"))
    assert (made.name, made.kind, made.auth, made.location) == ("sales", "s3", "access_key", "s3://b")
    assert made.config == {
        "bucket": "b",
        "endpoint": "http://127.0.0.1:9",
        "access_key_id": "AKIA",
        "addressing": "auto",
    }
    assert [(one.field, one.set) for one in made.credentials] == [("secret_access_key", True), ("session_token", False)]
    assert service.get(ctx, "SALES") == made
    changed = service.update(ctx, "sales", DatastorePatch(config={"folder": "2026"}, read_only=True))
    assert (changed.location, changed.read_only, changed.credentials[0].set) == ("s3://b/2026", True, True)
    assert service.set_default(ctx, "sales").default
    assert [one.name for one in service.list_all(ctx)] == ["sales", "workspace", "workspaceblobstore"]
    service.delete(ctx, "sales")
    assert service.default(ctx).name == "workspaceblobstore"
    with pytest.raises(DatastoreNotFound):
        service.get(ctx, "sales")
    with ctx.db.read() as tx:
        assert repository.credentials(tx, [""]) == []


def test_names_are_taken_once(ctx: Context, tmp_path: Path) -> None:
    service.create(ctx, a_folder(tmp_path / "a"))
    for name in ("files", "FILES", "workspace", "workspaceblobstore"):
        with pytest.raises(DatastoreExists):
            service.create(ctx, a_folder(tmp_path / "a", name))


def test_what_is_built_in_stays(ctx: Context) -> None:
    for name in ("workspace", "workspaceblobstore"):
        with pytest.raises(DatastoreBuiltIn):
            service.delete(ctx, name)
        with pytest.raises(DatastoreBuiltIn):
            service.update(ctx, name, DatastorePatch(read_only=True))
    with pytest.raises(NotAFileStore):
        service.store(ctx, "workspace")
    with pytest.raises(NotAFileStore):
        service.set_default(ctx, "workspace")


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"config": {}}, "config.bucket", "Bucket is missing"),
        ({"config": {"bucket": "b", "access_key_id": "k", "colour": "red"}}, "config.colour", "no field"),
        (
            {"config": {"bucket": "b", "access_key_id": "k", "secret_access_key": "s"}},
            "config.secret_access_key",
            "sealed",
        ),
        ({"config": {"bucket": "b", "access_key_id": "k", "endpoint": "ftp://x"}}, "config.endpoint", "no address"),
        (
            {"config": {"bucket": "b", "access_key_id": "k", "endpoint": "http://u:p@h"}},
            "config.endpoint",
            "no address",
        ),
        ({"config": {"bucket": "b", "access_key_id": "k", "addressing": "odd"}}, "config.addressing", "not 'odd'"),
        ({"config": {"bucket": "a\nb", "access_key_id": "k"}}, "config.bucket", "one line"),
        ({"config": {"bucket": "s3://data/x", "access_key_id": "k"}}, "config.bucket", "cannot be 's3://data/x'"),
        ({"kind": "local", "config": {"path": "data"}, "credentials": {}}, "config.path", "no full path"),
        ({"auth": "magic"}, "auth", "no sign-in"),
        ({"auth": "access_key", "credentials": {}}, "credentials.secret_access_key", "missing"),
        ({"auth": "none", "config": {"bucket": "b"}}, "credentials.secret_access_key", "no credential"),
    ],
)
def test_a_wrong_field_is_named(ctx: Context, changes: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(DatastoreInvalid, match=message) as caught:
        service.create(ctx, an_s3(**changes))
    assert caught.value.field == field
    assert CANARY not in str(caught.value)
    assert [one.name for one in service.list_all(ctx)] == ["workspaceblobstore", "workspace"]


def test_an_unknown_kind_is_answered_with_those_there_are(ctx: Context) -> None:
    with pytest.raises(KindNotFound, match="no kind 'floppy'") as caught:
        service.create(ctx, an_s3(kind="floppy"))
    assert "azure_blob" in caught.value.hint
    with pytest.raises(KindNotFound) as near:
        service.create(ctx, an_s3(kind="sql_server"))
    assert near.value.hint.startswith("Did you mean 'sqlserver'?")


def test_credentials_are_sealed_for_their_row(ctx: Context) -> None:
    service.create(ctx, an_s3("one"))
    service.create(ctx, an_s3("two", credentials={"secret_access_key": "another"}))
    with ctx.db.read() as tx:
        one, two = repository.find(tx, ctx, "one"), repository.find(tx, ctx, "two")
        envelope = repository.credentials(tx, [one.id])[0].envelope
    key = master_key(ctx.settings)
    assert CANARY.encode() not in envelope
    assert unseal(key, envelope, f"{ctx.workspace_id}|datastore|{one.id}|secret_access_key") == CANARY
    for about in (
        f"{ctx.workspace_id}|datastore|{two.id}|secret_access_key",
        f"{ctx.workspace_id}|datastore|{one.id}|session_token",
    ):
        with pytest.raises(SecretUnreadable):
            unseal(key, envelope, about)


def test_rotation_replaces_what_is_named_and_keeps_the_rest(any_ctx: Context) -> None:
    ctx = any_ctx
    service.create(ctx, an_s3(credentials={"secret_access_key": "old", "session_token": "token"}))
    service.rotate(ctx, "sales", {"secret_access_key": "new"})
    packed = json.loads(service.for_job(ctx, "sales"))
    assert packed["credentials"] == {"secret_access_key": "new", "session_token": "token"}
    service.rotate(ctx, "sales", {"secret_access_key": "newer", "session_token": None})
    assert json.loads(service.for_job(ctx, "sales"))["credentials"] == {"secret_access_key": "newer"}
    with pytest.raises(DatastoreInvalid, match="No credential was given"):
        service.rotate(ctx, "sales", {})
    with pytest.raises(DatastoreInvalid, match="no credential 'colour'"):
        service.rotate(ctx, "sales", {"colour": "red"})


def test_another_address_needs_the_credentials_anew(ctx: Context) -> None:
    """Else who may write could have a stored password sent to a server of his own."""
    service.create(ctx, an_s3())
    evil = {"endpoint": "http://127.0.0.1:6666"}
    with pytest.raises(DatastoreInvalid, match="missing") as caught:
        service.update(ctx, "sales", DatastorePatch(config=evil))
    assert "anew" in caught.value.hint
    with pytest.raises(DatastoreInvalid, match="missing"):
        service.try_out(
            ctx,
            DatastoreTry(
                kind="s3", config={"bucket": "b", "access_key_id": "AKIA", **evil}, auth="access_key", like="sales"
            ),
        )
    changed = service.update(ctx, "sales", DatastorePatch(config=evil, credentials={"secret_access_key": "mine"}))
    assert changed.config["endpoint"] == evil["endpoint"]
    assert json.loads(service.for_job(ctx, "sales"))["credentials"] == {"secret_access_key": "mine"}


def test_another_sign_in_forgets_what_it_does_not_need(ctx: Context) -> None:
    service.create(ctx, an_s3())
    changed = service.update(ctx, "sales", DatastorePatch(auth="none"))
    assert (changed.auth, changed.credentials) == ("none", [])
    assert json.loads(service.for_job(ctx, "sales"))["credentials"] == {}


def test_what_is_used_is_not_deleted(ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "_finders", [])
    usage.add(
        lambda _tx, _ctx, name: [DatastoreUser(kind="dataset", name="d", title="dataset d")] if name == "files" else []
    )
    service.create(ctx, a_folder(tmp_path / "a"))
    assert [user.name for user in service.used_by(ctx, "files")] == ["d"]
    with pytest.raises(DatastoreInUse, match="dataset d"):
        service.delete(ctx, "files")
    assert service.get(ctx, "files").name == "files"


def test_only_owners_name_any_folder_of_the_machine(services: Services, tmp_path: Path) -> None:
    contributor = context_in(services, Role.contributor)
    with pytest.raises(FolderNotAllowed) as caught:
        service.create(contributor, a_folder(tmp_path / "a"))
    assert caught.value.status == 403
    assert "STUDIOLO_DATASTORE_FOLDERS" in caught.value.hint
    with pytest.raises(FolderNotAllowed):
        service.try_out(contributor, DatastoreTry(kind="local", config={"path": "/etc"}))
    service.create(context_in(services), a_folder(tmp_path / "a"))
    with pytest.raises(FolderNotAllowed):
        service.update(contributor, "files", DatastorePatch(config={"path": "/etc"}))


def test_others_name_folders_that_the_machine_allows(services: Services, tmp_path: Path) -> None:
    from dataclasses import replace

    allowed = services.settings.model_copy(update={"datastore_folders": f"/srv/none:{tmp_path}"})
    contributor = replace(context_in(services, Role.contributor), settings=allowed)
    assert service.create(contributor, a_folder(tmp_path / "a")).name == "files"
    with pytest.raises(FolderNotAllowed):
        service.create(contributor, DatastoreCreate(name="up", kind="local", config={"path": f"{tmp_path}/.."}))


def test_the_home_of_the_studio_is_no_datastore(ctx: Context) -> None:
    master_key(ctx.settings)
    service.create(ctx, DatastoreCreate(name="all", kind="local", config={"path": str(ctx.settings.home.parent)}))
    service.create(ctx, DatastoreCreate(name="home", kind="local", config={"path": str(ctx.settings.home)}))
    assert service.check(ctx, "home").code == "datastores.denied"
    store = service.store(ctx, "all")
    assert ctx.settings.home.name not in [entry.name for entry in store.list("", None, 100)[0]]


def test_a_check_is_kept_and_a_change_forgets_it(ctx: Context, tmp_path: Path) -> None:
    service.create(ctx, a_folder(tmp_path / "a"))
    assert service.get(ctx, "files").check is None
    assert service.check(ctx, "files").ok
    kept = service.get(ctx, "files").check
    assert kept is not None
    assert kept.ok
    (tmp_path / "a").rmdir()
    found = service.check(ctx, "files")
    assert (found.ok, found.code) == (False, "datastores.container_missing")
    service.update(ctx, "files", DatastorePatch(config={"path": str(tmp_path)}))
    assert service.get(ctx, "files").check is None


def test_a_connection_is_tried_before_it_is_saved(client: TestClient, tmp_path: Path) -> None:
    reply = client.post(f"{API}/check", json={"kind": "local", "config": {"path": str(tmp_path)}})
    assert (reply.status_code, reply.json()["ok"]) == (200, True)
    reply = client.post(f"{API}/check", json={"kind": "local", "config": {"path": str(tmp_path / "none")}})
    assert (reply.json()["ok"], reply.json()["code"]) == (False, "datastores.container_missing")
    assert len(client.get(API).json()) == 2


def test_kinds_draw_the_form(client: TestClient) -> None:
    kinds = {kind["name"]: kind for kind in client.get(f"{API}/kinds").json()}
    files = {
        "azure_blob",
        "azure_data_lake_gen2",
        "azure_file",
        "databricks",
        "gcs",
        "http",
        "local",
        "s3",
        "sftp",
        "webdav",
        "webhdfs",
    }
    assert files <= kinds.keys()
    secret = next(field for field in kinds["s3"]["fields"] if field["name"] == "secret_access_key")
    assert (secret["secret"], secret["required"], secret["auth"]) == (True, True, ["access_key"])
    for kind in kinds.values():
        names = [field["name"] for field in kind["fields"]]
        assert len(names) == len(set(names))
        assert "auth" not in names
        ways = {one["name"] for one in kind["auth"]}
        assert all(set(field["auth"]) <= ways for field in kind["fields"])
        assert all(field["secret"] is False or field["default"] is None for field in kind["fields"])


def test_a_job_opens_what_it_was_given(ctx: Context, tmp_path: Path) -> None:
    service.create(ctx, a_folder(tmp_path / "a", read_only=True))
    (tmp_path / "a" / "f.txt").write_text("hello")
    environ = {opening.variable("files"): service.for_job(ctx, "files")}
    store = opening.from_environment("files", environ)
    with store.read("f.txt") as file:
        assert file.read() == b"hello"
    with pytest.raises(StoreReadOnly):
        store.delete("f.txt")
    own = opening.from_environment(
        "workspaceblobstore", {opening.variable("workspaceblobstore"): service.for_job(ctx, "workspaceblobstore")}
    )
    assert own.check().ok
    with pytest.raises(Exception, match="not given the datastore 'other'"):
        opening.from_environment("other", environ)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("azureml://datastores/workspaceblobstore/paths/a/b.csv", ("workspaceblobstore", "a/b.csv")),
        ("azureml://datastores/WorkspaceBlobStore/paths/a/", ("workspaceblobstore", "a")),
        ("azureml://datastores/workspaceblobstore", ("workspaceblobstore", "")),
        (
            "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/workspaceblobstore/paths/x y/ü.csv",
            ("workspaceblobstore", "x y/ü.csv"),
        ),
        (
            "azureml:///subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/datastores/workspaceblobstore/paths/p",
            ("workspaceblobstore", "p"),
        ),
        ("studiolo://datastores/workspaceblobstore/a%20b", ("workspaceblobstore", "a%20b")),
    ],
)
def test_addresses(ctx: Context, url: str, expected: tuple[str, str]) -> None:
    assert service.locate(ctx, url) == expected


@pytest.mark.parametrize(
    "url", ["azureml:data:1", "https://x/y", "azureml://datastores/w/paths/../x", "studiolo://models/x", ""]
)
def test_what_is_no_address_is_refused(ctx: Context, url: str) -> None:
    with pytest.raises(Exception, match=r"names nothing|Invalid path"):
        service.locate(ctx, url)


def test_an_address_of_a_datastore_that_is_not_there(ctx: Context) -> None:
    with pytest.raises(DatastoreNotFound):
        service.locate(ctx, "azureml://datastores/gone/paths/x")


@pytest.mark.parametrize("role", [Role.reader, Role.data_scientist])
def test_readers_look_and_do_not_write(services: Services, tmp_path: Path, role: Role) -> None:
    service.create(context_in(services), a_folder(tmp_path / "a"))
    (tmp_path / "a" / "f.txt").write_text("hello")
    with make_client(services, member_token(services, role)) as reader:
        assert reader.get(f"{API}/files/files").json()["items"][0]["path"] == "f.txt"
        assert reader.get(f"{API}/files/content", params={"path": "f.txt"}).text == "hello"
        refused = [
            reader.post(API, json=an_s3().model_dump()),
            reader.patch(f"{API}/files", json={"read_only": True}),
            reader.delete(f"{API}/files"),
            reader.put(f"{API}/files/credentials", json={"credentials": {"x": "y"}}),
            reader.post(f"{API}/files/default"),
            reader.put(f"{API}/files/content", params={"path": "g.txt"}, content=b"x"),
            reader.delete(f"{API}/files/content", params={"path": "f.txt"}),
            reader.post(f"{API}/check", json={"kind": "local", "config": {"path": "/etc"}}),
        ]
    assert [reply.status_code for reply in refused] == [403] * len(refused)
    assert (tmp_path / "a" / "f.txt").exists()


def test_what_is_done_stands_in_the_audit_without_values(client: TestClient) -> None:
    client.post(API, json=an_s3().model_dump())
    client.put(f"{API}/sales/credentials", json={"credentials": {"secret_access_key": CANARY + "2"}})
    client.delete(f"{API}/sales")
    found = client.get("/w/default/api/workspace/audit").json()["items"]
    mine = [
        (one["action"], one["subject"], one["detail"].get("credentials"))
        for one in found
        if one["action"].startswith("datastore.")
    ]
    assert mine == [
        ("datastore.deleted", "sales", None),
        ("datastore.rotated", "sales", ["secret_access_key"]),
        ("datastore.created", "sales", ["secret_access_key"]),
    ]
    assert CANARY not in json.dumps(found)


def test_a_secret_is_nowhere_to_be_found(
    client: TestClient, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    """In no answer, no file of the home, no log, no process of the machine, no message of a failed connection."""
    caplog.set_level("DEBUG")
    answers = [client.post(API, json=an_s3().model_dump())]
    answers += [
        client.get(API),
        client.get(f"{API}/sales"),
        client.post(f"{API}/sales/check"),
        client.get(f"{API}/sales/files"),
    ]
    answers += [client.patch(f"{API}/sales", json={"description": "x"}), client.get(f"{API}/kinds")]
    body = {**an_s3().model_dump(include={"kind", "config", "credentials"})}
    answers += [client.post(f"{API}/check", json=body), client.post(f"{API}/check", json={**body, "colour": 1})]
    answers += [client.post(API, json={**an_s3().model_dump(), "colour": "red"})]
    answers += [
        client.put(f"{API}/sales/credentials", json={"credentials": {"secret_access_key": CANARY, "odd": CANARY}})
    ]
    assert {reply.status_code for reply in answers} <= {200, 201, 422, 502}
    assert not any(CANARY in reply.text for reply in answers)
    services.db.close()
    with sqlite3.connect(services.settings.sqlite_path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    home = services.settings.home
    assert not [path for path in home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert CANARY not in caplog.text
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=False).stdout
    assert CANARY not in listed
