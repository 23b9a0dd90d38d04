"""The short way of MLflow's protocol, on a real connection."""

import asyncio
import json
import socket
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

import httpx

from studiolo.kernel.auth.request import Services
from studiolo.testing.client import owner_token
from studiolo.testing.server import serve


def test_a_small_answer_is_one_packet(services: Services) -> None:
    with serve(services) as url:
        address = urlsplit(url)
        path = "/w/default/api/2.0/mlflow/experiments/get?experiment_id=999"
        request = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {owner_token(services)}\r\n\r\n"
        with socket.create_connection((address.hostname, address.port)) as connection:
            for _ in range(3):  # the connection stays open
                connection.sendall(request.encode())
                head, _, body = connection.recv(1 << 16).partition(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 404")
                assert b"x-content-type-options: nosniff" in head.lower()
                assert b"default-src 'none'" in head
                assert json.loads(body)["error_code"] == "RESOURCE_DOES_NOT_EXIST"


def test_many_writers_get_their_own_answers(any_services: Services) -> None:
    with serve(any_services) as url:
        asyncio.run(_write_at_once(url, owner_token(any_services)))


async def _write_at_once(url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    base = f"{url}/w/default/api/2.0/mlflow"
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=60) as client:

        async def run() -> str:
            made = await client.post("runs/create", json={"experiment_id": "0", "start_time": 1})
            return str(made.json()["run"]["info"]["run_id"])

        def log(run_id: str, step: int) -> Coroutine[Any, Any, httpx.Response]:
            value = "x" if step == 5 else step  # one of them is no number
            return client.post(
                "runs/log-metric", json={"run_id": run_id, "key": "m", "value": value, "timestamp": 1, "step": step}
            )

        runs = [await run() for _ in range(4)]
        asked = [(run_id, step) for step in range(10) for run_id in runs] + [("0" * 32, 1)]
        answers = await asyncio.gather(*(log(*pair) for pair in asked))
        for (run_id, step), answer in zip(asked, answers, strict=True):
            wanted = 404 if run_id == "0" * 32 else 400 if step == 5 else 200
            assert answer.status_code == wanted, answer.text
        for run_id in runs:
            history = await client.get("metrics/get-history", params={"run_id": run_id, "metric_key": "m"})
            assert sorted(point["step"] for point in history.json()["metrics"]) == [0, 1, 2, 3, 4, 6, 7, 8, 9]
