"""The model folder of another MLflow, over its REST interface with judged addresses.

Not by MLflow's own client: it would connect to whatever address an answer names. Source of the interface: MLflow 3.17
`mlflow/protos/service.proto`, `model_registry.proto`, `mlflow_artifacts.proto`.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from studiolo.kernel.errors import Invalid
from studiolo.kernel.outbound import Incoming
from studiolo.studio.experiments import artifacts

MAX_JSON = 16 << 20
MAX_FILES = 10_000
_DEPTH = 4
Ask = Callable[[str], AbstractContextManager[Incoming]]


class Remote(NamedTuple):
    """A file of a model elsewhere. path: in the model's folder; size: as announced, 0 when it is not."""

    path: str
    url: str
    size: int


class Elsewhere:
    """An MLflow server. ask: opens a URL with its token."""

    def __init__(self, tracking_uri: str, ask: Ask) -> None:
        self._base, self._ask = tracking_uri.rstrip("/"), ask

    def files(self, address: str) -> Iterator[Remote]:
        """Yield the files of a model named `runs:/…` or `models:/…`; raises Invalid, which says what is wrong."""
        root = self._root(address)
        waiting, many = [root], 0
        while waiting:
            folder = waiting.pop()
            for item in self._listed(folder):
                name = str(item.get("path", "")).rsplit("/", 1)[-1]
                full = artifacts.clean(f"{folder}/{name}")
                many += 1
                if many > MAX_FILES:
                    raise Invalid(f"There are more than {MAX_FILES:,} files at {address}.", field="address")
                if item.get("is_dir"):
                    waiting.append(full)
                else:
                    size = str(item.get("file_size") or 0)
                    url = f"{self._base}/api/2.0/mlflow-artifacts/artifacts/{quote(full)}"
                    yield Remote(full[len(root) + 1 :], url, int(size) if size.isdecimal() else 0)
        if many == 0:
            raise Invalid(f"There are no files at {address}.", "Name the folder that log_model wrote.", field="address")

    def _root(self, address: str, depth: int = 0) -> str:
        """Return the path of an address among the artifacts that the server hands out."""
        if depth > _DEPTH:
            raise Invalid(f"{address} names another address, again and again.", field="address")
        if found := re.fullmatch(r"runs:/([\w-]+)/(.+)", address):
            return self._of_run(found[1], found[2].rstrip("/"), depth)
        if found := re.fullmatch(r"models:/(m-[\w-]+)", address):
            model = self._get("logged-models/" + quote(found[1]), {})["model"]["info"]
            return self._place(str(model["artifact_uri"]), depth)
        if found := re.fullmatch(r"models:/([^/@]+)(?:/([^/@]+)|@([\w.-]+))", address):
            version = (
                found[2]
                or self._get("registered-models/alias", {"name": found[1], "alias": found[3]})["model_version"][
                    "version"
                ]
            )
            if version.lower() == "latest":
                model = self._get("registered-models/get", {"name": found[1]})["registered_model"]
                version = str(max((int(one["version"]) for one in model.get("latest_versions", [])), default=1))
            given = {"name": found[1], "version": version}
            return self._place(str(self._get("model-versions/get-download-uri", given)["artifact_uri"]), depth)
        raise Invalid(
            f"'{address[:120]}' is no address of MLflow.", "Write runs:/RUN/path or models:/NAME/3.", field="address"
        )

    def _of_run(self, run_id: str, path: str, depth: int) -> str:
        run = self._get("runs/get", {"run_id": run_id})["run"]
        root = self._place(f"{run['info']['artifact_uri']}/{path}", depth)
        if any(str(item.get("path", "")).rsplit("/", 1)[-1] == "MLmodel" for item in self._listed(root)):
            return root
        for output in (run.get("outputs") or {}).get(
            "model_outputs"
        ) or []:  # since MLflow 3 models lie beside the runs
            info = self._get("logged-models/" + quote(str(output["model_id"])), {})["model"]["info"]
            if info.get("name") == path:
                return self._place(str(info["artifact_uri"]), depth)
        return root

    def _place(self, uri: str, depth: int) -> str:
        parts = urlsplit(uri)
        if parts.scheme in ("runs", "models"):
            return self._root(uri, depth + 1)
        marker = "/api/2.0/mlflow-artifacts/artifacts/"
        if parts.scheme == "mlflow-artifacts":
            return artifacts.clean(parts.path.strip("/"))
        if parts.scheme in ("http", "https") and uri.startswith(self._base + marker):
            return artifacts.clean(uri[len(self._base + marker) :].strip("/"))
        raise Invalid(
            f"That server keeps the files at {parts.scheme}://, and does not hand them out itself.",
            "Run studiolo models register ADDRESS --tracking-uri … on a machine that may read them.",
            field="address",
        )

    def _listed(self, folder: str) -> list[dict[str, Any]]:
        found = self._json(f"{self._base}/api/2.0/mlflow-artifacts/artifacts?{urlencode({'path': folder})}")
        listed = found.get("files", [])
        return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []

    def _get(self, what: str, query: dict[str, str]) -> Any:
        return _Answer(self._json(f"{self._base}/api/2.0/mlflow/{what}" + (f"?{urlencode(query)}" if query else "")))

    def _json(self, url: str) -> dict[str, Any]:
        with self._ask(url) as reply:
            data = b""
            for piece in reply.pieces:
                data += piece
                if len(data) > MAX_JSON:
                    raise Invalid("The server's answer is too long.", field="tracking_uri")
        try:
            found = json.loads(data)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Invalid(
                "What answers there is no MLflow server: its answer is no JSON.",
                "Write the address that MLFLOW_TRACKING_URI would have.",
                field="tracking_uri",
            )
        return found


class _Answer(dict[str, Any]):
    """An answer of a server; a key that is not there is its fault, said in words."""

    def __getitem__(self, key: str) -> Any:
        found = self.get(key)
        if found is None:
            raise Invalid(f"The server's answer has no '{key[:40]}'.", field="tracking_uri")
        return _Answer(found) if isinstance(found, dict) else found
