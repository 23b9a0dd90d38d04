"""The registry's verbs."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts, client_runs, lineage
from studiolo.studio.experiments.errors import RunNotFound
from studiolo.studio.models import recycling, repository, service
from studiolo.studio.models.errors import (
    AliasNotFound,
    BadName,
    InUse,
    ModelExists,
    ModelNotFound,
    NotAModel,
    VersionNotFound,
)
from tests.studio.experiments.runs import a_run
from tests.studio.models.folders import MLMODEL, a_model


def test_registering_reads_flavors_and_signature(any_ctx: Context) -> None:
    run_id = a_model(any_ctx)
    version = service.register(any_ctx, "titanic", run_id)
    assert (version.version, version.run_id, version.files) == (1, run_id, 3)
    assert version.flavors == ["python_function", "sklearn"]
    assert version.signature is not None
    assert [(c.name, c.type, c.required) for c in version.signature.inputs] == [
        ("x", "double", True),
        ("c", "string", False),
    ]
    assert (version.signature.outputs[0].type, version.signature.outputs[0].shape) == ("tensor(float64)", [-1, 2])
    assert version.size == sum(len(path.read_bytes()) for _, path in service.files(any_ctx, "titanic", 1))


def test_registering_the_same_again_is_the_same_version(any_ctx: Context) -> None:
    run_id = a_model(any_ctx)
    first = service.register(any_ctx, "titanic", run_id)
    assert service.register(any_ctx, "titanic", run_id) == first
    with any_ctx.db.begin() as tx:
        assert service.register(any_ctx, "titanic", run_id, tx=tx) == first
    assert service.register(any_ctx, "titanic", a_model(any_ctx)).version == 2
    assert service.register(any_ctx, "other", run_id).version == 1
    assert service.get(any_ctx, "titanic").versions == 2


def test_a_version_never_changes_with_the_run(any_ctx: Context) -> None:
    run_id = a_model(any_ctx)
    service.register(any_ctx, "titanic", run_id)
    before = service.manifest(any_ctx, "titanic", 1)
    with any_ctx.db.begin() as tx:
        root = artifacts.root_of_run(tx, any_ctx, run_id)
        artifacts.put(tx, any_ctx, run_id, "model/MLmodel", any_ctx.blobs.put(b"changed"))
        artifacts.remove_at(tx, any_ctx, f"{root}/model/code")
    assert service.manifest(any_ctx, "titanic", "latest") == before
    assert sorted(before) == ["MLmodel", "code/a.py", "model.pkl"]


def test_a_registered_version_is_linked_to_its_run(any_ctx: Context) -> None:
    run_id = a_model(any_ctx)
    with any_ctx.db.begin() as tx:
        lineage.link(tx, any_ctx, "dataset:passengers:1", f"run:{run_id}")
    service.register(any_ctx, "titanic", run_id)
    with any_ctx.db.begin() as tx:
        service.mark_used(tx, any_ctx, "titanic", 1, "endpoint:live")
    edges = [(edge.source, edge.target) for edge in service.around(any_ctx, "titanic", 1)]
    assert set(edges) == {
        ("dataset:passengers:1", f"run:{run_id}"),
        (f"run:{run_id}", "model:titanic:1"),
        ("model:titanic:1", "endpoint:live"),
    }
    assert [v.name for v in service.versions_of_run(any_ctx, run_id)] == ["titanic"]


def test_a_version_and_its_lineage_say_what_the_run_is_called(any_ctx: Context) -> None:
    run_id = a_model(any_ctx)
    client_runs.change(any_ctx, run_id, state=None, end=None, name="oak")
    assert service.register(any_ctx, "titanic", run_id).run_name == "oak"
    (edge,) = service.around(any_ctx, "titanic", 1)
    assert (edge.source_name, edge.target_name) == ("oak", "")
    with any_ctx.db.read() as tx:  # ids come from clients: a name is for its own workspace alone
        assert lineage.run_names(tx, "another", [run_id]) == {}


def test_a_version_in_use_cannot_be_deleted(any_ctx: Context) -> None:
    service.register(any_ctx, "titanic", a_model(any_ctx))
    with any_ctx.db.begin() as tx:
        service.mark_used(tx, any_ctx, "titanic", 1, "endpoint:live")
        service.mark_used(tx, any_ctx, "titanic", 1, "endpoint:live")
    for refused in (lambda: service.delete_version(any_ctx, "titanic", 1), lambda: service.delete(any_ctx, "titanic")):
        with pytest.raises(InUse, match="endpoint:live"):
            refused()
    assert service.get_version(any_ctx, "titanic", 1).used_by == ["endpoint:live"]
    with any_ctx.db.begin() as tx:
        service.mark_unused(tx, any_ctx, "titanic", 1, "endpoint:live")
        service.mark_unused(tx, any_ctx, "titanic", 7, "endpoint:live")
    service.delete_version(any_ctx, "titanic", 1)
    with pytest.raises(VersionNotFound):
        service.get_version(any_ctx, "titanic", 1)
    with any_ctx.db.read() as tx:
        assert lineage.around(tx, any_ctx, "model:titanic:1") == []
    recycling.clean_up(any_ctx, older_than_days=0)
    with any_ctx.db.read() as tx:
        assert artifacts.children(tx, any_ctx, "registry") == []


def test_a_deleted_version_s_number_is_not_given_again(any_ctx: Context) -> None:
    service.register(any_ctx, "m", a_model(any_ctx))
    service.register(any_ctx, "m", a_model(any_ctx))
    service.delete_version(any_ctx, "m", 2)
    latest = service.get(any_ctx, "m").latest
    assert latest is not None
    assert latest.version == 1
    assert service.register(any_ctx, "m", a_model(any_ctx)).version == 3
    assert [v.version for v in service.versions(any_ctx, "m")] == [3, 1]


def test_an_alias_names_one_version(any_ctx: Context) -> None:
    service.register(any_ctx, "m", a_model(any_ctx))
    service.register(any_ctx, "m", a_model(any_ctx))
    service.set_alias(any_ctx, "m", "champion", 1)
    assert service.set_alias(any_ctx, "m", "champion", 2).aliases == {"champion": 2}
    assert service.get_version(any_ctx, "m", "champion").version == 2
    assert service.get_version(any_ctx, "m", "@champion").aliases == ["champion"]
    with pytest.raises(VersionNotFound):
        service.set_alias(any_ctx, "m", "x", 9)
    service.delete_version(any_ctx, "m", 2)
    with pytest.raises(AliasNotFound):
        service.get_version(any_ctx, "m", "champion")


def test_descriptions_and_tags_change(any_ctx: Context) -> None:
    service.create(any_ctx, "m", "first", {"a": "1"})
    assert service.change(any_ctx, "m", description="second", tags={"b": "2", "a": None}).tags == {"b": "2"}
    assert service.get(any_ctx, "m").description == "second"
    service.register(any_ctx, "m", a_model(any_ctx), tags={"t": "1"})
    assert service.change_version(any_ctx, "m", 1, tags={"u": "2"}).tags == {"t": "1", "u": "2"}
    assert service.rename(any_ctx, "m", "n").name == "n"
    with pytest.raises(ModelNotFound):
        service.get(any_ctx, "m")


def test_a_stage_is_taken_over_whole_or_not_at_all(any_ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        service.register(any_ctx, "m", a_model(any_ctx))
    service.change_version(any_ctx, "m", 1, stage="Production")
    service.change_version(any_ctx, "m", 3, stage="Staging")

    def stages() -> list[str]:
        return [version.stage for version in reversed(service.versions(any_ctx, "m"))]

    real = repository.change_version

    def broken(tx: Any, ctx: Context, version_id: str, **values: Any) -> None:
        if values.get("stage") == "Archived":
            raise RuntimeError("the power went off")
        real(tx, ctx, version_id, **values)

    monkeypatch.setattr(repository, "change_version", broken)
    with pytest.raises(RuntimeError):
        service.change_version(any_ctx, "m", 2, stage="Production", archive=True)
    assert stages() == ["Production", "None", "Staging"]
    monkeypatch.undo()
    service.change_version(any_ctx, "m", 2, stage="Production", archive=True)
    assert stages() == ["Archived", "Production", "Staging"]


def test_two_that_take_a_stage_at_once_do_not_both_have_it(any_ctx: Context) -> None:
    for _ in range(4):
        service.register(any_ctx, "m", a_model(any_ctx))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: service.change_version(any_ctx, "m", n, stage="Production", archive=True), range(1, 5)))
    assert sorted(version.stage for version in service.versions(any_ctx, "m")) == ["Archived"] * 3 + ["Production"]


def test_models_are_listed_in_pages(any_ctx: Context) -> None:
    for name in ("b", "a", "c d"):
        service.create(any_ctx, name)
    first = service.list_models(any_ctx, limit=2)
    assert [model.name for model in first.items] == ["a", "b"]
    assert [model.name for model in service.list_models(any_ctx, first.next).items] == ["c d"]
    assert [model.name for model in service.list_models(any_ctx, search="C ").items] == ["c d"]
    with pytest.raises(ModelExists):
        service.create(any_ctx, "a")


@pytest.mark.parametrize("name", ["", "  ", "a/b", "..", "a:b", "x" * 251, "nul\x00", "back\\slash", "new\nline"])
def test_a_name_that_is_no_path_segment_is_refused(ctx: Context, name: str) -> None:
    with pytest.raises(BadName):
        service.create(ctx, name)


@pytest.mark.parametrize("alias", ["", "latest", "LATEST", "v1", "V12", "a b", "a/b", "x" * 256])
def test_an_alias_that_looks_like_a_version_is_refused(ctx: Context, alias: str) -> None:
    service.register(ctx, "m", a_model(ctx))
    with pytest.raises(BadName):
        service.set_alias(ctx, "m", alias, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just text",
        "flavors: {}",
        "flavors: [a",
        "!!python/object/apply:os.system ['touch {owned}']",
        "a: &a [x, x]\nflavors: {f: 1}\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
        + "\n".join(f"k{n}: &k{n} [{', '.join(['*c' if n == 0 else f'*k{n - 1}'] * 9)}]" for n in range(7)),
    ],
)
def test_a_folder_that_is_no_model_is_refused(ctx: Context, tmp_path: Path, text: str) -> None:
    owned = tmp_path / "owned"
    run_id = a_model(ctx, text.replace("{owned}", str(owned)))
    with pytest.raises(NotAModel):
        service.register(ctx, "m", run_id)
    with pytest.raises(ModelNotFound):
        service.get(ctx, "m")  # nothing half made
    assert not owned.exists()


def test_an_unknown_run_and_a_missing_folder_are_named(ctx: Context) -> None:
    with pytest.raises(RunNotFound):
        service.register(ctx, "m", "f" * 32)
    run_id, _ = a_run(ctx)
    with pytest.raises(NotAModel, match=f"runs:/{run_id}/model"):
        service.register(ctx, "m", run_id)


def test_a_signature_that_is_not_json_is_left_out(ctx: Context) -> None:
    broken = MLMODEL.replace("'[", "'[[[", 1)
    version = service.register(ctx, "m", a_model(ctx, broken))
    assert version.signature is not None
    assert version.signature.inputs == []
