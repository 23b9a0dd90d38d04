"""The SDK part of models."""

import tempfile
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from studiolo.kernel.errors import Conflict, Remote
from studiolo.kernel.http import Transport
from studiolo.studio.models.errors import NotScanned
from studiolo.studio.models.schemas import Model, ModelVersion, Scan

ModelList = list[Model]
VersionList = list[ModelVersion]


def split(reference: str) -> tuple[str, str]:
    """Split `name`, `name:3` or `name@champion`; without a version it is the latest.

    >>> split("titanic:3"), split("titanic@champion"), split("titanic")
    (('titanic', '3'), ('titanic', 'champion'), ('titanic', 'latest'))
    """
    for sign in ":@":
        name, found, version = reference.partition(sign)
        if found:
            return name, version
    return reference, "latest"


class Models:
    """The registry of a workspace. A model is named `titanic`, a version `titanic:3` or `titanic@champion`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, search: str = "", limit: int = 1000) -> ModelList:
        """Return models by name."""
        found = self._transport.get("models", search=search or None, limit=limit)
        return [Model.model_validate(item) for item in found["items"]]

    def get(self, name: str) -> Model:
        """Return a model with its newest version."""
        return Model.model_validate(self._transport.get(_path(name)))

    def versions(self, name: str) -> VersionList:
        """Return the versions of a model, newest first."""
        return [ModelVersion.model_validate(item) for item in self._transport.get(f"{_path(name)}/versions")]

    def version(self, reference: str) -> ModelVersion:
        """Return a version."""
        return ModelVersion.model_validate(self._transport.get(_version_path(reference)))

    def register(self, name: str, run_id: str, path: str = "model", **more: Any) -> ModelVersion:
        """Register what a run logged at `path` as the next version; the same again is the same version."""
        body = {"run_id": run_id, "path": path, **more}
        return ModelVersion.model_validate(self._transport.post(f"{_path(name)}/versions", json=body))

    def scan(self, reference: str, *, again: bool = False) -> Scan:
        """Return what loading a version would import and run; again: look now, also when that was done before.

        Nothing is loaded. Looks now when nobody has looked yet.
        """
        path = f"{_version_path(reference)}/scan"
        if not again:
            try:
                return Scan.model_validate(self._transport.get(path))
            except Remote as error:
                if error.remote_code != NotScanned.code:
                    raise
        return Scan.model_validate(self._transport.post(path))

    def set_alias(self, name: str, alias: str, version: int) -> Model:
        """Let an alias name a version."""
        answer = self._transport.put(f"{_path(name)}/aliases/{quote(alias, safe='')}", json={"version": version})
        return Model.model_validate(answer)

    def delete(self, reference: str) -> None:
        """Delete a version, or a model with all versions when none is named."""
        name, version = split(reference)
        self._transport.delete(_path(name) if version == "latest" else f"{_path(name)}/versions/{version}")

    def download(self, reference: str, target: str | Path) -> Path:
        """Fetch a version into a new or empty folder, ready for `mlflow.pyfunc.load_model`; returns the folder."""
        folder = Path(target)
        if folder.exists() and any(folder.iterdir()):
            raise Conflict(f"The folder {folder} is not empty.", "Name a new folder.", field="target")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".download-") as place:
            archive = self.download_zip(reference, Path(place) / "model.zip")
            unpacked = Path(place) / "model"
            with zipfile.ZipFile(archive) as content:
                content.extractall(unpacked)  # never leaves the folder: extract drops drives, roots and '..'
            if folder.exists():
                folder.rmdir()
            unpacked.rename(folder)
        return folder

    def download_zip(self, reference: str, target: str | Path) -> Path:
        """Fetch a version as a zip file."""
        return self._transport.download(f"{_version_path(reference)}/download", Path(target))

    def load_uri(self, reference: str) -> str:
        """Return what to give `mlflow.pyfunc.load_model` once MLFLOW_TRACKING_URI points at the studio."""
        name, version = split(reference)
        return (
            f"models:/{name}/{version}" if version.isdecimal() or version == "latest" else f"models:/{name}@{version}"
        )


def _path(name: str) -> str:
    return f"models/{quote(name, safe='')}"


def _version_path(reference: str) -> str:
    name, version = split(reference)
    return f"{_path(name)}/versions/{quote(version, safe='')}"
