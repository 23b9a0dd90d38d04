"""Artifacts: names of blobs."""

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.storage.blobs import Blob
from studiolo.studio.experiments import artifacts
from studiolo.studio.experiments.errors import ArtifactNotFound, ArtifactReadOnly, BadPath, RunNotFound
from tests.studio.experiments.runs import a_run


def put(ctx: Context, run_id: str, *paths: str) -> None:
    with ctx.db.begin() as tx:
        artifacts.put_all(tx, ctx, run_id, [(path, ctx.blobs.put(path.encode())) for path in paths])


def listed(ctx: Context, run_id: str, path: str = "") -> list[str]:
    with ctx.db.read() as tx:
        return [item.path + ("/" if item.is_dir else "") for item in artifacts.list_(tx, ctx, run_id, path)]


def test_a_folder_lists_what_is_directly_in_it(any_ctx: Context) -> None:
    run_id, _ = a_run(any_ctx)
    put(any_ctx, run_id, "model/MLmodel", "model/data/x.bin", "model0", "model.txt", "a.png", "model-b/c")
    assert listed(any_ctx, run_id) == ["a.png", "model/", "model-b/", "model.txt", "model0"]
    assert listed(any_ctx, run_id, "model") == ["model/MLmodel", "model/data/"]
    assert listed(any_ctx, run_id, "nothing") == []


def test_a_large_folder_is_listed_whole(any_ctx: Context) -> None:
    run_id, _ = a_run(any_ctx)
    put(any_ctx, run_id, *(f"deep/{n:04}" for n in range(1200)), *(f"f{n:04}" for n in range(700)), "deep0")
    assert listed(any_ctx, run_id) == ["deep/", "deep0", *(f"f{n:04}" for n in range(700))]
    assert len(listed(any_ctx, run_id, "deep")) == 1200


def test_a_file_is_replaced_read_and_removed(any_ctx: Context) -> None:
    run_id, _ = a_run(any_ctx)
    put(any_ctx, run_id, "a/b.txt")
    with any_ctx.db.begin() as tx:
        artifacts.put(tx, any_ctx, run_id, "a/b.txt", any_ctx.blobs.put(b"new"))
    assert artifacts.open_(any_ctx, run_id, "a/b.txt").read_bytes() == b"new"
    with any_ctx.db.begin() as tx:
        root = artifacts.root_of_run(tx, any_ctx, run_id)
        assert artifacts.remove_at(tx, any_ctx, f"{root}/a") == 1
    with pytest.raises(ArtifactNotFound, match=r"a/b\.txt"):
        artifacts.open_(any_ctx, run_id, "a/b.txt")


@pytest.mark.parametrize(
    "path", ["", "../x", "a/../../x", "/etc/passwd", "a//b", "a/./b", "nul\x00", "a\\b", "C:/x", "file:/x", "x" * 1100]
)
def test_a_path_that_leaves_the_folder_is_refused(ctx: Context, path: str) -> None:
    run_id, _ = a_run(ctx)
    with pytest.raises(BadPath), ctx.db.begin() as tx:
        artifacts.put(tx, ctx, run_id, path, ctx.blobs.put(b"x"))


def test_an_unknown_run_is_named(ctx: Context) -> None:
    with pytest.raises(RunNotFound, match="f" * 32), ctx.db.begin() as tx:
        artifacts.put(tx, ctx, "f" * 32, "a", ctx.blobs.put(b"x"))


def test_published_files_outlive_the_run_s_and_never_change(any_ctx: Context) -> None:
    run_id, _ = a_run(any_ctx)
    put(any_ctx, run_id, "model/MLmodel", "model/x")
    with any_ctx.db.begin() as tx:
        root = artifacts.root_of_run(tx, any_ctx, run_id)
        files = [(f.path, Blob(f.digest, f.size)) for f in artifacts.below(tx, any_ctx, f"{root}/model")]
        target = artifacts.publish_files(tx, any_ctx, "v1", files)
        artifacts.remove_at(tx, any_ctx, root)
        assert [f.path for f in artifacts.below(tx, any_ctx, target)] == ["MLmodel", "x"]
        with pytest.raises(ArtifactReadOnly):
            artifacts.put_at(tx, any_ctx, f"{target}/x", any_ctx.blobs.put(b"y"))
        with pytest.raises(ArtifactReadOnly):
            artifacts.remove_at(tx, any_ctx, target)
