"""A stand-in for a Databricks workspace, for tests: the part of the REST API that jobs need, with scripts run as processes here.

It is no Databricks, and nothing here was recorded from one: its answers have the shapes of the published reference of the REST API
("Create and trigger a one-time run", "Get a single job run", "Get the output for a single run", "Cancel a run", "Import a workspace
object", "Create a directory", "Delete a workspace object", "Get cluster info", "List availble node types", "List all available Spark
versions"). What it keeps of the real one: a request needs the token; a body is taken only with fields that the reference knows; a
second submission under an idempotency token is the run that is there; folders must be there before files; a run is pending before it
runs; output is there when the run is over; canceling ends it; errors are `{"error_code": …, "message": …}`.
"""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN, USER, CLUSTER = "dapi-of-the-test", "ada@example.org", "1129-120000-abcd123"
SPARK, NODE = "16.4.x-scala2.12", "Standard_DS3_v2"
_NODES = {"node_types": [{"node_type_id": NODE, "memory_mb": 14336, "num_cores": 4.0}]}
_SUBMIT = {"run_name", "tasks", "timeout_seconds", "idempotency_token"}
_TASK = {"task_key", "existing_cluster_id", "new_cluster", "spark_python_task", "spark_jar_task", "libraries"}
_CLUSTER = {"spark_version", "node_type_id", "num_workers", "spark_conf", "custom_tags"}


class Problem(Exception):
    """An answer that is no 200."""

    def __init__(self, status: int, code: str, said: str, **headers: str) -> None:
        super().__init__(said)
        self.status, self.code, self.headers = status, code, headers


class Databricks:
    """A workspace on a port of the loopback. asked: verb and path of each request, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.runs: dict[int, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.bodies: list[dict[str, Any]] = []  # of submissions
        self.problems: dict[str, list[Problem]] = {}  # by path: what the next requests are answered
        self.ends: dict[str, Any] = {}  # what a run ends as, whatever its script did
        self.holds: set[str] = set()  # paths whose requests are carried out and never answered
        self.pending = False  # runs wait for their cluster
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        """End all of it."""
        self._server.shutdown()
        self._server.server_close()
        for process in self._processes.values():
            _kill(process)

    def path(self, name: str) -> Path:
        """Return where a path of the workspace is here."""
        return self.folder / name.lstrip("/")

    def let_in(self, given: str | None) -> None:
        """Refuse who has not the token; raises Problem."""
        if given != f"Bearer {TOKEN}":
            raise Problem(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.")

    def answer(self, verb: str, path: str, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        """Carry out a request; raises Problem."""
        with self._lock:
            self.asked.append(f"{verb} {path}")
            if waiting := self.problems.get(path):
                raise waiting.pop(0)
            known: dict[str, Callable[[], dict[str, Any] | None]] = {
                "GET /api/2.0/preview/scim/v2/Me": lambda: {"id": "1", "userName": USER, "active": True},
                "GET /api/2.1/clusters/get": lambda: self._cluster(query),
                "GET /api/2.1/clusters/list-node-types": lambda: _NODES,
                "GET /api/2.1/clusters/spark-versions": lambda: {"versions": [{"key": SPARK, "name": "16.4 LTS"}]},
                "POST /api/2.0/workspace/mkdirs": lambda: self.path(body["path"]).mkdir(parents=True, exist_ok=True),
                "POST /api/2.0/workspace/import": lambda: self._import(body),
                "POST /api/2.0/workspace/delete": lambda: self._delete(body),
                "POST /api/2.2/jobs/runs/submit": lambda: self._submit(body),
                "GET /api/2.2/jobs/runs/get": lambda: self._seen(self._run(query)),
                "GET /api/2.2/jobs/runs/get-output": lambda: self._output(query),
                "POST /api/2.2/jobs/runs/cancel": lambda: self._cancel(body),
            }
            if f"{verb} {path}" not in known:
                raise Problem(404, "ENDPOINT_NOT_FOUND", f"No API found for '{verb} {path}'")
            found: dict[str, Any] = known[f"{verb} {path}"]() or {}
            return found

    def _cluster(self, query: dict[str, str]) -> dict[str, Any]:
        if query["cluster_id"] != CLUSTER:
            raise Problem(400, "INVALID_PARAMETER_VALUE", f"Cluster {query['cluster_id']} does not exist")
        sizes = {"cluster_cores": 8.0, "cluster_memory_mb": 28672, "num_workers": 1}
        return {"cluster_id": CLUSTER, "spark_version": SPARK, "node_type_id": NODE, "state": "RUNNING", **sizes}

    def _delete(self, body: dict[str, Any]) -> None:
        if not body["path"].startswith("/Workspace/"):
            raise Problem(400, "INVALID_PARAMETER_VALUE", f"Path ({body['path']}) must be absolute.")
        if not self.path(body["path"]).exists():
            raise Problem(404, "RESOURCE_DOES_NOT_EXIST", f"Path ({body['path']}) doesn't exist.")
        shutil.rmtree(self.path(body["path"]))

    def _cancel(self, body: dict[str, Any]) -> None:
        run = self._run(body)
        self._seen(run)
        if "end" not in run:
            run["canceled"] = True
            _kill(self._processes.get(run["run_id"]))

    def _import(self, body: dict[str, Any]) -> None:
        path = self.path(body["path"])
        if not path.parent.is_dir():
            raise Problem(404, "RESOURCE_DOES_NOT_EXIST", f"The parent folder ({Path(body['path']).parent}) does not exist.")  # fmt: skip
        if path.exists() and not body.get("overwrite"):
            raise Problem(400, "RESOURCE_ALREADY_EXISTS", f"Path ({body['path']}) already exists.")
        if body["format"] != "AUTO":
            raise Problem(400, "INVALID_PARAMETER_VALUE", "Only AUTO makes files")
        path.write_bytes(base64.b64decode(body["content"], validate=True))

    def _submit(self, body: dict[str, Any]) -> dict[str, Any]:
        self.bodies.append(body)
        for run in self.runs.values():
            if run["token"] == body["idempotency_token"]:
                return {"run_id": run["run_id"]}
        [task] = body["tasks"]
        for given, known in ((body, _SUBMIT), (task, _TASK), (task.get("new_cluster", {}), _CLUSTER)):
            if unknown := given.keys() - known:
                raise Problem(400, "INVALID_PARAMETER_VALUE", f"Unknown field {min(unknown)}")
        if ("existing_cluster_id" in task) == ("new_cluster" in task) or len(body["idempotency_token"]) > 64:
            raise Problem(400, "INVALID_PARAMETER_VALUE", "Exactly one of existing_cluster_id or new_cluster")
        number = 455644833 + 2 * len(self.runs)
        self.runs[number] = {"run_id": number, "token": body["idempotency_token"], "task": task}
        return {"run_id": number}

    def _begin(self, run: dict[str, Any]) -> None:
        task = run["task"]["spark_python_task"]
        script, own = self.path(task["python_file"]), [str(self.path(name)) for name in task["parameters"]]
        with (self.folder / f"{run['run_id']}.log").open("wb") as log:
            words = [sys.executable, str(script), *own]
            self._processes[run["run_id"]] = subprocess.Popen(
                words, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )

    def _run(self, given: dict[str, Any]) -> dict[str, Any]:
        number = int(given["run_id"])
        found = self.runs.get(number) or self.runs.get(number - 1)  # a task's run has a number of its own
        if found is None:
            raise Problem(400, "INVALID_PARAMETER_VALUE", f"Run {number} does not exist.")
        return found

    def _seen(self, run: dict[str, Any]) -> dict[str, Any]:
        """Return a run as it is told, going on by one state each time it is looked at."""
        number, process = run["run_id"], self._processes.get(run["run_id"])
        if run.get("canceled"):
            run["end"] = {"life_cycle_state": "TERMINATED", "result_state": "CANCELED", "state_message": "Run cancelled."}  # fmt: skip
        elif process is None and not self.pending and run.pop("seen", False):
            if self.ends or "spark_jar_task" in run["task"]:
                run["end"] = self.ends or {"life_cycle_state": "TERMINATED", "result_state": "SUCCESS", "state_message": ""}  # fmt: skip
            else:
                self._begin(run)
        elif process is not None and process.poll() is not None and "end" not in run:
            word = "FAILED" if process.returncode else "SUCCESS"
            said = "Workload failed, see run output for details" if process.returncode else ""
            run["end"] = {"life_cycle_state": "TERMINATED", "result_state": word, "state_message": said}
        run["seen"] = True
        message = {"state_message": "Waiting for cluster"} if number not in self._processes else {}
        now = "RUNNING" if number in self._processes else "PENDING"
        state = run.get("end") or {"life_cycle_state": now, **message}
        told = {
            "run_id": number,
            "job_id": 11223344,
            "state": state,
            "run_page_url": f"https://example.org/run/{number}",
        }
        told |= {"start_time": 1625060460483, "end_time": 1625060863413 if "end" in run else 0, "run_duration": 402930}
        return {**told, "tasks": [{"run_id": number + 1, "task_key": "main", "state": state}]}

    def _output(self, query: dict[str, str]) -> dict[str, Any]:
        run = self._run(query)
        if int(query["run_id"]) == run["run_id"]:
            raise Problem(400, "INVALID_PARAMETER_VALUE", "Retrieving the output of runs with multiple tasks is not supported.")  # fmt: skip
        log = self.folder / f"{run['run_id']}.log"
        found: dict[str, Any] = {"metadata": {"run_id": run["run_id"] + 1}}
        if log.exists():
            found |= {"logs": log.read_text("utf-8"), "logs_truncated": False}
            if run["end"]["result_state"] == "FAILED":
                last = log.read_text("utf-8").strip().splitlines()[-1]
                found |= {"error": last, "error_trace": f"at the end: {last}"}
        return found


def _kill(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _handler(workspace: Databricks) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else {}
            try:
                workspace.let_in(self.headers.get("Authorization"))
                found = workspace.answer(self.command, parts.path, dict(parse_qsl(parts.query)), body)
            except Problem as problem:
                told = {"error_code": problem.code, "message": str(problem)}
                self._send(problem.status, told, problem.headers)
            else:
                if parts.path in workspace.holds:
                    self.close_connection = True  # as a line that is cut after the request was carried out
                    return
                self._send(200, found, {})

        def _send(self, status: int, told: dict[str, Any], headers: dict[str, str]) -> None:
            data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _do  # noqa: N815 - the names that http.server asks for

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - of http.server
            """Say nothing."""

    return Handler
