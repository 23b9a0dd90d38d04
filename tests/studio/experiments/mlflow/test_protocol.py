"""MLflow's messages over HTTP: shapes, texts, limits and bad input."""

import json
import socket
import time
from typing import Any

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services
from studiolo.kernel.auth.roles import JOB
from studiolo.kernel.auth.service import create_token, found
from studiolo.testing.client import make_client, owner_token
from studiolo.testing.context import context_in, make_services
from studiolo.testing.server import serve
from tests.studio.experiments.mlflow.wire import API, FILES, Post
from tests.studio.experiments.runs import a_run


def test_int64_are_numbers_and_what_is_unset_is_absent(any_client: TestClient, post: Post, run_id: str) -> None:
    post("runs/log-metric", run_id=run_id, key="m", value="NaN", timestamp="5", step=-(2**62))
    run = any_client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]
    assert run["info"]["start_time"] == 1_700_000_000_123
    assert run["info"]["status"] == "RUNNING"
    assert "end_time" not in run["info"]
    assert "params" not in run["data"]
    assert run["data"]["metrics"] == [{"key": "m", "value": "NaN", "timestamp": 5, "step": -(2**62)}]
    assert any_client.get("/ajax-api/2.0/mlflow/runs/get", params={"run_uuid": run_id}).json()["run"] == run


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("runs/create", {"experiment_id": 3}, "Invalid value 3 for parameter 'experiment_id' supplied"),
        ("runs/create", {"experiment_id": "x"}, "Experiment ID must be a valid integer"),
        ("runs/create", {"tags": "x"}, "for parameter 'tags'"),
        ("runs/create", {"tags": [{"key": 5}]}, "for parameter 'tags[0].key'"),
        ("runs/create", {"start_time": "soon"}, "for parameter 'start_time'"),
        ("runs/create", {"start_time": 2**62}, "for parameter 'start_time'"),
        ("runs/log-metric", {"key": "a", "value": 1, "timestamp": 1}, "required parameter 'run_id'"),
        ("runs/log-metric", {"run_id": "R", "value": 1, "timestamp": 1}, "required parameter 'key'"),
        ("runs/log-metric", {"run_id": "R", "key": "a", "timestamp": 1}, "required parameter 'value'"),
        ("runs/log-metric", {"run_id": "R", "key": "a", "value": 1}, "required parameter 'timestamp'"),
        ("runs/log-metric", {"run_id": "R", "key": "a", "value": "x", "timestamp": 1}, "for parameter 'value'"),
        ("runs/log-metric", {"run_id": "R", "key": "a", "value": True, "timestamp": 1}, "for parameter 'value'"),
        ("runs/log-metric", {"run_id": "R", "key": "a", "value": 1, "timestamp": -1}, "for parameter 'timestamp'"),
        ("runs/log-metric", {"run_id": "R", "key": "a", "value": 1, "timestamp": 1, "step": 2**63}, "'step'"),
        ("runs/log-metric", {"run_id": "R", "key": "../a", "value": 1, "timestamp": 1}, "for parameter 'name'"),
        ("runs/log-parameter", {"run_id": "R", "key": "a\x00", "value": "1"}, "for parameter 'key'"),
        ("runs/log-parameter", {"run_id": "R", "key": "a", "value": "\x00"}, "for parameter 'value'"),
        ("runs/log-parameter", {"run_id": "R", "key": "a", "value": 7}, "for parameter 'value'"),
        ("runs/set-tag", {"run_id": "R", "key": "k" * 251, "value": "1"}, "maximum length of 250"),
        ("runs/update", {"run_id": "R", "status": "DONE"}, "for parameter 'status'"),
        ("runs/log-batch", {"run_id": "R", "metrics": [{"key": "a"}]}, "'metrics[0].value'"),
        ("runs/log-batch", {"run_id": "R", "metrics": 5}, "for parameter 'metrics'"),
        ("runs/log-batch", {"metrics": []}, "required parameter 'run_id'"),
        ("runs/log-batch", {"run_id": "R", "params": [{"key": "a", "value": "1"}] * 2}, "Duplicate parameter keys"),
        ("runs/log-batch", {"run_id": "R", "tags": [{"key": "ok"}, {"key": "a/../b"}]}, "'tags[1].key'"),
        (
            "runs/search",
            {"experiment_ids": ["0"], "filter": "x ="},
            "Invalid clause(s) in filter string: 'x =' (at char",
        ),
        ("runs/search", {"experiment_ids": ["0"], "filter": "x ="}, "at character 4, the end"),
        ("runs/search", {"experiment_ids": ["0"], "filter": "metrics.a > 1 OR metrics.b < 2"}, "at character 15: 'OR'"),
        ("runs/search", {"experiment_ids": ["0"], "filter": "metrics.a > 1 AND metrics.b > x"}, "at character 31: 'x'"),
        (
            "runs/search",
            {"experiment_ids": ["0"], "filter": "params.`a b` = '1' AND params.c > '2'"},
            "at character 24",
        ),
        ("runs/search", {"experiment_ids": ["0"], "filter": "unknown = 'a'"}, "at character 1: 'unknown = 'a''"),
        ("runs/search", {"experiment_ids": ["0"], "filter": "metrics.a > 1 AND %"}, "at character 19: '%'"),
        ("experiments/search", {"filter": "name = 'a' AND size > 3"}, "at character 16: 'size > 3'"),
        ("logged-models/search", {"experiment_ids": ["0"], "filter": "tags.a = 'b' AND name >"}, "at character 24"),
        ("runs/search", {"experiment_ids": ["0"], "max_results": 0}, "'max_results'"),
        ("runs/search", {"experiment_ids": ["0"], "max_results": 50_001}, "at most 50000"),
        ("runs/search", {"experiment_ids": ["0"], "page_token": "abc"}, "page token"),
        ("runs/search", {"experiment_ids": ["0"], "order_by": ["metrics.a", "metrics.a"]}, "duplicate fields"),
        ("runs/search", {"experiment_ids": ["0"], "run_view_type": "SOME"}, "'run_view_type'"),
        ("runs/search", {"experiment_ids": "0"}, "for parameter 'experiment_ids'"),
        ("experiments/create", {}, "required parameter 'name'"),
        ("experiments/create", {"name": 5}, "for parameter 'name'"),
        ("experiments/create", {"name": "x" * 501}, "maximum length of 500"),
        ("experiments/create", {"name": "x", "artifact_location": "file:///etc"}, "'artifact_location'"),
    ],
)
def test_what_is_wrong_is_named_in_mlflow_s_words(
    any_client: TestClient, run_id: str, path: str, body: dict[str, Any], text: str
) -> None:
    if body.get("run_id") == "R":
        body = {**body, "run_id": run_id}
    reply = any_client.post(f"{API}/{path}", json=body)
    assert reply.status_code == 400, reply.text
    assert reply.json()["error_code"] == "INVALID_PARAMETER_VALUE"
    assert text in reply.json()["message"]


def test_limits_of_a_batch(post: Post, any_client: TestClient, run_id: str) -> None:
    point = {"key": "m", "value": 1, "timestamp": 1}
    assert "at most 1000 metrics" in post("runs/log-batch", 400, run_id=run_id, metrics=[point] * 1001)["message"]
    params = [{"key": f"p{n}", "value": "1"} for n in range(101)]
    assert "at most 100 params" in post("runs/log-batch", 400, run_id=run_id, params=params)["message"]
    body = json.dumps({"run_id": run_id, "params": [{"key": "a", "value": "x" * 1_000_000}]})
    reply = any_client.post(f"{API}/runs/log-batch", content=body)
    assert reply.status_code == 400
    assert "must be at most 1000000 bytes" in reply.json()["message"]
    post(
        "runs/log-batch",
        run_id=run_id,
        params=[{"key": "long", "value": "x" * 7000}],
        tags=[{"key": "t", "value": "y" * 9000}],
    )
    data = any_client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]["data"]
    assert len(data["params"][0]["value"]) == 6000
    assert max(len(tag["value"]) for tag in data["tags"]) == 8000


def test_a_refused_batch_leaves_nothing(post: Post, any_client: TestClient, run_id: str) -> None:
    post("runs/log-parameter", run_id=run_id, key="p", value="1")
    metrics = [{"key": "m", "value": 1, "timestamp": 1}]
    answer = post("runs/log-batch", 400, run_id=run_id, metrics=metrics, params=[{"key": "p", "value": "2"}])
    assert "Changing param values is not allowed" in answer["message"]
    run = any_client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]
    assert "metrics" not in run["data"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"3", b"\xff", b'"{', b"[" * 5000])
def test_what_is_no_json_object_is_refused(client: TestClient, body: bytes) -> None:
    reply = client.post(f"{API}/runs/log-batch", content=body)
    assert reply.status_code == 400
    assert set(reply.json()) == {"error_code", "message"}


def test_unknown_things_are_404_with_their_code(client: TestClient) -> None:
    for method, path in (
        ("POST", "/api/2.0/mlflow/nothing"),
        ("GET", "/api/3.0/mlflow/traces"),
        ("PUT", f"{API}/runs/get"),
    ):
        reply = client.request(method, path)
        assert (reply.status_code, reply.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND")
    reply = client.get(f"{API}/runs/get", params={"run_id": "f" * 32})
    assert (reply.status_code, reply.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert "Run with id=" in reply.json()["message"]
    reply = client.get(f"{API}/experiments/get", params={"experiment_id": "999"})
    assert "No Experiment with id=999 exists" in reply.json()["message"]
    reply = client.post("/w/elsewhere/api/2.0/mlflow/runs/create", json={})
    assert (reply.status_code, reply.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_who_may_not_is_told_in_mlflow_s_shape(services: Services) -> None:
    with make_client(services, "") as nobody:
        reply = nobody.post(f"{API}/runs/create", json={})
        assert (reply.status_code, reply.json()["error_code"]) == (401, "UNAUTHENTICATED")
        assert nobody.get("/version").text.startswith("3.")
        assert nobody.get("/w/default/api/3.0/mlflow/server-info").json()["store_type"] == "SqlStore"
        assert nobody.put(f"{FILES}/0/x", content=b"x").status_code == 401
    account = found(services.db, services.clock)
    with services.db.begin() as tx:
        narrow = create_token(tx, services.clock, account, "reader", scopes=["*.read"])
    with make_client(services, narrow) as reader:
        reply = reader.post(f"{API}/runs/create", json={})
        assert (reply.status_code, reply.json()["error_code"]) == (403, "PERMISSION_DENIED")


def test_mlflow_s_basic_authentication_carries_the_token_as_password(services: Services) -> None:
    token = owner_token(services)
    with make_client(services, "") as nobody:
        reply = nobody.post(f"{API}/runs/create", json={"experiment_id": "0"}, auth=("anybody", token))
        assert reply.status_code == 200


def test_a_job_s_token_writes_to_its_own_run_and_below(services: Services) -> None:
    ctx = context_in(services)
    mine, _ = a_run(ctx)
    other, _ = a_run(ctx)
    account = found(services.db, services.clock)
    with services.db.begin() as tx:
        token = create_token(tx, services.clock, account, "job", scopes=JOB, run_id=mine, workspace_id=ctx.workspace_id)
    with make_client(services, token) as job:
        made = job.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]
        assert {"key": "mlflow.parentRunId", "value": mine} in made["data"]["tags"]
        for run_id, status in ((mine, 200), (made["info"]["run_id"], 200), (other, 403)):
            assert job.post(f"{API}/runs/set-tag", json={"run_id": run_id, "key": "a"}).status_code == status
            uri = f"{FILES}/1/{run_id}/artifacts/a.txt"
            assert job.put(uri, content=b"x").status_code == status
        assert job.put(f"{FILES}/anywhere/else", content=b"x").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "..%2F..%2Fetc%2Fpasswd",
        "1/a/%2e%2e/%2e%2e/x",
        "a%00b",
        "a%5Cb",
        "%2Fetc%2Fpasswd",
        "a//b",
        "x" * 1100,
        "x/" * 2048,
        "%252e%252e/x%00",
    ],
)
def test_a_path_that_leaves_its_folder_is_refused(client: TestClient, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        reply = client.request(method, f"{FILES}/{path}")
        assert reply.status_code in (400, 404), reply.text
    assert client.get(FILES, params={"path": "../.."}).status_code == 400


def test_a_file_of_an_unknown_or_deleted_run_is_refused(client: TestClient) -> None:
    reply = client.put(f"{FILES}/1/{'f' * 32}/artifacts/a", content=b"x")
    assert (reply.status_code, reply.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    info = client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    client.post(f"{API}/runs/delete", json={"run_id": info["run_id"]})
    path = info["artifact_uri"].removeprefix("mlflow-artifacts:/")
    assert client.put(f"{FILES}/{path}/a", content=b"x").status_code == 400
    reply = client.put(f"{FILES}/registry/x/MLmodel", content=b"x")
    assert "never changes" in reply.json()["message"]


def test_a_file_is_read_in_ranges_and_deleted(client: TestClient) -> None:
    info = client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    path = f"{FILES}/{info['artifact_uri'].removeprefix('mlflow-artifacts:/')}/d.bin"
    content = bytes(range(256)) * 9000
    assert client.put(path, content=content).json() == {}
    part = client.get(path, headers={"Range": "bytes=300-309"})
    assert (part.status_code, part.content) == (206, content[300:310])
    part = client.get(path, headers={"Range": "bytes=-5"})
    assert (part.status_code, part.content) == (206, content[-5:])
    for wrong in ("bytes=9999999-", "bytes=abc", "lines=0-5", "bytes=-0", "bytes=5"):
        reply = client.get(path, headers={"Range": wrong})
        assert (reply.status_code, set(reply.json())) == (416, {"error_code", "message"}), wrong
    whole = client.get(path)
    assert whole.content == content
    head = client.head(path)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
    for known in (whole.headers["ETag"], f'"other", W/{whole.headers["ETag"]}', "*"):
        reply = client.get(path, headers={"If-None-Match": known})
        assert (reply.status_code, reply.content, reply.headers["ETag"]) == (304, b"", whole.headers["ETag"])
    assert client.get(path, headers={"If-None-Match": '"other"'}).content == content
    assert client.delete(path).json() == {}
    assert client.get(path).json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_an_upload_that_is_cut_off_or_too_large_leaves_nothing(tmp_path: Any) -> None:
    services = make_services(tmp_path / "home", upload_limit_bytes=3_000_000)
    blobs = services.blobs
    with serve(services) as url, make_client(services) as client:
        port = int(url.rsplit(":", 1)[1])
        head = f"PUT {FILES}/free/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {owner_token(services)}\r\nContent-Length: {{}}\r\n\r\n"
        for length in (2_000_000, 500_000):
            with socket.create_connection(("127.0.0.1", port)) as line:
                line.sendall(head.format(length).encode() + b"x" * 400_000)
                time.sleep(0.3)  # the server must have begun to read
        deadline = time.monotonic() + 10
        while list(blobs.spool.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert list(blobs.spool.iterdir()) == []
        reply = client.put(f"{FILES}/free/x", content=b"x" * 3_000_001)
        assert (reply.status_code, "larger than" in reply.json()["message"]) == (413, True)
        assert client.get(FILES, params={"path": "free"}).json() == {}
    services.db.close()


def test_searching_follows_mlflow_s_rules_for_missing_and_nan(post: Post) -> None:
    made = {}
    for name, metric in (("one", 1.0), ("two", 2.0), ("nan", "NaN"), ("none", None)):
        info = post("runs/create", experiment_id="0", run_name=name)["run"]["info"]
        made[name] = info["run_id"]
        if metric is not None:
            post("runs/log-metric", run_id=info["run_id"], key="m", value=metric, timestamp=1)
            post("runs/log-parameter", run_id=info["run_id"], key="p", value=f"Value {name}")
    post("runs/update", run_id=made["one"], status="FINISHED", end_time=1_700_000_000_999)

    def names(filter_: str = "", *order: str, **more: Any) -> list[str]:
        answer = post("runs/search", experiment_ids=["0"], filter=filter_, order_by=list(order), **more)
        return [run["info"]["run_name"] for run in answer.get("runs", [])]

    assert names("", "metrics.m ASC") == ["one", "two", "nan", "none"]
    assert names("", "metrics.m DESC") == ["two", "one", "nan", "none"]
    assert names("", "params.p DESC") == ["two", "one", "nan", "none"]
    assert names("", "attributes.end_time ASC")[0] == "one"
    assert sorted(names("metrics.m != 1")) == ["nan", "two"]
    assert names("metrics.m > 0", "metrics.m") == ["one", "two"]
    assert names("params.p LIKE 'value%'") == []
    assert sorted(names("params.p ILIKE 'value %o%'")) == ["one", "two"]
    assert names("params.p IS NULL") == ["none"]
    assert names("tags.unknown IS NULL AND metrics.unknown > 1") == []
    assert names("status = 'FINISHED'") == ["one"]
    assert names("attributes.status LIKE 'FIN%' AND end_time = 1700000000999") == ["one"]
    assert names(f"run_id IN ('{made['two']}', 'x')") == ["two"]
    assert names("run_name = 'nan'") == ["nan"]
    assert names("run_name LIKE 'n%'", "run_name ASC") == ["nan", "none"]
    assert names(f"artifact_uri LIKE '%{made['one']}%'") == ["one"]
    assert names("", run_view_type="DELETED_ONLY") == []
    assert names("", "run_name ASC", max_results=2) == ["nan", "none"]


def test_histories_come_in_pages_and_sampled(any_client: TestClient, post: Post, run_id: str) -> None:
    points = [{"key": "m", "value": n / 7, "timestamp": n, "step": n} for n in range(1000)]
    post("runs/log-batch", run_id=run_id, metrics=points)
    seen, token = [], ""
    while True:
        query = {"run_id": run_id, "metric_key": "m", "max_results": 300, "page_token": token}
        page = any_client.get(f"{API}/metrics/get-history", params=query).json()
        seen += [point["step"] for point in page["metrics"]]
        token = page.get("next_page_token", "")
        if not token:
            break
    assert seen == list(range(1000))
    query = {"run_ids": [run_id], "metric_key": "m", "max_results": 10}
    sampled = any_client.get(f"{API}/metrics/get-history-bulk-interval", params=query).json()["metrics"]
    assert (sampled[0]["step"], sampled[-1]["step"], len(sampled)) == (0, 999, 10)
    assert all(point["value"] == point["step"] / 7 and point["run_id"] == run_id for point in sampled)
    query = {"run_id": [run_id], "metric_key": "m", "max_results": 5}
    assert len(any_client.get("/ajax-api/2.0/mlflow/metrics/get-history-bulk", params=query).json()["metrics"]) == 5


def test_experiments_are_found_by_name_time_and_tag(any_client: TestClient, post: Post) -> None:
    for name in ("alpha", "beta", "gamma"):
        number = post("experiments/create", name=name, tags=[{"key": "first", "value": name[0]}])["experiment_id"]
    assert post("experiments/create", 400, name="alpha")["error_code"] == "RESOURCE_ALREADY_EXISTS"

    def names(**query: Any) -> list[str]:
        return [e["name"] for e in post("experiments/search", max_results=10, **query).get("experiments", [])]

    assert names() == ["gamma", "beta", "alpha"]
    assert names(filter="name ILIKE 'A%'") == ["alpha"]
    assert names(filter="tags.first != 'b'", order_by=["name ASC"]) == ["alpha", "gamma"]
    assert names(filter="creation_time > 0 AND tags.first IS NOT NULL", order_by=["experiment_id ASC"])[0] == "alpha"
    post("experiments/delete", experiment_id=number)
    assert names(view_type="DELETED_ONLY") == ["gamma"]
    first = post("experiments/search", max_results=1)
    again = post("experiments/search", max_results=1, page_token=first["next_page_token"])
    assert [first["experiments"][0]["name"], again["experiments"][0]["name"]] == ["beta", "alpha"]
    listed = any_client.get(f"{API}/experiments/search", params={"max_results": 5, "order_by": "name DESC"}).json()
    assert [e["name"] for e in listed["experiments"]] == ["beta", "alpha"]


def test_a_body_above_the_limit_is_refused_in_mlflow_s_shape(tmp_path: Any) -> None:
    services = make_services(tmp_path / "home", request_limit_bytes=100_000)
    with make_client(services) as client:
        reply = client.post(
            f"{API}/experiments/create", json={"name": "x", "tags": [{"key": "a", "value": "x" * 200_000}]}
        )
        assert (reply.status_code, set(reply.json())) == (400, {"error_code", "message"})
    services.db.close()


def test_the_client_in_a_job_does_not_end_the_job(client: TestClient, services: Services) -> None:
    from sqlalchemy import update

    from studiolo.studio.experiments.tables import runs

    run_id, _ = a_run(context_in(services))
    with services.db.begin() as tx:
        tx.execute(update(runs).where(runs.c.id == run_id).values(kind="command", spec={}))
    client.post(f"{API}/runs/update", json={"run_id": run_id, "status": "FINISHED", "run_name": "named"})
    info = client.get(f"{API}/runs/get", params={"run_id": run_id}).json()["run"]["info"]
    assert (info["status"], info["run_name"]) == ("RUNNING", "named")
