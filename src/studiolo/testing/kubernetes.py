"""A stand-in for a Kubernetes of one node, for tests: it speaks the part of the API that jobs need, and runs pods as processes here.

It is no cluster: there is no kubelet, no image and no scheduler behind it. What it does keep of the real one: requests are signed; a body
is taken only when it fits the published models of `batch/v1` and `v1`, with no field that they do not have (as with strict validation); a
second object of a name is a conflict; what an object owns goes with it; a pod is scheduled when its requests fit, has its image from a
given list, waits for a Secret that it names, is ended by TERM, its grace and KILL, and its status has the words of the real one.
Pods see the folders of this machine, so that volumes are taken where they are mounted at their own path.
"""

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psutil  # type: ignore[import-untyped]

from studiolo.runner.kube_status import amount
from studiolo.testing.kubernetes_models import unfit

NAMESPACE, TOKEN = "training", "a-token-of-the-test"
IMAGES = ("python:3.12", "me/train:1")
_PATH = re.compile(r"/(?:api/v1|apis/batch/v1)/namespaces/([^/]+)/(jobs|pods|secrets|events)(?:/([^/]+))?")
_KINDS = {"jobs": "V1Job", "secrets": "V1Secret"}


class Cluster:
    """The state of a cluster, and its API on a port of the loopback. cores: of its node."""

    def __init__(self, folder: Path, cores: int = 16) -> None:
        self.folder, self.cores = folder, cores
        self.objects: dict[str, dict[str, dict[str, Any]]] = {
            name: {} for name in ("jobs", "pods", "secrets", "events")
        }
        self.asked: list[tuple[str, str]] = []
        self.refuses_nodes = False
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._server: ThreadingHTTPServer | None = None
        self._port = 0
        self._over = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        self.start()

    # the API, which can go and come back while pods go on

    def start(self) -> None:
        """Let the API answer."""
        if self._server is None:
            self._server = _Server(("127.0.0.1", self._port), _handler(self))
            self._port = self._server.server_port
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        """Let the API be away; what runs goes on."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def close(self) -> None:
        """End all of it."""
        self.stop()
        self._over.set()
        with self._lock:
            for name in [*self._processes]:
                self._kill(name)

    @property
    def kubeconfig(self) -> str:
        """A kubeconfig of an account that may do what the studio needs."""
        return json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "test",
                "contexts": [
                    {"name": "test", "context": {"cluster": "here", "user": "studio", "namespace": NAMESPACE}}
                ],
                "clusters": [{"name": "here", "cluster": {"server": f"http://127.0.0.1:{self._port}"}}],
                "users": [{"name": "studio", "user": {"token": TOKEN}}],
            }
        )

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, dict[str, Any]]:
        """Return status and body."""
        with self._lock:
            self.asked.append((method, path))
            if path == "/version":
                return 200, {"gitVersion": "v1.34.0", "major": "1", "minor": "34"}
            if path == "/api/v1/nodes":
                return (
                    _status(403, "Forbidden", "nodes is forbidden")
                    if self.refuses_nodes
                    else (200, {"items": [self._node()]})
                )
            match = _PATH.fullmatch(path)
            if match is None or match[1] != NAMESPACE:
                return _status(403, "Forbidden", f"User cannot {method.lower()} {path}")
            name = unquote(match[3]) if match[3] else ""
            return self._of(match[2], name, method, query, body)

    def _of(  # noqa: PLR0911 - one a verb
        self, family: str, name: str, method: str, query: dict[str, list[str]], body: Any
    ) -> tuple[int, dict[str, Any]]:
        there = self.objects[family]
        if method == "GET" and not name:
            return 200, {"items": [one for one in there.values() if _selected(one, query)], "metadata": {}}
        if method == "POST" and not name:
            return self._create(family, body)
        if name not in there:
            return _status(404, "NotFound", f'{family} "{name}" not found')
        if method == "GET":
            return 200, there[name]
        if method == "PATCH":
            changed = _merged(there[name], body)
            if wrong := unfit(changed, _KINDS[family]):
                return _status(422, "Invalid", wrong)
            there[name] = changed
            return 200, changed
        if method == "DELETE":
            wanted = ((body or {}).get("preconditions") or {}).get("uid")
            if wanted and wanted != there[name]["metadata"]["uid"]:
                return _status(409, "Conflict", "the UID in the precondition does not match")
            self._delete(family, name)
            return 200, {"kind": "Status", "status": "Success"}
        return _status(405, "MethodNotAllowed", f"{method} is not supported")

    def _create(self, family: str, body: Any) -> tuple[int, dict[str, Any]]:
        if family not in _KINDS:
            return _status(405, "MethodNotAllowed", "only jobs and secrets are made")
        if wrong := unfit(body, _KINDS[family]):
            return _status(400, "BadRequest", f"strict decoding error: {wrong}")
        name = str(body["metadata"]["name"])
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", name):
            return _status(422, "Invalid", f'"{name}" is no name of an object')
        if name in self.objects[family]:
            return _status(409, "AlreadyExists", f'{family} "{name}" already exists')
        meta = {**body["metadata"], "uid": str(uuid.uuid4()), "namespace": NAMESPACE, "creationTimestamp": _now()}
        made = self.objects[family][name] = {**body, "metadata": meta}
        if family == "jobs":
            made["status"] = {}
            self._make_pod(made)
        return 201, made

    def _make_pod(self, job: dict[str, Any]) -> None:
        template, meta = job["spec"]["template"], job["metadata"]
        name = f"{meta['name']}-{uuid.uuid4().hex[:5]}"
        owner = [
            {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"], "controller": True}
        ]
        about = {
            **template["metadata"],
            "name": name,
            "uid": str(uuid.uuid4()),
            "creationTimestamp": _now(),
            "ownerReferences": owner,
        }
        self.objects["pods"][name] = {"metadata": about, "spec": dict(template["spec"]), "status": {"phase": "Pending"}}

    def _delete(self, family: str, name: str) -> None:
        gone = self.objects[family].pop(name)
        uid = gone["metadata"]["uid"]
        for other in ("pods", "secrets"):
            for below, one in [*self.objects[other].items()]:
                if any(owner["uid"] == uid for owner in one["metadata"].get("ownerReferences") or []):
                    self._delete(other, below)
        if family == "pods":
            threading.Thread(target=self._terminate, args=(name, gone), daemon=True).start()

    # what a kubelet and the controller of jobs would do

    def _run(self) -> None:
        while not self._over.wait(0.05):
            with self._lock:
                for name, pod in [*self.objects["pods"].items()]:
                    self._keep_up(name, pod)

    def _keep_up(self, name: str, pod: dict[str, Any]) -> None:
        status = pod["status"]
        if status["phase"] == "Pending":
            self._begin(name, pod)
        process = self._processes.get(name)
        if status["phase"] != "Running" or process is None:
            return
        limit = pod["spec"].get("activeDeadlineSeconds")
        if process.poll() is None and limit and time.monotonic() - pod["begun"] > limit:
            self._kill(name)
            status |= {
                "phase": "Failed",
                "reason": "DeadlineExceeded",
                "message": "Pod was active longer than specified deadline",
            }
        elif process.poll() is not None:
            code = process.returncode if process.returncode >= 0 else 128 - process.returncode
            self.end(name, "Completed" if code == 0 else "Error", code)
        if status["phase"] in ("Failed", "Succeeded"):
            _left(pod, process)
            self._finish(pod)

    def end(self, name: str, reason: str, code: int) -> None:
        """Write down how the container of a pod ended."""
        pod = self.objects["pods"][name]
        pod["status"]["phase"] = "Succeeded" if code == 0 else "Failed"
        pod["status"]["containerStatuses"] = [
            {"name": "job", "state": {"terminated": {"exitCode": code, "reason": reason}}}
        ]

    def strike(self, name: str, of_container: str, status: dict[str, Any]) -> None:
        """Kill a pod as the kernel or the node would. of_container: the reason of its container; status: more of the pod's."""
        with self._lock:
            self._kill(name)
            self.end(name, of_container, 137)
            pod = self.objects["pods"][name]
            pod["status"] |= status
            self._finish(pod)

    def _finish(self, pod: dict[str, Any]) -> None:
        job = self.objects["jobs"].get(pod["metadata"]["labels"]["studiolo/job"])
        if job is not None:
            good = pod["status"]["phase"] == "Succeeded"
            condition = {
                "type": "Complete" if good else "Failed",
                "status": "True",
                "reason": "" if good else "BackoffLimitExceeded",
            }
            job["status"] = {"conditions": [condition]}

    def _begin(self, name: str, pod: dict[str, Any]) -> None:
        spec, status = pod["spec"], pod["status"]
        [container] = spec["containers"]
        wants = amount(container["resources"]["requests"]["cpu"])
        others = [one for one in self.objects["pods"].values() if one["status"]["phase"] == "Running"]
        taken = sum(amount(one["spec"]["containers"][0]["resources"]["requests"]["cpu"]) for one in others)
        unfitting = [f"Insufficient {key}" for key in container["resources"]["requests"] if "/" in key]
        unfitting += ["Insufficient cpu"] if wants + taken > self.cores else []
        unfitting += ["node(s) didn't match Pod's node affinity/selector"] if spec.get("nodeSelector") else []
        if unfitting:
            message = f"0/1 nodes are available: {', '.join(f'1 {said}' for said in unfitting)}."
            status["conditions"] = [
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
            ]
            return
        status["conditions"] = [{"type": "PodScheduled", "status": "True"}]
        spec["nodeName"] = "here"
        if container["image"] not in IMAGES:
            _wait(status, "ImagePullBackOff", f'Back-off pulling image "{container["image"]}"')
            return
        env = {"PATH": os.environ["PATH"], "HOME": "/root", "IMAGE_OF_POD": container["image"]}
        for one in container.get("env") or []:
            reference = one["valueFrom"]["secretKeyRef"]
            secret = self.objects["secrets"].get(reference["name"])
            if secret is None:
                _wait(status, "CreateContainerConfigError", f'secret "{reference["name"]}" not found')
                return
            env[one["name"]] = base64.b64decode(secret["data"][reference["key"]]).decode()
        env["STUDIOLO_TEST_POD"] = name
        with (self.folder / "pods.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                container["command"],
                env=env,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        pod["begun"] = time.monotonic()
        status |= {
            "phase": "Running",
            "containerStatuses": [{"name": "job", "state": {"running": {"startedAt": _now()}}}],
        }

    def _terminate(self, name: str, pod: dict[str, Any]) -> None:
        process = self._processes.get(name)
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(pod["spec"]["terminationGracePeriodSeconds"])
        with self._lock:
            self._kill(name)

    def _kill(self, name: str) -> None:
        """End all of a pod at once: its first process takes the others along."""
        process = self._processes.pop(name, None)
        if process is None:
            return
        below = _below(process.pid)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        for one in below:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait(10)

    def _node(self) -> dict[str, Any]:
        has = {"cpu": str(self.cores), "memory": "8388608Ki", "nvidia.com/gpu": "0"}
        return {
            "metadata": {"name": "here", "labels": {"node.kubernetes.io/instance-type": "this-machine"}},
            "spec": {},
            "status": {"allocatable": has, "conditions": [{"type": "Ready", "status": "True"}]},
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def _handler(cluster: Cluster) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(size)
            parts = urlsplit(self.path)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, found = _status(401, "Unauthorized", "Unauthorized")
            else:
                body = json.loads(text) if text else None
                status, found = cluster.answer(self.command, parts.path, parse_qs(parts.query), body)
            data = json.dumps({key: value for key, value in found.items() if key != "begun"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = do_PATCH = _do  # noqa: N815 - names of the standard library

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _status(code: int, reason: str, message: str) -> tuple[int, dict[str, Any]]:
    return code, {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": message,
        "code": code,
    }


def _selected(one: dict[str, Any], query: dict[str, list[str]]) -> bool:
    labels = one["metadata"].get("labels") or {}
    words = [word for text in query.get("labelSelector", []) for word in text.split(",")]
    return all(labels.get(word.partition("=")[0]) == word.partition("=")[2] for word in words)


def _merged(old: Any, change: Any) -> Any:
    if not isinstance(old, dict) or not isinstance(change, dict):
        return change
    kept = {key: value for key, value in old.items() if not (key in change and change[key] is None)}
    return kept | {key: _merged(old.get(key), value) for key, value in change.items() if value is not None}


def _wait(status: dict[str, Any], reason: str, message: str) -> None:
    status["containerStatuses"] = [{"name": "job", "state": {"waiting": {"reason": reason, "message": message}}}]


def _below(pid: int) -> list[Any]:
    with contextlib.suppress(psutil.NoSuchProcess):
        found: list[Any] = psutil.Process(pid).children(recursive=True)
        return found
    return []


def _left(pod: dict[str, Any], process: "subprocess.Popen[bytes]") -> None:
    """Kill what is left of a pod whose first process has ended."""
    name = pod["metadata"]["name"]
    for one in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            if one.pid != process.pid and one.environ().get("STUDIOLO_TEST_POD") == name:
                one.kill()


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
