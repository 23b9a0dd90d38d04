"""The SDK part of models."""

import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from studiolo.kernel.errors import Conflict, Remote
from studiolo.kernel.http import Transport
from studiolo.studio.models import sources
from studiolo.studio.models.errors import FetchFailed, NotScanned
from studiolo.studio.models.names import split
from studiolo.studio.models.schemas import (
    BinContents,
    Example,
    Fetch,
    Model,
    ModelFile,
    ModelVersion,
    Scan,
    VersionComparison,
)

ModelList = list[Model]
FileList = list[ModelFile]
Rows = list[dict[str, Any]]
Through = Callable[[Iterable[bytes]], Iterable[bytes]]
VersionList = list[ModelVersion]


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

    def register(
        self,
        name: str,
        run_id: str | None = None,
        path: str = "model",
        *,
        source: str | Path | None = None,
        kind: str = "auto",
        description: str = "",
        requirements: Sequence[str] = (),
        example: str | Path | Rows | None = None,
        tracking_uri: str | None = None,
        through: Through | None = None,
        **more: Any,
    ) -> ModelVersion:
        """Register the next version of a model; the same again is the same version.

        Either what run `run_id` logged at `path`, or a `source`: an ONNX, LightGBM, XGBoost, CatBoost, skops, pickle or joblib
        file, a folder with an MLmodel file or such a folder as zip or tar, an http(s) address of one, `runs:/…` and `models:/…`
        of this studio, or of the MLflow server that `tracking_uri` names. Nothing is loaded on the way.
        requirements, example: of a single file: lines of pip's; rows as objects, or a JSON file of them, for the signature.
        through: is given the pieces on their way, e.g. to draw a progress bar.
        """
        about = {"description": description, **more}
        if source is None:
            body = {"run_id": run_id, "path": path, **about}
            return ModelVersion.model_validate(self._transport.post(f"{_path(name)}/versions", json=body))
        if sources.OURS.match(str(source)) and tracking_uri is None:
            body = {"source": str(source), **about}
            return ModelVersion.model_validate(self._transport.post(f"{_path(name)}/versions", json=body))
        with sources.ready(source, tracking_uri) as file:
            sent: Iterable[bytes] = sources.pieces(file.path)
            answer = self._transport.upload(
                "POST",
                f"{_path(name)}/uploads",
                through(sent) if through else sent,
                size=file.path.stat().st_size,
                filename=file.filename[:255],
                source=file.source[:1000],
                kind=kind,
                description=description or None,
                requirements="\n".join(requirements) or None,
                example=sources.rows_of(example) or None,
            )
        return ModelVersion.model_validate(answer)

    def register_from(
        self,
        address: str,
        name: str,
        *,
        tracking_uri: str = "",
        token: str = "",
        kind: str = "auto",
        description: str = "",
        requirements: Sequence[str] = (),
        example: str | Path | Rows | None = None,
        progress: Callable[[Fetch], None] | None = None,
    ) -> ModelVersion:
        """Let the studio fetch a model and register it; waits for the end, and stops the fetch when interrupted.

        address: `https://…` of a model file, or `runs:/…`, `models:/…` of the MLflow server at `tracking_uri`. token: of that
        server, or `user:password`. progress: is given each state. Raises FetchFailed, which says why.
        """
        body = {
            "address": address,
            "tracking_uri": tracking_uri,
            "token": token,
            "kind": kind,
            "description": description,
            "requirements": "\n".join(requirements),
            "example": sources.rows_of(example),
        }
        found = Fetch.model_validate(self._transport.post(f"{_path(name)}/fetches", json=body))
        path = f"{_path(name)}/fetches/{found.run_id}"
        try:
            while found.state in ("queued", "running"):
                time.sleep(0.3)
                found = Fetch.model_validate(self._transport.get(path))
                if progress:
                    progress(found)
        except KeyboardInterrupt:
            self._transport.delete(path)
            raise
        if found.version is None:
            raise FetchFailed(found.error, found.hint, field=found.field or "")
        return self.version(f"{name}:{found.version}")

    def compare(self, *references: str) -> VersionComparison:
        """Compare 2 to 10 versions, such as `titanic:1`, `titanic@champion`; the first is the baseline."""
        found = self._transport.get(f"{_path(split(references[0])[0])}/compare", v=[_full(it) for it in references])
        return VersionComparison.model_validate(found)

    def example(self, reference: str) -> Example:
        """Return the input example that a version brought."""
        return Example.model_validate(self._transport.get(f"{_version_path(reference)}/example"))

    def files(self, reference: str) -> FileList:
        """Return the files of a version."""
        return [ModelFile.model_validate(item) for item in self._transport.get(f"{_version_path(reference)}/files")]

    def download_file(self, reference: str, path: str, target: str | Path = ".") -> Path:
        """Fetch one file of a version, into a folder or to a path; returns where it is."""
        place = Path(target)
        if place.is_dir():
            place = place / path.rsplit("/", 1)[-1]
        return self._transport.download(f"{_version_path(reference)}/content", place, path=path)

    def change(
        self,
        reference: str,
        *,
        card: str | None = None,
        tags: Mapping[str, str | None] = {},
        stage: str | None = None,
    ) -> Model | ModelVersion:
        """Change card (Markdown), tags and stage; of the model (`titanic`) or of a version (`titanic:3`).

        A tag of None is removed. Only versions have a stage: None, Staging, Production, Archived.
        """
        body = {"description": card, "tags": dict(tags), "stage": stage}
        if ":" in reference or "@" in reference:
            return ModelVersion.model_validate(self._transport.patch(_version_path(reference), body))
        return Model.model_validate(self._transport.patch(_path(reference), body))

    def delete_alias(self, name: str, alias: str) -> None:
        """Remove an alias; that it is not there is no error."""
        self._transport.delete(f"{_path(name)}/aliases/{quote(alias, safe='')}")

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

    def deleted(self, name: str | None = None) -> ModelList | VersionList:
        """Return the models in the bin, or the versions of a model that are there; `remove_at` says until when."""
        if name is None:
            found = self._transport.get("models", deleted=True, limit=1000)
            return [Model.model_validate(item) for item in found["items"]]
        found = self._transport.get(f"{_path(name)}/versions", deleted=True)
        return [ModelVersion.model_validate(item) for item in found]

    def restore(
        self, reference: str, *, new_name: str | None = None, bin_id: str | None = None
    ) -> Model | ModelVersion:
        """Bring a version (`titanic:3`) or a model with the versions it had (`titanic`) back from the bin.

        new_name: for a model whose name was taken meanwhile. bin_id: which of several deleted ones of that name.
        """
        name, version = split(reference)
        if version != "latest":
            return ModelVersion.model_validate(self._transport.post(f"{_path(name)}/versions/{version}/restore"))
        body = {"new_name": new_name, "id": bin_id}
        return Model.model_validate(self._transport.post(f"{_path(name)}/restore", json=body))

    def clean_up(self, older_than_days: float | None = None) -> BinContents:
        """Remove for good what has been in the bin for so long (None: the retention time); returns what went."""
        total = BinContents()
        while True:
            body = {"older_than_days": older_than_days}
            part = BinContents.model_validate(self._transport.post("models/gc", json=body))
            total = BinContents(models=total.models + part.models, versions=total.versions + part.versions)
            if not part.left:
                return total

    def delete(self, reference: str) -> None:
        """Put a version, or a model with all versions when none is named, in the bin."""
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


def _full(reference: str) -> str:
    name, version = split(reference)
    return f"{name}:{version}"


def _version_path(reference: str) -> str:
    name, version = split(reference)
    return f"{_path(name)}/versions/{quote(version, safe='')}"
