"""Reads a tracking server over HTTP by MLflow's REST protocol, of any version since 1.0."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import httpx

from studiolo.studio.experiments.importing import server_shapes as shapes
from studiolo.studio.experiments.importing import server_traces
from studiolo.studio.experiments.importing.errors import BadSource
from studiolo.studio.experiments.importing.found_traces import FoundTrace
from studiolo.studio.experiments.importing.places import Places, files_below, local_path
from studiolo.studio.experiments.importing.source import (
    FoundExperiment,
    FoundFile,
    FoundModel,
    FoundRegistered,
    FoundRun,
    Leftover,
    Listed,
    stamp,
)
from studiolo.studio.experiments.importing.wire import Points

_WAIT = httpx.Timeout(60.0, connect=10.0, read=300.0)
_ABSENT = {404, 405, 501}  # what an older server answers to a newer question
_THREADS = 8
_PAGE = 1000
_PROMPTS = "tags.`mlflow.prompt.is_prompt` = 'true'"


class Server:
    """A tracking server."""

    def __init__(
        self, url: str, artifacts: Path | None = None, token: str | None = None, client: httpx.Client | None = None
    ) -> None:
        parts = urlsplit(url.rstrip("/"))
        place = parts.netloc.rpartition("@")[2]
        self.label = urlunsplit((parts.scheme, place, parts.path, "", ""))
        self.identity = f"server:{self.label}"
        auth = (parts.username, parts.password or "") if parts.username else None
        headers = {"Authorization": f"Bearer {token}"} if token and not auth else {}
        self._client = client or httpx.Client(timeout=_WAIT, auth=auth, headers=headers, follow_redirects=True)
        self._root = self.label if client is None else parts.path.rstrip("/")
        self._pool = ThreadPoolExecutor(_THREADS, "mlflow")
        self._places = Places(artifacts, [])
        self._seen: dict[str, dict[str, Any]] = {}

    def close(self) -> None:
        """Close connections."""
        self._pool.shutdown(cancel_futures=True)
        self._client.close()

    def experiments(self) -> list[FoundExperiment]:
        """Return all experiments."""
        asked = {"view_type": "ALL", "max_results": _PAGE}
        found = self._pages("POST", "experiments/search", asked, "experiments")
        if found is None:  # before MLflow 1.28
            found = self._pages("GET", "experiments/list", asked, "experiments") or []
        return [shapes.experiment(item) for item in found]

    def runs(self, experiment: str) -> list[Listed]:
        """List the runs of an experiment by all that a search tells of them."""
        body = {"experiment_ids": [experiment], "run_view_type": "ALL", "max_results": _PAGE}
        found = []
        for run in self._pages("POST", "runs/search", body, "runs") or []:
            run_id = shapes.run_id(run)
            self._seen[run_id] = run
            found.append(Listed(run_id, stamp(run), int(run["info"].get("start_time", 0))))
        return found

    def read_runs(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundRun]:
        """Read runs in full: the histories of several at once."""
        yield from self._pool.map(lambda run_id: self._run(experiment, self._seen.pop(run_id)), ids)

    def _run(self, experiment: str, run: dict[str, Any]) -> FoundRun:
        found = FoundRun(shapes.run(experiment, run))
        run_id = found.run.source_id
        for metric in run.get("data", {}).get("metrics", []):
            asked = {"run_id": run_id, "run_uuid": run_id, "metric_key": metric["key"], "max_results": 25_000}
            history = self._pages("GET", "metrics/get-history", asked, "metrics") or []
            points = Points(metric["key"], [], [], [])
            for point in history:
                points.steps.append(int(point.get("step", 0)))
                points.timestamps.append(int(point["timestamp"]))
                points.values.append(float(point.get("value", 0.0)))
            found.run.metrics.append(points)
        found.files, found.lost = self._files(run["info"].get("artifact_uri", ""))
        return found

    def models(self, experiment: str) -> list[Listed]:
        """List the logged models of an experiment; servers before MLflow 3 have none."""
        body = {"experiment_ids": [experiment], "max_results": 50}
        found = []
        for model in self._pages("POST", "logged-models/search", body, "models") or []:
            model_id = model["info"]["model_id"]
            self._seen[model_id] = model
            found.append(Listed(model_id, stamp(model), int(model["info"].get("creation_timestamp_ms", 0))))
        return found

    def read_models(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundModel]:
        """Read logged models in full."""
        for model_id in ids:
            model = self._seen.pop(model_id)
            files, lost = self._files(model["info"].get("artifact_uri", ""))
            yield FoundModel(shapes.model(experiment, model), files, lost)

    def traces(self, experiment: str) -> list[Listed]:
        """List the traces of an experiment; servers before MLflow 2.14 have none."""
        place = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
        asked = {"locations": [place], "max_results": 500}
        items = self._pages("POST", "traces/search", asked, "traces", version="3.0")
        if items is None:  # before MLflow 3
            items = self._pages("GET", "traces", {"experiment_ids": experiment, "max_results": 100}, "traces")
        self._seen |= {server_traces.trace_id(item): item for item in items or []}
        return [Listed(server_traces.trace_id(item), stamp(item), server_traces.started(item)) for item in items or []]

    def read_traces(self, experiment: str, ids: Sequence[str]) -> Iterator[FoundTrace]:
        """Read traces in full: the spans of several at once."""
        for trace_id, content in zip(ids, self._pool.map(self._spans, ids), strict=True):
            yield server_traces.trace(experiment, self._seen.pop(trace_id), content)

    def _spans(self, trace_id: str) -> bytes | None:
        try:
            return b"".join(self.read(FoundFile("", None, server_traces.ADDRESS + trace_id)))
        except BadSource:
            asked = {"trace_id": trace_id, "allow_partial": "true"}
            reply = self._call("GET", "traces/get", asked, version="3.0")
            return json.dumps(reply["trace"]).encode() if reply else None

    def registered(self) -> Iterator[FoundRegistered]:
        """Read the registry, prompts too."""
        models = self._pages("GET", "registered-models/search", {"max_results": 100}, "registered_models") or []
        prompts = {"max_results": 100, "filter": _PROMPTS}
        found = self._pages("GET", "registered-models/search", prompts, "registered_models") or []
        named = {item["name"] for item in found}
        for model in {item["name"]: item for item in (*models, *found)}.values():
            name = model["name"].replace("'", "\\'")
            # a server shows the versions of a prompt only to those who ask for prompts
            filters = f"name='{name}'" + (f" AND {_PROMPTS}" if model["name"] in named else "")
            asked: dict[str, Any] = {"filter": filters, "max_results": _PAGE}
            versions = self._pages("GET", "model-versions/search", asked, "model_versions") or []
            yield shapes.registered(model, versions)

    def leftovers(self) -> list[Leftover]:
        """Of what else there is a server tells nothing."""
        return []

    def _files(self, uri: str) -> tuple[list[FoundFile], list[str]]:
        folder = self._places.folder(uri)
        if folder is not None:
            return list(files_below(folder)), []
        if uri.startswith("mlflow-artifacts:"):
            root = urlsplit(uri).path.strip("/")
            return list(self._listed(root, "")), []
        if not uri or (local_path(uri) is not None and self._places.reachable(uri)):
            return [], []
        return [], [
            f"its files are at {uri}, which neither the server nor this machine hands out: give them by --artifacts"
        ]

    def _listed(self, root: str, below: str) -> Iterator[FoundFile]:
        path = f"{root}/{below}" if below else root
        reply = self._call("GET", "mlflow-artifacts/artifacts", {"path": path}, prefix="") or {}
        for item in reply.get("files", []):
            inner = f"{below}/{item['path']}" if below else item["path"]
            if item.get("is_dir"):
                yield from self._listed(root, inner)
            else:
                yield FoundFile(inner, None, f"{root}/{inner}")

    def read(self, file: FoundFile) -> Iterator[bytes]:
        """Fetch a file through the server."""
        address = f"{self._root}/api/2.0/mlflow-artifacts/artifacts/{quote(file.address)}"
        if file.address.startswith(server_traces.ADDRESS):
            wanted = quote(file.address.removeprefix(server_traces.ADDRESS))
            address = f"{self._root}/ajax-api/2.0/mlflow/get-trace-artifact?request_id={wanted}"
        with self._client.stream("GET", address) as reply:
            if reply.status_code >= 400:
                raise BadSource(f"the server answers {reply.status_code} for '{file.path}'.")
            yield from reply.iter_bytes()

    def _pages(
        self, method: str, path: str, asked: dict[str, Any], field: str, version: str = "2.0"
    ) -> list[dict[str, Any]] | None:
        """Return all pages of a list, None when the server does not know the question."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            page = self._call(method, path, {**asked, **({"page_token": token} if token else {})}, version=version)
            if page is None:
                return None
            found += page.get(field, [])
            following = page.get("next_page_token", "")
            if not following or following == token:
                return found
            token = following

    def _call(
        self, method: str, path: str, asked: dict[str, Any], *, prefix: str = "mlflow/", version: str = "2.0"
    ) -> dict[str, Any] | None:
        address = f"{self._root}/api/{version}/{prefix}{path}"
        try:
            if method == "GET":
                reply = self._client.get(address, params=asked)
            else:
                reply = self._client.request(method, address, json=asked)
        except httpx.HTTPError as error:
            raise BadSource(f"{self.label} does not answer: {error}.", "Check the address.", field="source") from None
        if reply.status_code in _ABSENT:
            return None
        if reply.status_code in (401, 403):
            raise BadSource(f"{self.label} wants to know who asks.", "Give a token: --token.", field="token")
        if reply.status_code >= 400:
            text = reply.text[:300]
            raise BadSource(f"{self.label} answers {reply.status_code} to {path}: {text}", field="source")
        try:
            page = reply.json()
        except ValueError:
            page = None
        if not isinstance(page, dict):
            raise BadSource(f"What answers at {self.label} is no MLflow.", "Check the address.", field="source")
        return page
