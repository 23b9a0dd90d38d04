"""The short way of MLflow's protocol, on a real connection."""

import asyncio
import json
import socket
import time
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from studiolo.kernel.auth.request import Services
from studiolo.kernel.mlflow import shortcut
from studiolo.server.protocol import Protocol
from studiolo.testing.client import owner_token
from studiolo.testing.server import serve


def test_a_small_answer_is_one_packet(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortcut, "answer", None)  # what is at hand needs no task of the loop
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


def _asked(services: Services, path: str, body: bytes = b"", *more: str, method: str = "POST") -> bytes:
    lines = [f"{method} /w/default/api/2.0/mlflow{path} HTTP/1.1", "Host: x"]
    lines += [f"Authorization: Bearer {owner_token(services)}", *more]
    if not any(line.lower().startswith(("transfer-", "content-length")) for line in more):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _answers(connection: socket.socket, many: int) -> list[tuple[bytes, bytes]]:
    """Read some answers: of each the first line and headers, and the body."""
    found: list[tuple[bytes, bytes]] = []
    with connection.makefile("rb") as stream:
        for _ in range(many):
            head = b"".join(iter(stream.readline, b"\r\n"))
            size = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            found.append((head, stream.read(int(size.split(b":")[1]))))
    return found


def test_a_body_may_come_in_pieces_and_by_every_way_that_http_has(services: Services) -> None:
    with serve(services) as url:
        address = urlsplit(url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            whole = _asked(services, "/experiments/create", b'{"name":"pieces"}')
            head, _, body = whole.partition(b"\r\n\r\n")
            for piece in (head[:20], head[20:] + b"\r\n\r\n", body[:4], body[4:]):
                connection.sendall(piece)
            assert b"experiment_id" in _answers(connection, 1)[0][1]
            chunked = _asked(services, "/experiments/create", b"", "Transfer-Encoding: chunked")
            connection.sendall(chunked + b'10\r\n{"name":"chunks"\r\n1\r\n}\r\n0\r\n\r\n')
            assert b"experiment_id" in _answers(connection, 1)[0][1]
            waits = _asked(services, "/experiments/create", b'{"name":"waits"}', "Expect: 100-continue")
            connection.sendall(waits)
            assert connection.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
            assert b"experiment_id" in _answers(connection, 1)[0][1]
            connection.sendall(_asked(services, "/experiments/create", b'{"name":"' + b"x" * (2 << 20) + b'"}'))
            assert b"exceeds the maximum length" in _answers(connection, 1)[0][1]


def test_requests_that_do_not_wait_for_answers_get_them_in_order(services: Services) -> None:
    with serve(services) as url:
        address = urlsplit(url)
        wanted = [
            _asked(services, "/experiments/create", b'{"name":"first"}'),
            _asked(services, "/nothing/here", method="GET"),  # the framework's
            _asked(services, "/experiments/get-by-name?experiment_name=first", method="GET"),
            _asked(services, "/experiments/create", b'{"name":"first"}', "Connection: close"),
        ]
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(b"".join(wanted))
            found = _answers(connection, 4)
            assert [head.split()[1] for head, _ in found] == [b"200", b"404", b"200", b"400"]
            assert json.loads(found[2][1])["experiment"]["name"] == "first"
            assert b"connection: close" in found[3][0]
            assert connection.recv(1) == b""


def test_of_who_does_not_wait_for_answers_no_more_is_read(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Protocol] = []
    began = Protocol.connection_made

    def begin(self: Protocol, transport: asyncio.Transport) -> None:
        seen.append(self)
        began(self, transport)

    monkeypatch.setattr(Protocol, "connection_made", begin)
    monkeypatch.setattr(shortcut, "begin", lambda *_: None)  # the first is never answered
    with serve(services) as url:
        address = urlsplit(url)
        second = _asked(services, "/experiments/create", b'{"name":"second"}')
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(_asked(services, "/experiments/create", b'{"name":"first"}') + second[:-3])
            deadline = time.monotonic() + 30
            while not (seen and seen[0].pipeline and seen[0].cycle.body == b'{"name":"secon'):
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert seen[0].flow.read_paused


def test_one_who_goes_away_keeps_nobody_from_being_served(services: Services) -> None:
    with serve(services) as url:
        address = urlsplit(url)
        for cut in (1, 0):  # before its body is whole, and before its answer
            with socket.create_connection((address.hostname, address.port)) as connection:
                request = _asked(services, "/experiments/create", b'{"name":"gone"}')
                connection.sendall(request[: len(request) - cut])
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(_asked(services, "/experiments/search?max_results=9", method="GET"))
            assert _answers(connection, 1)[0][0].startswith(b"HTTP/1.1 200")


def test_short_files_are_stored_whole_or_not_at_all(services: Services) -> None:
    with serve(services) as url:
        address = urlsplit(url)

        def put(size: int, body: bytes) -> bytes:
            path = "/w/default/api/2.0/mlflow-artifacts/artifacts/notes/a.txt"
            lines = [f"PUT {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {owner_token(services)}"]
            return "\r\n".join([*lines, f"Content-Length: {size}", "", ""]).encode() + body

        listed = _asked(services, "-artifacts/artifacts?path=notes", method="GET")
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(put(10, b"half"))
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(listed)
            assert json.loads(_answers(connection, 1)[0][1]) == {}
            connection.sendall(put(5, b"whole") + listed)
            answers = _answers(connection, 2)
            assert json.loads(answers[1][1])["files"] == [{"path": "a.txt", "is_dir": False, "file_size": 5}]
