"""What surrounds the messages: tokens, races, what MLflow's own pages ask for, what is not served."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.testclient import TestClient

from tests.studio.experiments.mlflow.wire import API, FILES, Post


def test_a_token_of_another_search_is_refused(any_client: TestClient, post: Post) -> None:
    for n in range(3):
        post("runs/create", experiment_id="0", run_name=f"r{n}")
        post("experiments/create", name=f"e{n}")
        post("registered-models/create", name=f"m{n}")
        post("model-versions/create", name="m0", source=f"s3://a/{n}")
        post("logged-models", experiment_id="0", name=f"l{n}")
    here = {"experiment_ids": ["0"], "max_results": 1}
    for path, same, other in (
        ("runs/search", {**here, "order_by": ["run_name"]}, {**here, "order_by": ["status"]}),
        ("runs/search", here, {**here, "filter": "run_name != 'r9'"}),
        ("runs/search", here, {**here, "run_view_type": "ALL"}),
        ("experiments/search", {"max_results": 1}, {"max_results": 1, "filter": "name LIKE 'e%'"}),
        ("logged-models/search", here, {**here, "filter": "name LIKE 'l%'"}),
    ):
        token = post(path, **same)["next_page_token"]
        post(path, **{**same, "max_results": 2}, page_token=token)
        answer = post(path, 400, **other, page_token=token)
        assert (answer["error_code"], "another search" in answer["message"]) == ("INVALID_PARAMETER_VALUE", True)
    for path in ("registered-models/search", "model-versions/search"):
        token = any_client.get(f"{API}/{path}", params={"max_results": 1}).json()["next_page_token"]
        query = {"max_results": 1, "page_token": token}
        assert any_client.get(f"{API}/{path}", params=query).status_code == 200
        assert any_client.get(f"{API}/{path}", params={**query, "order_by": "name"}).status_code == 400


def test_two_that_register_one_name_are_both_answered(any_client: TestClient) -> None:
    for path, body in (("registered-models/create", {"name": "twins"}), ("experiments/create", {"name": "twins"})):
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _, p=path, b=body: any_client.post(f"{API}/{p}", json=b), range(8)))
        assert sorted(reply.status_code for reply in replies) == [200] + [400] * 7
        assert {r.json().get("error_code") for r in replies} == {None, "RESOURCE_ALREADY_EXISTS"}
    with ThreadPoolExecutor(8) as pool:
        body = {"name": "twins", "source": "s3://a/b"}
        replies = list(pool.map(lambda _: any_client.post(f"{API}/model-versions/create", json=body), range(8)))
    assert sorted(int(r.json()["model_version"]["version"]) for r in replies) == list(range(1, 9))


def test_what_is_not_served_has_mlflow_s_shape_under_every_prefix(client: TestClient) -> None:
    for before in ("", "/w/default"):
        for path in (
            "/graphql",
            "/gateway/x/invocations",
            "/api/2.0mlflow/runs/nothing",
            "/ajax-api/3.0/mlflow/scorers/list",
        ):
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                reply = client.request(method, f"{before}{path}")
                assert (reply.status_code, reply.json()["error_code"]) == (404, "ENDPOINT_NOT_FOUND"), (
                    method,
                    before,
                    path,
                )
        reply = client.post(f"{before}/api/2.0mlflow/experiments/search-datasets", json={"experiment_ids": ["9"]})
        assert reply.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_mlflow_s_pages_find_files_and_datasets(client: TestClient, tmp_path: Any) -> None:
    info = client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    root = f"{FILES}/{info['artifact_uri'].removeprefix('mlflow-artifacts:/')}"
    for name in ("a b.txt", "m/MLmodel"):
        client.put(f"{root}/{name}", content=b"flavors: {python_function: {}}\n")
    for before in ("", "/w/default"):
        found = client.get(f"{before}/get-artifact", params={"run_uuid": info["run_id"], "path": "a b.txt"})
        assert found.content.startswith(b"flavors")
    assert client.get("/get-artifact", params={"run_id": info["run_id"], "path": "../x"}).status_code == 400
    assert client.get("/get-artifact", params={"run_id": info["run_id"]}).status_code == 400
    client.post(f"{API}/registered-models/create", json={"name": "net"})
    made = client.post(f"{API}/model-versions/create", json={"name": "net", "source": f"runs:/{info['run_id']}/m"})
    assert made.status_code == 200, made.text
    query = {"name": "net", "version": "1", "path": "MLmodel"}
    assert client.get("/model-versions/get-artifact", params=query).content.startswith(b"flavors")
    assert client.get("/model-versions/get-artifact", params={**query, "path": "zzz"}).status_code == 404
    dataset = {"name": "d", "digest": "1", "source_type": "local", "source": "s"}
    body = {
        "run_id": info["run_id"],
        "datasets": [{"dataset": dataset, "tags": [{"key": "mlflow.data.context", "value": "eval"}]}],
    }
    client.post(f"{API}/runs/log-inputs", json=body)
    found = client.post(f"{API}/experiments/search-datasets", json={"experiment_ids": ["0"]}).json()[
        "dataset_summaries"
    ]
    assert [(item["name"], item["context"]) for item in found] == [("d", "eval")]
