"""Bad input, all of it in one list: what is not tested here has its place in the table.

| what comes | what tests it |
|---|---|
| over-long keys and values | here |
| a wrong type in every field | `test_types.py`; traces: `test_traces.py` |
| 1,001 metrics | here; params, tags and bytes of a batch: `test_protocol.py` |
| unknown run, deleted run | here |
| changed param | here, and `test_protocol.py::test_a_refused_batch_leaves_nothing` |
| malformed filter | here for the registry; `test_protocol.py`, `test_traces.py`, `tests/kernel/test_mlflow_grammar.py` |
| page token of another query | here for histories; `test_surface.py`, `test_traces.py` |
| artifact paths | here, as raw bytes; `test_protocol.py` through a client |
| an upload cut off half way | here; `test_protocol.py`; `test_multipart.py` |
| a model zip with symlinks or `..` | `tests/studio/models/test_registration.py` |
| a pickle that would run code | here; `tests/studio/models/test_registration.py`, `tests/studio/models/scan/` |
| two registrations of one name at once | `test_surface.py`; `tests/studio/models/test_registration.py` |
| a full disk | here for artifacts; database: `../test_full_disk.py`; models: `tests/studio/models/test_registration.py` |
"""

import os
import pickle
import resource
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from tests.studio.experiments.mlflow.wire import API, FILES, Post
from tests.studio.live import Live

Json = dict[str, Any]
POINT = {"key": "m", "value": 1, "timestamp": 1}
DATASET = {"name": "d", "digest": "1", "source_type": "local", "source": "s"}
PATHS = (
    "/..",
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/%2E%2e%2F%2e%2E%2Fetc%2Fpasswd",
    "/a/../../../b",
    "/a/./b",
    "//etc/passwd",
    "/%2Fetc%2Fpasswd",
    "/a%00b",
    "/a%5C..%5Cb",
    "/a//b",
    "/" + "x" * 4096,
    "/" + "x/" * 2047 + "xx",
    "/" + "%2e%2e/" * 585 + "x",
)


def refused(answer: Json, *words: str) -> None:
    assert answer["error_code"] == "INVALID_PARAMETER_VALUE", answer
    assert [word for word in words if word not in answer["message"]] == [], answer


def run_of(client: TestClient) -> Json:
    info: Json = client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    return info


@pytest.mark.parametrize("most", [250])
def test_keys_have_a_length(any_client: TestClient, post: Post, run_id: str, most: int) -> None:
    post("registered-models/create", name="net")
    post("model-versions/create", name="net", source="s3://a/b")
    number = post("experiments/create", name="long keys")["experiment_id"]
    for path, body in (
        ("runs/log-metric", lambda key: {"run_id": run_id, "value": 1, "timestamp": 1, "key": key}),
        ("runs/log-parameter", lambda key: {"run_id": run_id, "value": "1", "key": key}),
        ("runs/set-tag", lambda key: {"run_id": run_id, "value": "1", "key": key}),
        ("runs/log-batch", lambda key: {"run_id": run_id, "metrics": [{**POINT, "key": key}]}),
        ("runs/log-batch", lambda key: {"run_id": run_id, "params": [{"key": key, "value": "1"}]}),
        ("runs/log-batch", lambda key: {"run_id": run_id, "tags": [{"key": key, "value": "1"}]}),
        ("runs/create", lambda key: {"experiment_id": "0", "tags": [{"key": key, "value": "1"}]}),
        ("experiments/set-experiment-tag", lambda key: {"experiment_id": number, "key": key, "value": "1"}),
        ("registered-models/set-tag", lambda key: {"name": "net", "key": key, "value": "1"}),
        ("model-versions/set-tag", lambda key: {"name": "net", "version": "1", "key": key, "value": "1"}),
        ("logged-models", lambda key: {"experiment_id": "0", "name": "m", "params": [{"key": key, "value": "1"}]}),
        ("logged-models", lambda key: {"experiment_id": "0", "name": "m", "tags": [{"key": key, "value": "1"}]}),
    ):
        post(path, **body("k" * most))
        refused(post(path, 400, **body("k" * (most + 1))), str(most))


def test_values_have_a_length(any_client: TestClient, post: Post, run_id: str) -> None:
    post("registered-models/create", name="net")
    post("model-versions/create", name="net", source="s3://a/b")
    number = post("experiments/create", name="long values")["experiment_id"]
    for most, path, body in (
        (500, "experiments/create", lambda text: {"name": text}),
        (20_000, "experiments/set-experiment-tag", lambda text: {"experiment_id": number, "key": "k", "value": text}),
        (100_000, "registered-models/set-tag", lambda text: {"name": "net", "key": "k", "value": text}),
        (255, "registered-models/alias", lambda text: {"name": "net", "alias": text, "version": "1"}),
        (500, "runs/log-inputs", lambda text: {"run_id": run_id, "datasets": [{"dataset": {**DATASET, "name": text}}]}),
        (
            36,
            "runs/log-inputs",
            lambda text: {"run_id": run_id, "datasets": [{"dataset": {**DATASET, "digest": text}}]},
        ),
    ):
        post(path, **body("x" * most))
        refused(post(path, 400, **body("x" * (most + 1))), str(most))
    # params and tags of a run are cut, as MLflow cuts them
    post(
        "runs/log-batch",
        run_id=run_id,
        params=[{"key": "p", "value": "x" * 6001}],
        tags=[{"key": "t", "value": "y" * 8001}],
    )
    data = any_client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]["data"]
    assert len(data["params"][0]["value"]) == 6000
    assert max(len(tag["value"]) for tag in data["tags"]) == 8000


def test_a_thousand_metrics_and_no_more(any_client: TestClient, post: Post, run_id: str) -> None:
    points = [{**POINT, "step": n} for n in range(1001)]
    refused(post("runs/log-batch", 400, run_id=run_id, metrics=points), "1000 metrics", "1001")
    query = {"run_id": run_id, "metric_key": "m"}
    assert "metrics" not in any_client.get(f"{API}/metrics/get-history", params=query).json()
    post("runs/log-batch", run_id=run_id, metrics=points[:1000])
    assert len(any_client.get(f"{API}/metrics/get-history", params=query).json()["metrics"]) == 1000


def test_a_run_that_is_unknown_or_deleted_takes_nothing(any_client: TestClient, post: Post, run_id: str) -> None:
    post("runs/set-tag", run_id=run_id, key="t", value="1")
    post("runs/delete", run_id=run_id)
    model_json = '{"artifact_path":"m","flavors":{},"utc_time_created":"x","run_id":"r"}'
    for path, body in (
        ("runs/log-metric", POINT),
        ("runs/log-parameter", {"key": "p", "value": "1"}),
        ("runs/set-tag", {"key": "t", "value": "1"}),
        ("runs/delete-tag", {"key": "t"}),
        ("runs/log-batch", {"metrics": [POINT]}),
        ("runs/log-batch", {"params": [{"key": "p", "value": "1"}]}),
        ("runs/log-batch", {"tags": [{"key": "p", "value": "1"}]}),
        ("runs/log-inputs", {"datasets": [{"dataset": DATASET}]}),
        ("runs/log-model", {"model_json": model_json}),
    ):
        refused(post(path, 400, run_id=run_id, **body), run_id, "'active' state")
        answer = post(path, 404, run_id="f" * 32, **body)
        assert (answer["error_code"], "f" * 32 in answer["message"]) == ("RESOURCE_DOES_NOT_EXIST", True), path
    for path in ("runs/update", "runs/delete", "runs/restore"):
        assert post(path, 404, run_id="f" * 32)["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    post("runs/restore", run_id=run_id)
    data = any_client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]["data"]
    assert (data.get("metrics"), data.get("params")) == (None, None)


def test_of_two_values_of_a_param_at_once_one_is_kept(any_client: TestClient, run_id: str) -> None:
    def log(value: int) -> Any:
        body = {"run_id": run_id, "key": "depth", "value": str(value)}
        return any_client.post(f"{API}/runs/log-parameter", json=body)

    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(log, range(8)))
    assert sorted(reply.status_code for reply in replies) == [200] + [400] * 7
    for reply in replies:
        if reply.status_code == 400:
            refused(reply.json(), "Changing param values is not allowed", "depth")
    (won,) = (n for n, reply in enumerate(replies) if reply.status_code == 200)
    data = any_client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]["data"]
    assert data["params"] == [{"key": "depth", "value": str(won)}]


@pytest.mark.parametrize("path", ["registered-models/search", "model-versions/search"])
def test_a_malformed_filter_of_the_registry_shows_where(any_client: TestClient, path: str) -> None:
    for text, place in (
        ("name = 'a' AND shoe = 'x'", "at character 16: 'shoe = 'x''"),
        ("name = 'a' OR name = 'b'", "at character 12: 'OR'"),
        ("name = 'a' AND name =", "the end"),
        ("name = 'unclosed", "at character 8"),
    ):
        reply = any_client.get(f"{API}/{path}", params={"filter": text})
        assert reply.status_code == 400, text
        refused(reply.json(), place)


def test_a_token_of_another_history_is_refused(any_client: TestClient, post: Post, run_id: str) -> None:
    post("runs/log-batch", run_id=run_id, metrics=[{**POINT, "key": key, "step": n} for key in "ab" for n in range(5)])
    path, query = f"{API}/metrics/get-history", {"run_id": run_id, "metric_key": "a", "max_results": 2}
    token = any_client.get(path, params=query).json()["next_page_token"]
    assert [p["step"] for p in any_client.get(path, params={**query, "page_token": token}).json()["metrics"]] == [2, 3]
    reply = any_client.get(path, params={**query, "metric_key": "b", "page_token": token})
    assert reply.status_code == 400
    refused(reply.json(), "another search")


def raw(live: Live, method: str, path: str, body: bytes = b"", *more: str) -> tuple[int, bytes]:
    """Send a request as it stands: every client would tidy the path up. Returns status and body."""
    head = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {live.token}", "Connection: close", *more]
    if body:
        head.append(f"Content-Length: {len(body)}")
    with socket.create_connection(("127.0.0.1", int(live.url.rsplit(":", 1)[1])), timeout=30) as line:
        line.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        answer = b""
        while piece := line.recv(1 << 16):
            answer += piece
    top, _, content = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), content


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:24])
def test_a_path_is_refused_as_it_comes_over_the_line(live: Live, path: str) -> None:
    before = sorted(live.services.blobs.root.parent.rglob("*"))
    asked = [(method, f"{FILES}{path}") for method in ("GET", "PUT", "DELETE", "HEAD")]
    asked += [("GET", f"{FILES}?path={path[1:]}"), ("GET", f"/get-artifact?run_id={'f' * 32}&path={path[1:]}")]
    asked += [("PUT", f"/api/2.0/mlflow-artifacts/artifacts/1/{'f' * 32}/artifacts{path}")]
    for method, target in asked:
        status, content = raw(live, method, target, b"x" if method == "PUT" else b"")
        assert status in (400, 404), (method, target, status, content[:300])
        assert method == "HEAD" or b'"error_code"' in content, (method, target, content[:300])
        assert b"root:" not in content
    assert sorted(live.services.blobs.root.parent.rglob("*")) == before


def test_an_upload_in_chunks_that_is_cut_off_leaves_nothing(live: Live) -> None:
    head = f"PUT {FILES}/free/cut HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {live.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(live.url.rsplit(":", 1)[1]))) as line:
        line.sendall(head.encode() + b"186a0\r\n" + b"x" * 100_000 + b"\r\n" + b"186a0\r\n" + b"x" * 50_000)
        spool, deadline = live.services.blobs.spool, time.monotonic() + 20
        while not list(spool.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.02)  # until the server writes
        assert list(spool.iterdir())
    while list(spool.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(spool.iterdir()) == []
    assert raw(live, "GET", f"{FILES}/free/cut")[0] == 404


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow above a size, as on a disk that is full: writing ends with an error of the system."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_refuses_an_artifact_and_keeps_the_rest(client: TestClient, services: Services) -> None:
    root = f"{FILES}/{run_of(client)['artifact_uri'].removeprefix('mlflow-artifacts:/')}"
    client.put(f"{root}/before", content=b"kept")
    with room_for(3_000_000):
        for name, size in (("small", 900_000), ("large", 12_000_000)):
            expected = 200 if size < 3_000_000 else 507  # MLflow's clients repeat 500, 502, 503 and 504, not 507
            reply = client.put(f"{root}/{name}", content=os.urandom(size))
            assert reply.status_code == expected, reply.text
        assert (reply.json()["error_code"], "room" in reply.json()["message"]) == ("INTERNAL_ERROR", True)
        assert list(services.blobs.spool.iterdir()) == []
    assert client.get(f"{root}/large").status_code == 404
    assert client.get(f"{root}/before").content == b"kept"
    assert client.put(f"{root}/large", content=b"now").status_code == 200


def test_a_pickle_that_runs_code_is_kept_and_never_run(client: TestClient, tmp_path: Path) -> None:
    mark = tmp_path / "ran"

    class Evil:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(mark),)

    info = run_of(client)
    root = f"{FILES}/{info['artifact_uri'].removeprefix('mlflow-artifacts:/')}/model"
    bad = pickle.dumps(Evil())
    flavors = "flavors:\n  python_function: {loader_module: mlflow.sklearn}\n  sklearn: {pickled_model: model.pkl}\n"
    client.put(f"{root}/MLmodel", content=flavors)
    for name in ("model.pkl", "python_env.yaml", "conda.yaml", "input_example.json"):
        client.put(f"{root}/{name}", content=bad)
    client.post(f"{API}/registered-models/create", json={"name": "evil"})
    body = {"name": "evil", "source": f"runs:/{info['run_id']}/model", "run_id": info["run_id"]}
    assert client.post(f"{API}/model-versions/create", json=body).status_code == 200
    assert client.get(f"{root}/model.pkl").content == bad
    assert client.get(f"{API}/artifacts/list", params={"run_id": info["run_id"], "path": "model"}).status_code == 200
    for path in ("models/evil/versions/1", "models/evil/versions/1/files", "models/evil/versions/1/example"):
        assert client.get(f"/w/default/api/{path}").status_code < 500
    assert not mark.exists()
