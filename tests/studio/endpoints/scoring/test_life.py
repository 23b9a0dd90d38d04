"""The life of a scorer: loading, refusing to load, going live, handing over, dying, draining."""

import json
import os
import signal
import socket
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from tests.studio.endpoints.sample_models import ROW, automl_model, python_model, sklearn_model
from tests.studio.endpoints.scoring.running import KEY, Scorer, wait_for


def test_it_answers_its_sample_before_it_listens(compiled_model: Path, tmp_path: Path) -> None:
    scorer = Scorer(tmp_path / "s", compiled_model, live=False)
    try:
        ready = scorer.wait("ready.json")
        assert scorer.file("serving.json") is None
        assert ready["sample"]["request"]["data"][0] == ROW
        assert len(ready["sample"]["response"]["predictions"]) == 2
        assert ready["tier"] == "compiled"
        assert "400 rows" in ready["why"]
        assert ready["rss_bytes"] <= 80 * 2**20
        scorer.go_live()
        with scorer.client() as client:
            assert client.post("/score", json={"data": [ROW]}).status_code == 200
    finally:
        assert scorer.end() == 0


def test_a_compiled_worker_loads_neither_pandas_nor_the_server(compiled: Scorer) -> None:
    pid = compiled.wait("ready.json")["pids"][0]
    mapped = Path(f"/proc/{pid}/maps")
    if not mapped.exists():
        pytest.skip("needs /proc")
    files = mapped.read_text()
    assert "onnxruntime" in files
    for name in ("pandas", "sklearn", "scipy", "sqlalchemy", "pydantic_core", "pyarrow"):
        assert f"/{name}/" not in files, f"{name} is loaded"


def test_a_model_whose_export_was_refused_is_served_natively_and_says_why(tmp_path: Path) -> None:
    scorer = Scorer(tmp_path / "s", automl_model(tmp_path / "m", compiled=False))
    try:
        with scorer.client() as client:
            found = client.post("/score", json={"data": [ROW]}).json()
            records = client.post("/invocations", json={"dataframe_records": [ROW]}).json()["predictions"]
        assert found["predictions"] == ["no"]
        assert found["probabilities"][0]["no"] == pytest.approx(records[0]["proba_no"])
        ready = scorer.wait("ready.json")
        assert ready["tier"] == "pyfunc"
        assert "learner 'text' has no compiled form" in ready["why"]
    finally:
        scorer.end()


def test_regression_answers_numbers(tmp_path: Path) -> None:
    scorer = Scorer(tmp_path / "s", automl_model(tmp_path / "m", regression=True))
    try:
        with scorer.client() as client:
            found = client.post("/score", json={"data": [ROW]}).json()
            records = client.post("/invocations", json={"dataframe_records": [ROW]}).json()
        assert list(found) == ["predictions"]
        assert records == {"predictions": [{"prediction": found["predictions"][0]}]}
    finally:
        scorer.end()


def test_a_load_that_fails_leaves_its_traceback(tmp_path: Path) -> None:
    model = python_model(tmp_path / "m", "return model_input", load="raise ValueError('weights are gone')")
    scorer = Scorer(tmp_path / "s", model)
    failed = scorer.wait("failed.json")
    assert scorer.process.wait(10) == 1
    assert failed["stage"] == "load"
    assert "ValueError: weights are gone" in failed["error"]
    assert "_load_pyfunc" in failed["traceback"]
    assert scorer.file("serving.json") is None
    scorer.end()


def test_a_sample_that_fails_is_told_apart(tmp_path: Path) -> None:
    body = "raise RuntimeError('division by cucumber')"
    model = python_model(tmp_path / "m", body, {"columns": ["a"], "data": [[1.0]]})
    scorer = Scorer(tmp_path / "s", model)
    failed = scorer.wait("failed.json")
    assert failed["stage"] == "sample"
    assert "division by cucumber" in failed["traceback"]
    scorer.end()


def test_a_worker_that_is_killed_while_loading_is_said(tmp_path: Path) -> None:
    model = python_model(tmp_path / "m", "return model_input", load="import os; os.kill(os.getpid(), 9)")
    scorer = Scorer(tmp_path / "s", model)
    failed = scorer.wait("failed.json")
    assert "signal 9" in failed["error"]
    assert "memory" in failed["error"]
    scorer.end()


def test_a_taken_port_is_named(compiled_model: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        scorer = Scorer(tmp_path / "s", compiled_model, port=port)
        failed = scorer.wait("failed.json")
        assert failed["problem"]["code"] == "scoring.port_taken"
        assert str(port) in failed["error"]
        scorer.end()


def test_the_next_deployment_takes_over_without_losing_a_request(compiled_model: Path, tmp_path: Path) -> None:
    old = Scorer(tmp_path / "old", compiled_model)
    port = old.wait()["port"]
    new = Scorer(tmp_path / "new", compiled_model, live=False, port=port, version="2")
    failures: list[str] = []
    versions: set[str] = set()
    enough = threading.Event()

    def ask() -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:
            while not enough.is_set():
                try:
                    reply = client.post("/score", json={"data": [ROW]})
                    if reply.status_code != 200:
                        failures.append(reply.text)
                    versions.add(httpx.get(f"http://127.0.0.1:{port}/version", trust_env=False).json()["version"])
                except httpx.HTTPError as error:
                    failures.append(repr(error))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    try:
        new.wait("ready.json")
        for asker in askers:
            asker.start()
        wait_for(lambda: "" in versions)
        new.go_live(old.folder)
        assert new.wait()["port"] == port
        assert old.end() == 0
        versions.clear()
        wait_for(lambda: versions)
        assert versions == {"2"}
    finally:
        enough.set()
        for asker in askers:
            asker.join()
        old.end()
        new.end()
    assert failures == []


def test_a_killed_worker_is_replaced_and_requests_wait_for_it(compiled_model: Path, tmp_path: Path) -> None:
    scorer = Scorer(tmp_path / "s", compiled_model)
    try:
        scorer.wait()
        os.kill(scorer.file("ready.json")["pids"][0], signal.SIGKILL)
        with scorer.client() as client:
            client.timeout = httpx.Timeout(30)
            reply = wait_for(lambda: _patient(client))
        assert reply.status_code == 200
        before = httpx.get(
            f"{scorer.url}/metrics", headers={"Authorization": f"Bearer {KEY}", "accept": "application/json"}
        )
        assert before.json()["requests"] >= 1
    finally:
        assert scorer.end() == 0


def _patient(client: httpx.Client) -> httpx.Response | None:
    try:
        return client.post("/score", json={"data": [ROW]})
    except httpx.TransportError:  # its connection was the dead worker's
        return None


def test_workers_end_with_their_supervisor(compiled_model: Path, tmp_path: Path) -> None:
    scorer = Scorer(tmp_path / "s", compiled_model, workers=2)
    scorer.wait()
    pids = scorer.file("ready.json")["pids"]
    assert len(pids) == 2
    scorer.process.kill()
    scorer.process.wait()
    wait_for(lambda: not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in pids))
    scorer.end()


def test_ending_waits_for_the_request_that_is_being_answered(tmp_path: Path) -> None:
    model = python_model(tmp_path / "m", "import time; time.sleep(1.5); return model_input['a']")
    scorer = Scorer(tmp_path / "s", model)
    replies: list[httpx.Response] = []
    with scorer.client() as client:
        asker = threading.Thread(target=lambda: replies.append(client.post("/score", json={"data": [{"a": 3}]})))
        asker.start()
        wait_for(lambda: psutil.Process(scorer.file("ready.json")["pids"][0]).net_connections(kind="tcp")[1:])
        assert scorer.end() == 0
        asker.join()
    assert replies[0].json() == {"predictions": [3.0]}


def test_a_full_queue_answers_503_with_retry_after(tmp_path: Path) -> None:
    model = python_model(tmp_path / "m", "import time; time.sleep(0.5); return model_input['a']")
    scorer = Scorer(tmp_path / "s", model, queue=2)
    replies: list[httpx.Response] = []
    try:
        with scorer.client() as client:

            def ask() -> None:
                replies.append(client.post("/score", json={"data": [{"a": 3}]}))

            askers = [threading.Thread(target=ask) for _ in range(8)]
            for asker in askers:
                asker.start()
            for asker in askers:
                asker.join()
    finally:
        scorer.end()
    busy = [reply for reply in replies if reply.status_code == 503]
    assert busy
    assert all(reply.headers["retry-after"] == "1" and reply.json()["code"] == "scoring.busy" for reply in busy)
    assert any(reply.status_code == 200 for reply in replies)


def test_a_model_that_looks_at_its_neighbours_gets_each_request_alone(tmp_path: Path) -> None:
    body = "return model_input['a'] / model_input['a'].sum()"
    model = python_model(tmp_path / "m", body, {"columns": ["a"], "data": [[1.0], [3.0]]})
    scorer = Scorer(tmp_path / "s", model)
    try:
        assert scorer.wait("ready.json")["batching"].startswith("off")
        with scorer.client() as client:
            assert client.post("/score", json={"data": [{"a": 5}]}).json() == {"predictions": [1.0]}
    finally:
        scorer.end()


def test_cors_answers_the_origins_it_is_told(compiled_model: Path, tmp_path: Path) -> None:
    scorer = Scorer(tmp_path / "s", compiled_model, cors=["https://page.example"])
    try:
        with scorer.client() as client:
            asked = {"origin": "https://page.example", "access-control-request-method": "POST"}
            allowed = client.options("/score", headers=asked)
            other = client.options("/score", headers=asked | {"origin": "https://other.example"})
        assert allowed.status_code == 204
        assert allowed.headers["access-control-allow-origin"] == "https://page.example"
        assert other.status_code == 405
    finally:
        scorer.end()


def test_a_broken_deployment_file_is_said(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "deployment.json"
    path.write_text(json.dumps({"endpoint": "e"}))
    command = [sys.executable, "-m", "studiolo.studio.endpoints.scoring.main", str(path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode != 0
    assert "model" in found.stderr


@pytest.mark.parametrize("live", [True, False])
def test_a_scorer_whose_home_was_removed_ends(compiled_model: Path, tmp_path: Path, live: bool) -> None:
    import shutil

    scorer = Scorer(tmp_path / "s", compiled_model, live=live)
    pids = scorer.wait("serving.json" if live else "ready.json") and scorer.file("ready.json")["pids"]
    shutil.rmtree(tmp_path / "s")
    scorer.process.wait(20)
    assert not any(psutil.pid_exists(pid) for pid in pids)


@pytest.mark.slow
def test_a_users_classifier_gives_probabilities_and_mlflows_answer(tmp_path: Path) -> None:
    import mlflow.pyfunc
    import pandas as pd

    model = sklearn_model(tmp_path / "m")
    scorer = Scorer(tmp_path / "s", model)
    rows = [ROW, ROW | {"age": 70.0, "job": "clown"}]
    try:
        ready = scorer.wait("ready.json")
        assert (ready["tier"], ready["batching"]) == ("pyfunc", "on")
        with scorer.client() as client:
            found = client.post("/score", json={"data": rows}).json()
            plain = client.post("/invocations", json={"dataframe_records": rows}).json()
            answer = client.get("/openapi.json").json()["components"]["schemas"]["Answer"]
    finally:
        scorer.end()
    loaded = mlflow.pyfunc.load_model(str(model))
    frame = pd.DataFrame(rows).astype({"age": float})
    assert found["predictions"] == plain["predictions"] == loaded.predict(frame).tolist()
    chances = [chance for row in found["probabilities"] for chance in row.values()]
    assert chances == pytest.approx(loaded.get_raw_model().predict_proba(frame).ravel().tolist())
    assert list(found["probabilities"][0]) == answer["properties"]["predictions"]["items"]["enum"] == ["no", "yes"]
