"""A full disk: said so that clients do not repeat it for minutes; nothing acknowledged is lost, and it passes when there is room."""

import threading
from typing import Any

from starlette.testclient import TestClient

from studiolo.kernel.auth.request import Services

API = "/api/2.0/mlflow"


def _room(services: Services, pages: int | None) -> None:
    """Let the database grow by so many pages, or without end."""
    with services.db.begin() as tx:
        used = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {used + pages if pages is not None else 2**30}")


def test_a_full_disk_is_507_and_keeps_what_was_acknowledged(services: Services, client: TestClient) -> None:
    run_ids = [
        client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"] for _ in range(4)
    ]
    acknowledged: dict[str, list[int]] = {run_id: [] for run_id in run_ids}
    answers: list[Any] = []

    def write(run_id: str) -> None:
        for start in range(0, 20_000, 100):
            points = [{"key": "m", "value": n, "timestamp": n, "step": n} for n in range(start, start + 100)]
            reply = client.post(f"{API}/runs/log-batch", json={"run_id": run_id, "metrics": points})
            if reply.status_code != 200:
                answers.append(reply)
                return
            acknowledged[run_id] += range(start, start + 100)

    def kept(run_id: str) -> list[int]:
        found = client.get(f"{API}/metrics/get-history", params={"run_id": run_id, "metric_key": "m"}).json()
        return [point["step"] for point in found.get("metrics", [])]

    _room(services, 60)
    threads = [threading.Thread(target=write, args=(run_id,)) for run_id in run_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert {reply.status_code for reply in answers} == {507}  # MLflow's clients repeat 500, 502, 503 and 504, not 507
    assert answers[0].json()["error_code"] == "INTERNAL_ERROR"
    assert "disk" in answers[0].json()["message"]
    assert any(acknowledged.values())
    for run_id, steps in acknowledged.items():
        assert kept(run_id) == steps
    _room(services, None)
    more = {"run_id": run_ids[0], "metrics": [{"key": "m", "value": 1.0, "timestamp": 1, "step": 10**6}]}
    assert client.post(f"{API}/runs/log-batch", json=more).status_code == 200
    assert kept(run_ids[0]) == [*acknowledged[run_ids[0]], 10**6]
