"""What is deleted from the registry is gone for MLflow clients, and can be brought back for a while."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.experiments import artifacts, lineage, purging
from studiolo.studio.experiments.recycling import put_in
from studiolo.studio.experiments.tables import runs
from studiolo.studio.models import recycling, service
from studiolo.studio.models.errors import ModelExists, ModelNotFound, NotInBin, RestoreModelFirst, VersionNotFound
from studiolo.studio.models.schemas import Restore
from studiolo.testing.client import make_client, member_token
from tests.studio.models.folders import a_model

JUST_SO = Restore.model_validate({})


def _two_versions(ctx: Context) -> list[str]:
    made = [a_model(ctx), a_model(ctx)]
    for run_id in made:
        service.register(ctx, "titanic", run_id)
    service.set_alias(ctx, "titanic", "champion", 1)
    service.change_version(ctx, "titanic", 1, description="the first", tags={"checked": "yes"})
    return made


def test_a_version_comes_back_as_it_was(any_ctx: Context) -> None:
    runs = _two_versions(any_ctx)
    before = service.get_version(any_ctx, "titanic", 1)
    manifest = service.manifest(any_ctx, "titanic", 1)
    service.delete_version(any_ctx, "titanic", 1)
    with pytest.raises(VersionNotFound):
        service.get_version(any_ctx, "titanic", 1)
    assert service.get(any_ctx, "titanic").versions == 1
    (binned,) = service.deleted_versions(any_ctx, "titanic")
    assert (binned.version, binned.aliases, binned.tags) == (1, ["champion"], {"checked": "yes"})
    assert binned.remove_at
    assert service.around(any_ctx, "titanic", 2), "the other version keeps its edges"
    again = recycling.restore_version(any_ctx, "titanic", 1)
    assert again == before
    assert service.manifest(any_ctx, "titanic", 1) == manifest
    assert [(edge.source, edge.target) for edge in service.around(any_ctx, "titanic", 1)] == [
        (f"run:{runs[0]}", "model:titanic:1")
    ]
    assert service.deleted_versions(any_ctx, "titanic") == []
    with pytest.raises(NotInBin):
        recycling.restore_version(any_ctx, "titanic", 1)


def test_what_was_taken_meanwhile_stays_taken(any_ctx: Context) -> None:
    first, _ = _two_versions(any_ctx)
    service.delete_version(any_ctx, "titanic", 1)
    assert service.register(any_ctx, "titanic", first).version == 3, "a number is never given twice"
    service.set_alias(any_ctx, "titanic", "champion", 3)
    recycling.restore_version(any_ctx, "titanic", 1)
    model = service.get(any_ctx, "titanic")
    assert (model.versions, model.aliases) == (3, {"champion": 3})
    assert service.register(any_ctx, "titanic", first).version == 3


def test_a_models_name_is_free_at_once_and_it_comes_back(any_ctx: Context) -> None:
    runs = _two_versions(any_ctx)
    service.delete_version(any_ctx, "titanic", 2)
    service.delete(any_ctx, "titanic")
    with pytest.raises(ModelNotFound):
        service.get(any_ctx, "titanic")
    with pytest.raises(RestoreModelFirst, match="Version 2"):
        recycling.restore_version(any_ctx, "titanic", 2)
    assert service.register(any_ctx, "titanic", runs[0]).version == 1, "as MLflow's server counts after a deletion"
    (binned,) = recycling.deleted_models(any_ctx, None, 10, "").items
    assert (binned.name, binned.versions, binned.aliases) == ("titanic", 1, {"champion": 1})
    with pytest.raises(ModelExists):
        recycling.restore_model(any_ctx, "titanic", JUST_SO)
    back = recycling.restore_model(any_ctx, "titanic", Restore(id=binned.bin_id, new_name="titanic-old"))
    assert (back.name, back.versions, back.aliases) == ("titanic-old", 1, {"champion": 1})
    assert back.latest
    assert back.latest.description == "the first"
    assert recycling.restore_version(any_ctx, "titanic-old", 2).version == 2
    assert recycling.deleted_models(any_ctx, None, 10, "").items == []


def test_the_run_of_a_deleted_version_is_held_and_its_edges_are_not_shown(ctx: Context) -> None:
    run_id = a_model(ctx)
    service.register(ctx, "titanic", run_id)
    service.delete(ctx, "titanic")
    with ctx.db.begin() as tx:
        assert lineage.around(tx, ctx, f"run:{run_id}") == []
        put_in(tx, run_id, tx.execute(select(runs.c.seq).where(runs.c.id == run_id)).scalar_one(), ctx.clock.now())
        tx.execute(update(runs).where(runs.c.id == run_id).values(state="Completed"))
        assert purging.held_runs(tx, ctx, ctx.clock.now()) == [run_id]
    recycling.clean_up(ctx, 0)
    with ctx.db.read() as tx:
        assert purging.held_runs(tx, ctx, ctx.clock.now()) == []


def test_the_bin_is_emptied_when_the_time_is_over(any_ctx: Context) -> None:
    _two_versions(any_ctx)
    service.delete_version(any_ctx, "titanic", 2)
    service.delete(any_ctx, "titanic")
    assert not recycling.over(any_ctx)
    assert recycling.clean_up(any_ctx).models == 0
    later = replace(any_ctx, clock=FakeClock(any_ctx.clock.now() + timedelta(days=31)))
    assert recycling.over(later)
    freed = recycling.clean_up(later)
    assert (freed.models, freed.versions, freed.left) == (1, 2, False)
    with any_ctx.db.read() as tx:
        assert list(artifacts.below(tx, any_ctx, artifacts.REGISTRY)) == []
    with pytest.raises(NotInBin):
        recycling.restore_model(any_ctx, "titanic", JUST_SO)


def test_mlflow_sees_nothing_of_the_bin(client: TestClient, ctx: Context) -> None:
    _two_versions(ctx)
    api = "/api/2.0/mlflow"
    assert client.request("DELETE", f"{api}/registered-models/delete", json={"name": "titanic"}).status_code == 200
    assert client.get(f"{api}/registered-models/get", params={"name": "titanic"}).status_code == 404
    assert client.get(f"{api}/model-versions/search").json() == {}
    assert client.post(f"{api}/registered-models/create", json={"name": "titanic"}).status_code == 200


def test_only_owners_empty_the_bin(services: Services) -> None:
    with make_client(services, member_token(services, Role.data_scientist, "a scientist")) as scientist:
        assert scientist.post("/w/default/api/models/gc", json={}).status_code == 403


def test_client_restores(studio: Studio, ctx: Context) -> None:
    _two_versions(ctx)
    studio.models.delete("titanic:2")
    assert [v.version for v in studio.models.deleted("titanic")] == [2]  # type: ignore[union-attr]
    studio.models.restore("titanic:2")
    studio.models.delete("titanic")
    assert [m.name for m in studio.models.deleted()] == ["titanic"]
    restored = studio.models.restore("titanic", new_name="second")
    assert restored.name == "second"
    studio.models.delete("second")
    assert studio.models.clean_up(0).versions == 2
