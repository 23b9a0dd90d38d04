"""Pipelines that a browser sends: their folder is read by a child that opens nothing else."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.studio.experiments.schemas import InputFile
from studiolo.studio.pipelines import sent_files, service
from studiolo.studio.pipelines.sent_schemas import SentPipeline
from tests.studio.pipelines.graphs import diamond, ended

WHERE = "/w/default/api/pipelines"
STEPS = """type: pipeline
display_name: two
inputs: {rate: 0.1}
jobs:
  first:
    component: parts/first.yml
    inputs: {rate: "${{parent.inputs.rate}}"}
  second:
    command: cat ${{inputs.data}}/out.txt
    code: .
    inputs: {data: "${{parent.jobs.first.outputs.out}}"}
"""
FIRST = """name: first
type: command
inputs: {rate: {type: number}}
outputs: {out: {type: uri_folder}}
code: ../src
command: python a.py ${{inputs.rate}} > ${{outputs.out}}/out.txt
"""


def read(client: TestClient, ctx: Context, text: str, files: dict[str, str] | None = None) -> dict[str, Any]:
    sent = [{"path": path, "digest": ctx.blobs.put(content.encode()).digest} for path, content in (files or {}).items()]
    answer = client.post(f"{WHERE}/read", json={"main": "pipeline.yml", "text": text, "files": sent})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_sent_folder_is_read_as_on_its_own_machine(ctx: Context, client: TestClient) -> None:
    files = {"parts/first.yml": FIRST, "src/a.py": "print(1)", "big.bin": "x" * (2 << 20)}
    found = read(client, ctx, STEPS, files)
    assert found["problems"] == []
    steps = found["spec"]["graph"]["steps"]
    assert [file["path"] for file in steps["first"]["task"]["code"]] == ["a.py"]
    code = {file["path"]: file["digest"] for file in steps["second"]["task"]["code"]}
    assert code["big.bin"] == ctx.blobs.put(files["big.bin"].encode()).digest
    assert found["spec"]["values"] == {"rate": 0.1}
    assert client.post(f"{WHERE}/check", json=found["spec"]).json()["problems"] == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("jobs: {a: {command: ls, code: /etc}}", "outside of its folder"),
        ("jobs: {a: {command: ls, code: ../..}}", "outside of its folder"),
        ("jobs: {a: {component: /etc/hostname}}", "outside of its folder"),
        ("jobs: {a: {component: missing.yml}}", "missing.yml does not exist"),
        ("jobs: {a: [", "no YAML"),
        ("jobs: {a: {command: ls}, a: {command: ls}}", "twice"),
        ("just words", "holds no job"),
    ],
)
def test_what_cannot_be_read_is_said_and_nothing_outside_is_opened(
    ctx: Context, client: TestClient, text: str, says: str
) -> None:
    found = read(client, ctx, text)
    assert found["spec"] is None
    assert says in found["problems"][0]["message"]


@pytest.mark.parametrize("path", ["../up.yml", "/etc/x", "a/../../b"])
def test_files_stay_in_their_folder(client: TestClient, path: str) -> None:
    sent = {"main": "pipeline.yml", "text": STEPS, "files": [{"path": path, "digest": "0" * 64}]}
    refused = client.post(f"{WHERE}/read", json=sent)
    assert (refused.status_code, refused.json()["field"]) == (422, "files")
    assert client.post(f"{WHERE}/read", json={"main": path, "text": STEPS, "files": []}).status_code == 422


@pytest.mark.parametrize("paths", [("a", "a/b"), ("pipeline.yml/b",), ("n" * 300,)])
def test_names_that_no_folder_can_have_are_refused(ctx: Context, client: TestClient, paths: tuple[str, ...]) -> None:
    digest = ctx.blobs.put(b"x").digest
    files = [{"path": path, "digest": digest} for path in paths]
    refused = client.post(f"{WHERE}/read", json={"main": "pipeline.yml", "text": STEPS, "files": files})
    assert (refused.status_code, refused.json()["field"]) == (422, "files")


def test_of_large_folders_the_smallest_files_are_written_with_their_content(
    ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent_files, "_ALL_BYTES", 250)
    digests = {size: ctx.blobs.put(b"x" * size).digest for size in (10, 100)}
    files = [InputFile(path=f"{number}.bin", digest=digests[100]) for number in range(50)]
    files.append(InputFile(path="z.yml", digest=digests[10]))
    root = tmp_path / "root"
    sent_files._lay_out(ctx, root, SentPipeline(files=files))
    sizes = {place.name: place.stat().st_size for place in root.iterdir()}
    assert len(sizes) == 51
    assert sizes["z.yml"] == 10
    assert sum(sizes.values()) == 210


def test_some_steps_and_the_parts_of_all_keys_come_in_one_answer(ctx: Context, client: TestClient) -> None:
    run = ended(ctx, service.submit(ctx, diamond("x")))
    where = f"{WHERE}/runs/{run.run.id}"
    some = client.get(f"{where}/steps", params={"path": ["left", "last", "none"]}).json()
    assert [step["path"] for step in some] == ["left", "last"]
    parts = client.get(f"{where}/parts").json()
    assert set(parts) == {"first", "left", "right", "last"}
    assert parts["first"] == service.step(ctx, run.run.id, "first").parts
