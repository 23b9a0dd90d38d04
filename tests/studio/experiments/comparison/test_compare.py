"""Runs side by side: what they recorded, their files and code, and the sets that links name."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import Role
from studiolo.kernel.clock import FakeClock
from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts, client_runs, tracking
from studiolo.studio.experiments.comparison import code, differences, files, packages, selections, service
from studiolo.studio.experiments.comparison.errors import NoSuchSelection, NotText, TooManyRuns
from studiolo.studio.experiments.comparison.schemas import CompareRequest, DiffRequest
from studiolo.studio.experiments.errors import ArtifactNotFound, RunNotFound
from studiolo.testing.client import make_client, member_token
from studiolo.testing.context import context_in
from tests.kernel.test_yaml_text import bomb
from tests.studio.experiments.runs import a_run

BASE = "/w/default/api/experiments/compare"


def recorded(ctx: Context, artifacts_: dict[str, bytes] | None = None, **what: object) -> str:
    run_id, seq = a_run(ctx)
    stored = [(path, ctx.blobs.put(body)) for path, body in (artifacts_ or {}).items()]
    with ctx.db.begin() as tx:
        tracking.record(tx, ctx, seq, **what)  # type: ignore[arg-type]
        artifacts.put_all(tx, ctx, run_id, stored)
    return run_id


def test_rows_follow_the_order_of_the_runs_and_say_what_differs(any_ctx: Context) -> None:
    one = recorded(any_ctx, params={"lr": "0.1", "seed": "7"}, metrics=[("auc", 0.5, 0, 1), ("auc", 0.9, 1, 2)])
    two = recorded(any_ctx, params={"lr": "0.2", "seed": "7"}, metrics=[("auc", 0.8, 0, 1)], tags={"team": "a"})
    found = service.compare(any_ctx, CompareRequest(run_ids=[two, one]))
    assert [run.id for run in found.runs] == [two, one]
    assert [(row.key, row.values, row.differs) for row in found.params] == [
        ("lr", ["0.2", "0.1"], True),
        ("seed", ["7", "7"], False),
    ]
    (auc,) = found.metrics
    assert (auc.last, auc.low, auc.high, auc.points, auc.differs) == ([0.8, 0.9], [0.8, 0.5], [0.8, 0.9], 2, True)
    assert [(row.key, row.values, row.differs) for row in found.tags] == [("team", ["a", None], True)]


def test_one_value_of_metrics_alone_is_what_it_is_among_all(ctx: Context) -> None:
    one = recorded(ctx, metrics=[("x", 1.0, 0, 1), ("x", math.inf, 1, 1), ("x", 2.0, 2, 1)])
    two = recorded(ctx, metrics=[("y", 3.0, 0, 1)])
    every = service.compare(ctx, CompareRequest(run_ids=[one, two])).metrics
    for statistic in ("last", "low", "high"):
        some = service.compare(ctx, CompareRequest(run_ids=[one, two], statistic=statistic)).metrics
        assert [row.values(statistic) for row in some] == [row.values(statistic) for row in every]
        assert [(row.key, row.points, row.differs) for row in some] == [("x", 3, True), ("y", 1, True)]
        assert [len(row.last) + len(row.low) + len(row.high) for row in some] == [2, 2]


def test_what_is_no_number_is_told_and_the_same_nothing_is_no_difference(any_ctx: Context) -> None:
    one, two = (recorded(any_ctx, metrics=[("loss", math.nan, 0, 1), ("x", math.inf, 0, 1)]) for _ in range(2))
    loss, x = service.compare(any_ctx, CompareRequest(run_ids=[one, two])).metrics
    assert (loss.last, loss.special, loss.differs) == ([None, None], {0: "NaN", 1: "NaN"}, False)
    assert (x.special, x.differs) == ({0: "Infinity", 1: "Infinity"}, False)


def test_an_infinite_lowest_or_highest_value_is_told_beside_a_finite_latest(any_ctx: Context) -> None:
    run_id = recorded(any_ctx, metrics=[("x", -math.inf, 0, 1), ("x", math.inf, 1, 1), ("x", 2.0, 2, 1)])
    (x,) = service.compare(any_ctx, CompareRequest(run_ids=[run_id])).metrics
    assert (x.last, x.low, x.high, x.special) == ([2.0], [None], [None], {})
    assert (x.values("last"), x.values("low"), x.values("high")) == ([2.0], ["-Infinity"], ["Infinity"])


def test_missing_doubled_and_deleted_runs_are_told(any_ctx: Context) -> None:
    one, two = recorded(any_ctx), recorded(any_ctx)
    client_runs.move(any_ctx, [two], "deleted")
    found = service.compare(any_ctx, CompareRequest(run_ids=[one, "f" * 32, two, one]))
    assert [(run.id, run.lifecycle) for run in found.runs] == [(one, "active"), (two, "deleted")]
    assert (found.missing, found.duplicates) == (["f" * 32], [one])
    with pytest.raises(TooManyRuns, match="201 runs"):
        service.compare(any_ctx, CompareRequest(run_ids=[f"{n:032x}" for n in range(201)]))


def test_system_tags_stay_away_unless_asked_for_and_tell_the_source(ctx: Context) -> None:
    run = recorded(ctx, tags={"mlflow.source.name": "train.py", "mlflow.source.git.commit": "abc", "mine": "x" * 600})
    found = service.compare(ctx, CompareRequest(run_ids=[run]))
    assert (found.runs[0].source, found.runs[0].commit) == ("train.py", "abc")
    assert [row.key for row in found.tags] == ["mine"]
    assert len(found.tags[0].values[0] or "") == service.SHOWN + 1
    every = service.compare(ctx, CompareRequest(run_ids=[run], system_tags=True))
    assert [row.key for row in every.tags] == ["mine", "mlflow.source.git.commit", "mlflow.source.name"]


def test_files_are_compared_by_content(any_ctx: Context) -> None:
    one = recorded(any_ctx, {"a.txt": b"same", "b.txt": b"1", "only.txt": b"x"})
    two = recorded(any_ctx, {"a.txt": b"same", "b.txt": b"22"})
    found = files.compare_artifacts(any_ctx, [one, two, "f" * 32])
    assert [(row.path, row.versions, row.sizes, row.differs) for row in found.files] == [
        ("b.txt", [0, 1], [1, 2], True),
        ("only.txt", [0, None], [1], True),
        ("a.txt", [0, 0], [4], False),
    ]
    assert (found.run_ids, found.missing, found.total) == ([one, two], ["f" * 32], 3)


def test_logged_images_are_compared_by_key_and_step(ctx: Context) -> None:
    def image(key: str, step: int, at: int, end: str = ".png", mark: str = "+") -> str:
        return f"images/{mark.join([key, 'step', str(step), 'timestamp', str(at), '0a1b-2c'])}{end}"

    again, small = image("val~grid", 10, 3), image("val~grid", 10, 1, "+compressed.webp")
    one = recorded(ctx, {image("val~grid", 10, 1): b"a", again: b"b", small: b"s", image("val~grid", 2, 9): b"c"})
    two = recorded(ctx, {image("val#grid", 10, 7, mark="%"): b"b", "images/own.png": b"o"})
    found = {file.path: file for file in files.compare_artifacts(ctx, [one, two]).files}
    assert found.keys() == {"images/val/grid step 10.png", "images/val/grid step 2.png", "images/own.png"}
    same = found["images/val/grid step 10.png"]
    assert (same.versions, same.differs) == ([0, 0], False)
    assert same.paths == [again, image("val#grid", 10, 7, mark="%")]
    assert found["images/val/grid step 2.png"].paths == [image("val~grid", 2, 9), None]
    assert found["images/own.png"].paths == []


def test_a_file_of_two_runs_is_compared_line_by_line(any_ctx: Context) -> None:
    before = [f"line {n}" for n in range(40)]
    after = [*before[:20], "other", *before[21:]]
    one = recorded(any_ctx, {"x.py": "\n".join(before).encode(), "bin": b"\0\1"})
    two = recorded(any_ctx, {"x.py": "\n".join(after).encode(), "bin": b"\0\2"})
    found = differences.diff(any_ctx, DiffRequest(run_ids=[one, two], path="x.py"))
    assert (found.added, found.removed, found.same, found.cut) == (1, 1, False, False)
    assert [line.op for line in found.lines][:5] == ["gap", "same", "same", "same", "removed"]
    assert [(line.first, line.second, line.text) for line in found.lines if line.op in ("removed", "added")] == [
        (21, None, "line 20"),
        (None, 21, "other"),
    ]
    assert differences.diff(any_ctx, DiffRequest(run_ids=[one, one], path="x.py")).same
    with pytest.raises(NotText):
        differences.diff(any_ctx, DiffRequest(run_ids=[one, two], path="bin"))
    with pytest.raises(ArtifactNotFound):
        differences.diff(any_ctx, DiffRequest(run_ids=[one, two], path="../../etc/passwd"))
    with pytest.raises(RunNotFound):
        differences.diff(any_ctx, DiffRequest(run_ids=[one, "f" * 32], path="x.py"))


def test_a_huge_file_is_cut_and_says_so(ctx: Context) -> None:
    lines = "\n".join(str(n) for n in range(200_000)).encode()
    one, two = recorded(ctx, {"big.txt": lines}), recorded(ctx, {"small.txt": b"x"})
    found = differences.diff(ctx, DiffRequest(run_ids=[two, one], path="big.txt"))
    assert found.cut
    assert (found.sizes, len(found.lines)) == ([None, len(lines)], differences.MOST_LINES)


def test_a_file_of_packages_that_unfolds_without_end_gives_nothing() -> None:
    assert packages.read("python_env.yaml", "a: &v 3.11\npython: *v") == {"python": "3.11"}
    assert packages.read("python_env.yaml", bomb("python")) == {}
    assert packages.read("conda.yaml", "dependencies: [") == {}


def test_packages_and_code_of_runs_are_compared(any_ctx: Context) -> None:
    one = recorded(
        any_ctx,
        {"model/requirements.txt": b"numpy==1.26\nscikit-learn==1.5", "train.py": b"a = 1"},
        tags={"mlflow.source.name": "train.py", "mlflow.source.git.commit": "aaa"},
    )
    two = recorded(
        any_ctx,
        {"model/requirements.txt": b"numpy==2.1\nscikit-learn==1.5", "train.py": b"a = 2", "model/conda.yaml": b"[:"},
        tags={"mlflow.source.name": "train.py", "mlflow.source.git.commit": "bbb"},
    )
    found = code.compare_code(any_ctx, [one, two])
    assert [(row.key, row.values, row.differs) for row in found.packages] == [
        ("numpy", ["1.26", "2.1"], True),
        ("scikit-learn", ["1.5", "1.5"], False),
    ]
    assert found.described_by == ["model/requirements.txt"] * 2
    assert [(row.key, row.differs) for row in found.facts] == [("Commit", True), ("Source", False)]
    assert [(row.path, row.versions) for row in found.files.files] == [("train.py", [0, 1])]


def test_a_selection_has_one_name_and_is_forgotten_after_a_year(services: Services) -> None:
    clock = FakeClock()
    ctx = replace(context_in(services), clock=clock)
    made = selections.keep(ctx, ["a", "b", "a"])
    assert (made.run_ids, selections.keep(ctx, ["a", "b"]).id) == (["a", "b"], made.id)
    assert selections.get(ctx, made.id) == made
    clock.advance(timedelta(days=300).total_seconds())
    assert selections.get(ctx, made.id) == made  # opening it keeps it
    clock.advance(timedelta(days=300).total_seconds())
    selections.keep(ctx, ["c"])
    assert selections.get(ctx, made.id) == made
    clock.advance(timedelta(days=366).total_seconds())
    selections.keep(ctx, ["d"])
    with pytest.raises(NoSuchSelection):
        selections.get(ctx, made.id)


def test_the_routes_answer_and_refuse(any_services: Services, any_client: TestClient) -> None:
    ctx = context_in(any_services)
    one, two = recorded(ctx, {"a": b"1"}, params={"p": "1"}), recorded(ctx, {"a": b"2"}, params={"p": "2"})
    both = {"run_ids": [one, two]}
    assert any_client.post(BASE, json=both).json()["params"][0]["values"] == ["1", "2"]
    assert any_client.post(f"{BASE}/artifacts", json=both).json()["files"][0]["versions"] == [0, 1]
    assert any_client.post(f"{BASE}/code", json=both).json()["files"]["total"] == 0
    assert any_client.post(f"{BASE}/diff", json={**both, "path": "a"}).json()["added"] == 1
    made = any_client.post(f"{BASE}/selections", json=both).json()
    assert any_client.get(f"{BASE}/selections/{made['id']}").json()["run_ids"] == [one, two]
    assert any_client.get(f"{BASE}/selections/nothing").status_code == 404
    stored = any_client.post(BASE, json={"selection": made["id"], "statistic": "high"}).json()
    assert ([run["id"] for run in stored["runs"]], stored["missing"]) == ([one, two], [])
    assert any_client.post(BASE, json={"selection": "nothere"}).status_code == 404
    doubly = {"run_ids": [one], "selection": made["id"]}
    for body in ({"run_ids": []}, doubly):
        assert any_client.post(BASE, json=body).json()["field"] == "run_ids"
    many = any_client.post(BASE, json={"run_ids": [f"{n:032x}" for n in range(201)]})
    assert (many.status_code, many.json()["code"]) == (422, "experiments.too_many_runs")
    assert any_client.post(f"{BASE}/diff", json={"run_ids": [one], "path": "a"}).json()["field"] == "run_ids"
    viewer = make_client(any_services, token=member_token(any_services, Role.reader))
    assert viewer.post(BASE, json=both).status_code == 200
    labeler = make_client(any_services, token=member_token(any_services, Role.labeler))
    assert labeler.post(f"{BASE}/selections", json=both).status_code == 403
