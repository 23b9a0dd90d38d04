"""The client of the benchmark: plain HTTP of MLflow's protocol, the same code for both servers.

It reads answers with orjson: what the client takes to read a page is no figure of the server.
"""

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from servers import Server

PIECE = 1 << 20


class Client:
    """One kept-alive connection; for one thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection = http.client.HTTPConnection(*server.address, timeout=600)
        self._headers = {"Content-Type": "application/json"}
        if server.token:
            self._headers["Authorization"] = f"Bearer {server.token}"

    def send(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send a request below `/api/2.0/`; returns the body of the answer, and stops at an error."""
        return self._ask(method, f"{self._server.root}/api/2.0/{path}", body)

    def own(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Send a request of the studio's own API."""
        return self._ask(method, f"{self._server.root}/api/{path}", body)

    def _ask(self, method: str, url: str, body: bytes | None) -> bytes:
        try:
            self._connection.request(method, url, body, self._headers)
            response = self._connection.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):  # closed while the other server had its turn
            self._connection.close()
            self._connection.request(method, url, body, self._headers)
            response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self._server.name}: {method} {url} answered {response.status} {answer[:300]!r}")
        return answer

    def post(self, path: str, **fields: Any) -> Any:
        """Send fields; returns those of the answer."""
        return orjson.loads(self.send("POST", f"mlflow/{path}", json.dumps(fields).encode()))

    def get(self, path: str, **fields: Any) -> Any:
        """Ask; returns the fields of the answer."""
        return orjson.loads(self.send("GET", f"mlflow/{path}?{urlencode(fields, doseq=True)}"))

    def upload(self, path: str, file: Path) -> None:
        """Stream a file to an artifact."""
        self._connection.close()
        with file.open("rb") as body:
            headers = {**self._headers, "Content-Length": str(file.stat().st_size)}
            url = f"{self._server.root}/api/2.0/mlflow-artifacts/artifacts/{path}"
            self._connection.request("PUT", url, body, headers)
            response = self._connection.getresponse()
            answer = response.read()
            if response.status != 200:
                raise RuntimeError(f"{self._server.name}: PUT answered {response.status} {answer[:300]!r}")

    def download(self, path: str) -> int:
        """Stream an artifact to nowhere; returns its size."""
        self._connection.close()
        self._connection.request(
            "GET", f"{self._server.root}/api/2.0/mlflow-artifacts/artifacts/{path}", headers=self._headers
        )
        response = self._connection.getresponse()
        if response.status != 200:
            raise RuntimeError(f"{self._server.name}: GET answered {response.status} {response.read()[:300]!r}")
        size = 0
        while piece := response.read(PIECE):
            size += len(piece)
        return size

    def experiment(self, name: str) -> str:
        """Make an experiment; returns its id."""
        return str(self.post("experiments/create", name=name)["experiment_id"])

    def run(self, experiment_id: str) -> str:
        """Start a run; returns its id."""
        return str(self.post("runs/create", experiment_id=experiment_id, start_time=1)["run"]["info"]["run_id"])


def batch(run_id: str, count: int, start: int, keys: int = 10) -> bytes:
    """Write a log-batch of points that were not logged before, `keys` metrics in turn."""
    metrics = [
        {
            "key": f"m{n % keys}",
            "value": (n * 7919 % 1000) / 1000,
            "timestamp": 1_700_000_000_000 + n,
            "step": n // keys,
        }
        for n in range(start, start + count)
    ]
    return json.dumps({"run_id": run_id, "metrics": metrics}).encode()
