"""Drafts: kept complete or not, changed by one at a time, submitted as often as wanted, their files kept with them."""

import os
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.experiments import sweeping
from studiolo.studio.experiments.schemas import InputFile
from studiolo.studio.pipelines.drafts import service
from studiolo.studio.pipelines.drafts.errors import BadDraft, DraftChanged, DraftExists, DraftNotFound
from studiolo.studio.pipelines.drafts.schemas import DraftSave
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.sent_schemas import SentPipeline
from tests.studio.pipelines.graphs import diamond, ended

WHERE = "/w/default/api/pipelines/drafts"
HALF = "type: pipeline\njobs:\n  first: {command: echo"
FILE = "type: pipeline\njobs:\n  first:\n    command: cat said.txt\n    code: .\n"


def save(ctx: Context, name: str = "d", version: int | None = None, **holds: Any) -> int:
    return service.save(ctx, name, DraftSave(version=version, **holds)).version


def test_what_cannot_run_yet_is_kept_and_says_so_when_it_is_submitted(any_ctx: Context) -> None:
    save(any_ctx, file=SentPipeline(text=HALF))
    found = service.get(any_ctx, "d")
    assert (found.steps, found.spec, found.file and found.file.text) == (None, None, HALF)
    with pytest.raises(BadPipeline):
        service.submit(any_ctx, "d")
    assert service.list_(any_ctx).items[0].run_id is None
    assert save(any_ctx, version=1, spec=diamond()) == 2
    run = service.submit(any_ctx, "d")
    again = service.submit(any_ctx, "d")
    assert run.run.id != again.run.id
    assert [(one.name, one.steps, one.run_id) for one in service.list_(any_ctx).items] == [("d", 4, again.run.id)]


def test_a_draft_is_changed_by_one_at_a_time(any_ctx: Context) -> None:
    save(any_ctx, spec=diamond("mine"))
    with pytest.raises(DraftExists):
        save(any_ctx, spec=diamond("another"))
    assert save(any_ctx, version=1, spec=diamond("yours")) == 2
    with pytest.raises(DraftChanged, match="owner"):
        save(any_ctx, version=1, spec=diamond("mine"))
    found = service.get(any_ctx, "d").spec
    assert found is not None
    assert found.values["word"] == "yours"
    service.remove(any_ctx, "d")
    for verb in (service.get, service.submit, service.remove):
        with pytest.raises(DraftNotFound):
            verb(any_ctx, "d")
    with pytest.raises(DraftNotFound):
        save(any_ctx, version=2, spec=diamond())


def test_the_files_of_a_draft_stay_while_it_does(ctx: Context) -> None:
    kept = ctx.blobs.put(b"hello from the folder\n").digest
    loose = ctx.blobs.put(b"named by nobody\n").digest
    sent = SentPipeline(text=FILE, files=[InputFile(path="said.txt", digest=kept)])
    save(ctx, file=sent)
    for digest in (kept, loose):
        os.utime(ctx.blobs.path(digest), (0, 0))
        sweeping.sweep(ctx, digest[:2], sweeping.named_in_json(ctx))
    assert ctx.blobs.keep_all([kept, loose]) == [loose]
    run = ended(ctx, service.submit(ctx, "d"))
    assert run.run.state == "Completed"


@pytest.mark.parametrize("name", ["a b", "ä", "-a", "x" * 101, "a/b"])
def test_a_bad_name_is_refused(ctx: Context, name: str) -> None:
    with pytest.raises(BadDraft) as caught:
        save(ctx, name, spec=diamond())
    assert caught.value.field == "name"


def test_a_draft_of_nothing_or_of_bytes_that_are_gone_is_refused(ctx: Context) -> None:
    with pytest.raises(BadDraft, match="nothing"):
        save(ctx)
    with pytest.raises(BadDraft, match=r"said\.txt"):
        save(ctx, file=SentPipeline(text=FILE, files=[InputFile(path="said.txt", digest="0" * 64)]))
    assert service.list_(ctx).items == []


def test_over_http_and_with_the_sdk(client: TestClient, studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "said.txt").write_text("hello\n")
    (tmp_path / "pipeline.yml").write_text(FILE)
    made = studio.pipelines.drafts.save("night", tmp_path / "pipeline.yml", description="by night")
    assert (made.steps, made.version) == (1, 1)
    assert studio.pipelines.drafts.save("night", tmp_path / "pipeline.yml", replace=True).version == 2
    assert [one.name for one in studio.pipelines.drafts.list()] == ["night"]
    assert client.put(f"{WHERE}/night", json={"spec": {"graph": {"steps": {}}}}).status_code == 409
    answer = client.put(f"{WHERE}/night", json={"version": 2, "spec": {"graph": {"steps": 3}}})
    assert (answer.status_code, answer.json()["field"]) == (422, "spec.graph.steps")
    run = studio.pipelines.drafts.submit("night")
    assert run.counts.total == 1
    studio.pipelines.drafts.delete("night")
    assert client.get(f"{WHERE}/night").status_code == 404
