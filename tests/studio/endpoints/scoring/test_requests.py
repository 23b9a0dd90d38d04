"""What a scorer answers: good requests in every shape, bad ones with the field, the row and the fix."""

import json
import math
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.studio.endpoints.sample_models import ROW
from tests.studio.endpoints.scoring.running import Scorer

NAMES = list(ROW)
VALUES = list(ROW.values())
SHAPES = {
    "data as objects": {"data": [ROW]},
    "data as lists": {"data": [VALUES]},
    "input_data split": {"input_data": {"columns": NAMES, "index": [0], "data": [VALUES]}},
    "input_data objects": {"input_data": [ROW]},
    "Inputs": {"Inputs": {"data": [ROW]}, "GlobalParameters": {"method": "predict"}},
    "Inputs of the Designer": {"Inputs": {"WebServiceInput0": [ROW]}},
    "a list": [ROW],
    "instances": {"instances": [ROW]},
    "inputs as columns": {"inputs": {name: [value] for name, value in ROW.items()}},
    "inputs as scalars": {"inputs": ROW},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_score_reads_the_shape(compiled: Scorer, shape: str) -> None:
    with compiled.client() as client:
        reply = client.post("/score", json=SHAPES[shape])
    assert reply.status_code == 200, reply.text
    assert reply.json() == _expected(compiled)


def _expected(scorer: Scorer) -> Any:
    """What the sample, whose first row is ROW, was answered before the scorer went live."""
    response = scorer.wait("ready.json")["sample"]["response"]
    return {name: values[:1] for name, values in response.items()}


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": NAMES, "data": [VALUES]}},
        {"dataframe_records": [ROW]},
        {"instances": [ROW]},
        {"inputs": {name: [value] for name, value in ROW.items()}},
    ],
    ids=["dataframe_split", "dataframe_records", "instances", "inputs"],
)
def test_invocations_answers_as_mlflow_does(compiled: Scorer, body: dict[str, Any]) -> None:
    with compiled.client() as client:
        reply = client.post("/invocations", json=body)
    expected = _expected(compiled)
    chances = {f"proba_{label}": chance for label, chance in expected["probabilities"][0].items()}
    assert reply.json() == {"predictions": [{"prediction": expected["predictions"][0], **chances}]}


def test_invocations_reads_csv(compiled: Scorer) -> None:
    with compiled.client() as client:
        reply = client.post(
            "/invocations", content="age,hours,job,member\n40,38.5,pilot,true\n23,,nurse,false\n", headers={"content-type": "text/csv"}
        )  # fmt: skip
        sample = client.post("/score", json={"data": [ROW, {"age": 23, "job": "nurse", "member": False}]}).json()
    assert [row["prediction"] for row in reply.json()["predictions"]] == sample["predictions"]
    assert [row["proba_yes"] for row in reply.json()["predictions"]] == [row["yes"] for row in sample["probabilities"]]


def test_many_rows_answer_as_each_alone(compiled: Scorer) -> None:
    rows = [{"age": age, "hours": age / 2, "job": ["cook", "pilot", "thief", None][age % 4]} for age in range(18, 80)]
    with compiled.client() as client:
        together = client.post("/score", json={"data": rows}).json()
        alone = [client.post("/score", json={"data": [row]}).json() for row in rows]
    assert together["predictions"] == [answer["predictions"][0] for answer in alone]
    for left, right in zip(together["probabilities"], alone, strict=True):
        assert left == pytest.approx(right["probabilities"][0], abs=1e-6)


def test_probabilities_are_those_of_the_fitted_model(compiled: Scorer) -> None:
    from tests.studio.endpoints.sample_models import fitted

    rows = [[age, age / 2, age % 3, age % 2] for age in range(18, 80)]
    expected = fitted().predict_proba(rows)[:, 1]
    jobs = ["cook", "pilot", "nurse"]
    body = [{"age": a, "hours": h, "job": jobs[int(j)], "member": bool(m)} for a, h, j, m in rows]
    with compiled.client() as client:
        found = client.post("/score", json={"data": body}).json()["probabilities"]
    assert [row["yes"] for row in found] == pytest.approx(expected, abs=1e-5)


def test_requests_at_the_same_time_get_their_own_answers(compiled: Scorer) -> None:
    with compiled.client() as client, ThreadPoolExecutor(16) as pool:
        ages = [18 + number % 60 for number in range(300)]
        alone = {age: client.post("/score", json={"data": [{"age": age}]}).json() for age in set(ages)}
        replies = pool.map(lambda age: client.post("/score", json={"data": [{"age": age}]}).json(), ages)
        for age, reply in zip(ages, replies, strict=True):
            assert reply["predictions"] == alone[age]["predictions"]
            assert reply["probabilities"][0]["yes"] == pytest.approx(alone[age]["probabilities"][0]["yes"], abs=1e-6)


BAD: dict[str, tuple[Any, int, str, str]] = {
    "missing column": ({"data": [{"hours": 3}]}, 422, "scoring.missing_column", "age"),
    "null in a needed column": ({"data": [ROW, ROW | {"age": None}]}, 422, "scoring.missing_column", "data[1].age"),
    "missing in one row": ({"data": [ROW, {"hours": 3}]}, 422, "scoring.missing_column", "data[1].age"),
    "extra column": ({"data": [ROW | {"agee": 3}]}, 422, "scoring.extra_column", "agee"),
    "extra in one row": ({"data": [ROW, ROW | {"x": 3}]}, 422, "scoring.extra_column", "data[1].x"),
    "text for a number": ({"data": [ROW | {"age": "old"}]}, 422, "scoring.wrong_type", "age"),
    "text in row 1": ({"data": [ROW, ROW | {"age": "old"}]}, 422, "scoring.wrong_type", "data[1].age"),
    "text in row 30": ({"data": [ROW] * 30 + [ROW | {"hours": "x"}]}, 422, "scoring.wrong_type", "data[30].hours"),
    "object for text": ({"data": [ROW | {"job": {"a": 1}}]}, 422, "scoring.wrong_type", "job"),
    "list in row 20": ({"data": [ROW] * 20 + [ROW | {"job": [1]}]}, 422, "scoring.wrong_type", "data[20].job"),
    "number for a boolean": ({"data": [ROW | {"member": 7}]}, 422, "scoring.wrong_type", "member"),
    "NaN as text": ({"data": [ROW | {"age": "Infinity"}]}, 422, "scoring.wrong_type", "age"),
    "too large for a float": ({"data": [ROW | {"age": 1e300}]}, 422, "scoring.wrong_type", "age"),
    "NaN": (b'{"data": [{"age": NaN}]}', 400, "scoring.bad_body", "age"),
    "Infinity": (b'{"data": [{"age": 3, "hours": -Infinity}]}', 400, "scoring.bad_body", "hours"),
    "infinite number": (b'{"data": [{"age": 1e999}]}', 400, "scoring.bad_body", "body"),
    "Python's None": (b'{"data": [{"age": None}]}', 400, "scoring.bad_body", "age"),
    "cut off": (b'{"data": [{"age": 3}', 400, "scoring.bad_body", "body"),
    "not JSON": (b"age=3", 400, "scoring.bad_body", "body"),
    "not UTF-8": (b'{"data": [{"job": "\xff"}]}', 400, "scoring.bad_body", "body"),
    "empty": (b"", 400, "scoring.bad_body", "body"),
    "no rows": ({"data": []}, 422, "scoring.bad_rows", "data"),
    "no rows at all": ([], 422, "scoring.bad_rows", "body"),
    "rows of numbers": ({"data": [1, 2]}, 422, "scoring.bad_rows", "data"),
    "a row that is no object": ({"data": [ROW, 3]}, 422, "scoring.bad_rows", "data[1]"),
    "null as rows": ({"data": None}, 422, "scoring.bad_rows", "data"),
    "a number": (b"3", 422, "scoring.bad_rows", "body"),
    "unknown member": ({"rows": [ROW]}, 422, "scoring.bad_rows", "body"),
    "two shapes": ({"data": [ROW], "instances": [ROW]}, 422, "scoring.bad_rows", "body"),
    "an unknown neighbour": ({"data": [ROW], "explain": True}, 422, "scoring.bad_rows", "explain"),
    "too few values": ({"data": [[1, 2]]}, 422, "scoring.bad_rows", "data"),
    "ragged lists": ({"data": [VALUES, VALUES[:2]]}, 422, "scoring.bad_rows", "data[1]"),
    "ragged split": ({"input_data": {"columns": NAMES, "data": [[1]]}}, 422, "scoring.bad_rows", "input_data.data[0]"),
    "a column twice": ({"input_data": {"columns": ["a", "a"], "data": [[1, 1]]}}, 422, "scoring.bad_rows", "input_data.columns"),
    "columns of unlike length": ({"inputs": {"age": [1, 2], "hours": [1]}}, 422, "scoring.bad_rows", "inputs"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_answered_with_field_and_fix(compiled: Scorer, case: str) -> None:
    body, status, code, field = BAD[case]
    content = body if isinstance(body, bytes) else json.dumps(body)
    with compiled.client() as client:
        reply = client.post("/score", content=content)
        assert client.post("/score", json={"data": [ROW]}).status_code == 200
    problem = reply.json()
    assert (reply.status_code, problem["code"], problem["field"]) == (status, code, field), problem
    assert reply.headers["content-type"] == "application/problem+json"
    assert problem["hint"]
    assert problem["detail"]


def test_invocations_needs_exactly_one_shape(compiled: Scorer) -> None:
    with compiled.client() as client:
        two = client.post("/invocations", json={"instances": [ROW], "inputs": ROW})
        none = client.post("/invocations", json={"data": [ROW]})
        bare = client.post("/invocations", json=[ROW])
    assert {reply.status_code for reply in (two, none, bare)} == {422}
    assert "exactly one of 'dataframe_split'" in two.json()["detail"]


@pytest.mark.parametrize(
    ("csv", "field"),
    [("", "body"), ("age\n", "body"), ("age,hours\n1\n", "row 0"), ("age,age\n1,2\n", "body"), ("agee\n1\n", "agee")],
)
def test_bad_csv_is_named(compiled: Scorer, csv: str, field: str) -> None:
    with compiled.client() as client:
        reply = client.post("/invocations", content=csv, headers={"content-type": "text/csv"})
    assert (reply.status_code, reply.json()["field"]) == (422, field)


def test_target_and_dropped_columns_may_be_sent(compiled: Scorer) -> None:
    with compiled.client() as client:
        reply = client.post("/score", json={"data": [ROW | {"rich": "yes", "id": 7}]})
    assert reply.json() == _expected(compiled)


@pytest.mark.parametrize("key", [None, "wrong", ""])
def test_a_wrong_key_is_refused(compiled: Scorer, key: str | None) -> None:
    with compiled.client(key) as client:
        reply = client.post("/score", json={"data": [ROW]})
        metrics = client.get("/metrics")
    assert reply.status_code == metrics.status_code == 401
    assert reply.json()["code"] == "scoring.wrong_key"
    assert reply.headers["www-authenticate"] == "Bearer"


def test_both_keys_are_good(compiled: Scorer) -> None:
    with compiled.client("second") as client:
        assert client.post("/score", json={"data": [ROW]}).status_code == 200


def test_a_replaced_key_is_good_without_a_restart(compiled_model: Any, tmp_path: Any) -> None:
    import hashlib

    from tests.studio.endpoints.scoring.running import wait_for

    scorer = Scorer(tmp_path / "s", compiled_model)
    try:
        hashes = [hashlib.sha256(b"third").hexdigest()]
        with scorer.client("third") as new, scorer.client() as old:
            assert old.post("/score", json={"data": [ROW]}).status_code == 200
            (scorer.folder / "keys.json").write_text(json.dumps({"hashes": hashes}))
            wait_for(lambda: new.post("/score", json={"data": [ROW]}).status_code == 200)
            assert old.post("/score", json={"data": [ROW]}).status_code == 401
    finally:
        scorer.end()


def test_a_body_above_the_limit_is_refused_before_it_is_read(compiled: Scorer) -> None:
    with compiled.client() as client:
        announced = client.post("/score", content=b"x" * 100_000_000)
        chunked = client.post("/score", content=(b"x" * 50_000 for _ in range(40)))
        assert client.post("/score", json={"data": [ROW]}).status_code == 200
    for reply in (announced, chunked):
        assert reply.status_code == 413
        assert reply.json()["limit"] == 200_000
    with socket.create_connection(("127.0.0.1", compiled.wait()["port"])) as raw:
        raw.sendall(
            b"POST /score HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_test_key\r\nContent-Length: 100000000\r\n\r\n{"
        )
        assert raw.recv(12) == b"HTTP/1.1 413"  # with one byte of the body sent


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/score", 405), ("PUT", "/invocations", 405), ("OPTIONS", "/score", 405), ("POST", "/health", 405),
     ("GET", "/nothing", 404), ("POST", "/score/x", 404)],
)  # fmt: skip
def test_wrong_method_and_path(compiled: Scorer, method: str, path: str, status: int) -> None:
    with compiled.client() as client:
        reply = client.request(method, path)
    assert reply.status_code == status
    assert status != 405 or reply.headers["allow"]


def test_unknown_content_type(compiled: Scorer) -> None:
    with compiled.client() as client:
        reply = client.post("/score", content=b"x", headers={"content-type": "image/png"})
    assert (reply.status_code, reply.json()["code"]) == (415, "scoring.wrong_media")


def test_request_ids_are_echoed_and_logged(compiled: Scorer) -> None:
    from tests.studio.endpoints.scoring.running import wait_for

    with compiled.client() as client:
        reply = client.post("/score", json={"data": [ROW]}, headers={"x-ms-client-request-id": "call-77"})
        made = client.post("/score", json={"data": [ROW]})
    assert reply.headers["x-ms-client-request-id"] == reply.headers["x-request-id"] == "call-77"
    assert made.headers["x-request-id"]
    log = compiled.folder / "log" / "worker-0.log"
    wait_for(lambda: "id=call-77" in log.read_text())


def test_cors_is_off(compiled: Scorer) -> None:
    with compiled.client() as client:
        reply = client.post("/score", json={"data": [ROW]}, headers={"origin": "https://page.example"})
    assert "access-control-allow-origin" not in reply.headers


def test_health_and_version_need_no_key(compiled: Scorer) -> None:
    with compiled.client(None) as client:
        for path in ("/", "/ping", "/health"):
            assert client.get(path).status_code == 200
        assert client.get("/version").json() == {"endpoint": "e", "deployment": "", "version": "", "tier": "compiled"}


def test_openapi_and_swagger_describe_the_columns(compiled: Scorer) -> None:
    with compiled.client() as client:
        document = client.get("/openapi.json").json()
        swagger = client.get("/swagger.json").json()
        three = client.get("/swagger.json?version=3").json()
    row = document["components"]["schemas"]["Row"]
    assert row["required"] == ["age"]
    assert row["properties"]["hours"] == {"type": "number", "format": "double", "nullable": True}
    assert document["components"]["schemas"]["Answer"]["properties"]["predictions"]["items"]["enum"] == ["no", "yes"]
    example = document["paths"]["/score"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert example["data"][0] == ROW
    assert swagger["swagger"] == "2.0"
    assert swagger["definitions"]["Row"]["required"] == ["age"]
    assert three == document


def test_metrics_count_requests_and_errors(compiled: Scorer) -> None:
    with compiled.client() as client:
        before = client.get("/metrics", headers={"accept": "application/json"}).json()
        client.post("/score", json={"data": [ROW, ROW]})
        client.post("/score", content=b"{")
        after = client.get("/metrics", headers={"accept": "application/json"}).json()
        text = client.get("/metrics").text
    assert after["requests"] == before["requests"] + 2
    assert after["errors"] == before["errors"] + 1
    assert math.isfinite(after["p50"])
    assert after["p50"] <= after["p95"] <= after["p99"]
    assert 'studiolo_score_requests_total{endpoint="e",status="200"}' in text


def test_the_original_model_answers_and_says_why(original: Scorer) -> None:
    with original.client() as client:
        reply = client.post("/score", json={"data": [{"a": 3}, {"a": "4"}]})
        positional = client.post("/invocations", json={"instances": [[5.5]]})
    assert reply.json() == {"predictions": [6.0, 8.0]}
    assert positional.json() == {"predictions": [11.0]}
    ready = original.wait("ready.json")
    assert (ready["tier"], ready["batching"]) == ("pyfunc", "on")
    assert "no column plan" in ready["why"]


def test_the_original_model_checks_columns(original: Scorer) -> None:
    with original.client() as client:
        for body, field in (({"data": [{"b": 1}]}, "b"), ({"data": [{"a": "x"}]}, "a"), ({"data": [{"a": None}]}, "a")):
            reply = client.post("/score", json=body)
            assert (reply.status_code, reply.json()["field"]) == (422, field)


def test_an_error_of_the_model_is_told_and_its_traceback_logged(original: Scorer) -> None:
    from tests.studio.endpoints.scoring.running import wait_for

    with original.client() as client:
        reply = client.post("/score", json={"data": [{"a": -1}]}, headers={"x-request-id": "bad-1"})
    assert (reply.status_code, reply.json()["code"]) == (500, "scoring.model_failed")
    assert "no negative numbers" in reply.json()["detail"]
    log = original.folder / "log" / "worker-0.log"
    text = wait_for(lambda: "id=bad-1 Traceback" in log.read_text() and log.read_text())
    assert "AssertionError: no negative numbers" in text


def test_one_bad_request_spoils_no_other_of_its_batch(original: Scorer) -> None:
    with original.client() as client, ThreadPoolExecutor(12) as pool:

        def ask(value: int) -> httpx.Response:
            return client.post("/score", json={"data": [{"a": value}]})

        values = [-1 if number % 7 == 0 else number for number in range(120)]
        for value, reply in zip(values, pool.map(ask, values), strict=True):
            assert reply.status_code == (500 if value < 0 else 200)
            assert value < 0 or reply.json() == {"predictions": [2.0 * value]}
