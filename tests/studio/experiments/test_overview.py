"""What pages read of runs."""

import math

from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts, overview, tracking
from studiolo.testing.context import context_in
from tests.studio.experiments.runs import a_run

BASE = "/w/default/api/experiments"


def recorded(ctx: Context, **what: object) -> str:
    run_id, seq = a_run(ctx)
    with ctx.db.begin() as tx:
        tracking.record(tx, ctx, seq, **what)  # type: ignore[arg-type]
    return run_id


def test_a_thinned_history_keeps_the_peaks_and_both_ends(any_ctx: Context) -> None:
    values = [math.sin(n / 50) for n in range(5000)]
    values[1234], values[3456] = 99.0, -99.0
    run_id = recorded(any_ctx, metrics=[("m", v, n, n) for n, v in enumerate(values)])
    (series,) = overview.history(any_ctx, run_id, ["m", "unknown"], limit=200)
    assert series.total == 5000
    assert len(series.steps) <= 200
    assert (series.steps[0], series.steps[-1]) == (0, 4999)
    assert dict(zip(series.steps, series.values, strict=True))[1234] == 99.0
    assert dict(zip(series.steps, series.values, strict=True))[3456] == -99.0
    assert all(values[step] == value for step, value in zip(series.steps, series.values, strict=True))


def test_points_of_one_step_are_spread_over_time(any_ctx: Context) -> None:
    run_id = recorded(any_ctx, metrics=[("m", float(n), 0, 1000 + n) for n in range(3000)])
    (series,) = overview.history(any_ctx, run_id, ["m"], limit=100)
    assert 50 <= len(series.steps) <= 100
    assert series.timestamps == sorted(series.timestamps)


def test_a_short_history_comes_whole(any_ctx: Context) -> None:
    run_id = recorded(any_ctx, metrics=[("m", math.nan, 0, 1), ("m", 1.0, 1, 2), ("m", math.inf, 2, 3)])
    (series,) = overview.history(any_ctx, run_id, ["m"])
    assert (series.steps, series.values, series.total) == ([0, 1, 2], [None, 1.0, None], 3)


def test_infinite_extremes_are_told_by_name(any_ctx: Context) -> None:
    values = {
        "up": (1.0, math.inf),
        "down": (math.nan, -math.inf, 2.0),
        "plain": (1.0, 2.0),
        "all": (math.inf, math.inf),
    }
    points = [(key, value, step, step) for key, series in values.items() for step, value in enumerate(series)]
    run_id = recorded(any_ctx, metrics=points)
    found = {m.key: (m.low, m.low_special, m.high, m.high_special) for m in overview.overview(any_ctx, run_id).metrics}
    assert found == {
        "up": (1.0, None, None, "Infinity"),
        "down": (None, "-Infinity", 2.0, None),
        "plain": (1.0, None, 2.0, None),
        "all": (None, "Infinity", None, "Infinity"),
    }


def test_the_overview_speaks_json_even_of_nan(services: Services, client: TestClient) -> None:
    run_id = recorded(context_in(services), params={"p": "1"}, metrics=[("a", math.nan, 0, 1), ("b", math.inf, 0, 1)])
    found = client.get(f"{BASE}/runs/{run_id}/overview").json()
    assert [(m["key"], m["value"], m["special"]) for m in found["metrics"]] == [
        ("a", None, "NaN"),
        ("b", None, "Infinity"),
    ]
    assert found["params"] == {"p": "1"}
    assert client.get(f"{BASE}/runs/{run_id}/history", params={"key": ["a", "b"]}).json()[1]["values"] == [None]
    assert [e["name"] for e in client.get(BASE).json()["items"]] == ["first"]


def test_files_are_sent_so_that_a_browser_runs_nothing(services: Services, client: TestClient) -> None:
    ctx = context_in(services)
    run_id, _ = a_run(ctx)
    files = {
        "page.html": b"<script>1</script>",
        "x.svg": b"<svg/>",
        "p.png": b"\x89PNG",
        "MLmodel": b"a: 1",
        "d.bin": b"0123456789",
    }
    with ctx.db.begin() as tx:
        artifacts.put_all(tx, ctx, run_id, [(name, ctx.blobs.put(body)) for name, body in files.items()])
    kinds = {}
    for name, body in files.items():
        reply = client.get(f"{BASE}/runs/{run_id}/artifacts/content", params={"path": name, "inline": True})
        assert reply.content == body
        assert reply.headers["content-security-policy"].startswith("sandbox")
        assert reply.headers["x-content-type-options"] == "nosniff"
        kinds[name] = (reply.headers["content-type"].split(";")[0], reply.headers["content-disposition"].split(";")[0])
    assert kinds == {
        "page.html": ("application/octet-stream", "attachment"),
        "x.svg": ("application/octet-stream", "attachment"),
        "p.png": ("image/png", "inline"),
        "MLmodel": ("text/plain", "inline"),
        "d.bin": ("application/octet-stream", "attachment"),
    }
    part = client.get(
        f"{BASE}/runs/{run_id}/artifacts/content", params={"path": "d.bin"}, headers={"Range": "bytes=2-4"}
    )
    assert (part.status_code, part.content) == (206, b"234")
    assert len(client.get(f"{BASE}/runs/{run_id}/artifacts").json()) == 5


def test_what_is_wrong_is_named(services: Services, client: TestClient) -> None:
    run_id, _ = a_run(context_in(services))
    path = f"{BASE}/runs/{run_id}/artifacts/content"
    assert client.get(path, params={"path": "../../etc/passwd"}).json()["field"] == "path"
    assert client.get(path, params={"path": "nothing"}).status_code == 404
    assert client.get(f"{BASE}/runs/{'f' * 32}/overview").status_code == 404
    assert client.get(f"{BASE}/runs/{run_id}/history").json()["field"] == "key"
    assert client.post(f"{BASE}/bulk", json={"run_ids": [], "action": "delete"}).json()["field"] == "run_ids"
    assert client.post(f"{BASE}/search", json={"filter": "metrics.a > 'x'"}).status_code in (400, 422)
    assert client.get(f"{BASE}/999").status_code == 404
    assert client.get(f"{BASE}/abc").status_code == 422
    assert client.post(BASE, json={"name": ""}).json()["field"] == "name"


def test_an_experiment_is_made_renamed_and_binned(client: TestClient) -> None:
    made = client.post(BASE, json={"name": "mine"}).json()
    assert client.post(BASE, json={"name": "mine"}).status_code == 409
    assert client.patch(f"{BASE}/{made['id']}", json={"name": "yours"}).json()["name"] == "yours"
    assert client.delete(f"{BASE}/{made['id']}").status_code == 204
    assert client.get(BASE).json()["items"] == []
    assert client.get(BASE, params={"lifecycle": "deleted"}).json()["items"][0]["name"] == "yours"
    assert client.post(f"{BASE}/{made['id']}/restore").json()["lifecycle"] == "active"
