"""Where a model may come from, on the machine of the client: a file, a folder, a web address, another MLflow."""

import json
import re
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import httpx

from studiolo.kernel.errors import Invalid

PIECE = 1 << 20
_WAIT = httpx.Timeout(60.0, connect=10.0)
OURS = re.compile(r"(runs|models):/")
_ELSEWHERE = re.compile(r"(mlflow-artifacts|s3|gs|abfss?|wasbs?|dbfs|hdfs|ftp|sftp):")


class Ready(NamedTuple):
    """A file to be sent. source: what to write down as its origin."""

    path: Path
    filename: str
    source: str


@contextmanager
def ready(source: str | Path, tracking_uri: str | None = None) -> Iterator[Ready]:
    """Make one local file of a source while in the block.

    source: a file, a folder (packed as tar), an http(s) address, or an MLflow address when `tracking_uri` names its server
    (whose token is in MLFLOW_TRACKING_TOKEN, as for MLflow itself). Raises Invalid, which names what is wrong.
    """
    text = str(source)
    with tempfile.TemporaryDirectory(prefix="studiolo-model-") as place:
        work = Path(place)
        if re.match(r"https?://", text):
            path = _fetch(text, work)
            yield Ready(path, path.name, without_secrets(text))
        elif (OURS.match(text) and tracking_uri) or _ELSEWHERE.match(text):
            folder = _from_mlflow(text, tracking_uri, work)
            yield Ready(
                _packed(folder, work), f"{folder.name}.tar", f"{text} of {without_secrets(tracking_uri or 'mlflow')}"
            )
        else:
            path = Path(text).expanduser()
            if path.is_dir():
                yield Ready(_packed(path, work), f"{path.resolve().name}.tar", f"folder {path.resolve().name}")
            elif path.is_file():
                yield Ready(path, path.name, f"file {path.name}")
            else:
                raise Invalid(
                    f"'{text[:200]}' is no file, no folder and no address.",
                    "Write a path, https://…, runs:/RUN/path, models:/NAME/3.",
                    field="source",
                )


def rows_of(example: str | Path | list[dict[str, Any]] | None) -> str:
    """Return an example as JSON: rows, a file of them, or nothing."""
    if example is None:
        return ""
    if isinstance(example, list):
        return json.dumps(example)
    path = Path(example)
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.", field="example") from None


def pieces(path: Path) -> Iterator[bytes]:
    """Yield a file piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _packed(folder: Path, work: Path) -> Path:
    """Pack a folder; links are refused by name, since what they point at is not the model's."""
    target = work / "model.tar"
    with tarfile.open(target, "w") as tape:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_symlink():
                raise Invalid(f"'{name}' is a symbolic link.", "Put the file itself in its place.", field="source")
            if path.is_file() and "__pycache__" not in path.parts:
                tape.add(path, arcname=name, recursive=False)
    return target


def _fetch(address: str, work: Path) -> Path:
    name = PurePosixPath(unquote(urlsplit(address).path)).name or "model"
    path = work / re.sub(r"[^\w.\-]", "_", name)[:120]
    try:
        with httpx.stream("GET", address, follow_redirects=True, timeout=_WAIT) as reply:
            if reply.status_code >= 400:
                raise Invalid(
                    f"{without_secrets(address)} answers {reply.status_code} {reply.reason_phrase}.",
                    "Open the address in a browser: is it the file itself, and public?",
                    field="source",
                )
            with path.open("wb") as file:
                for piece in reply.iter_bytes():
                    file.write(piece)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Invalid(f"{without_secrets(address)} cannot be fetched: {error}.", field="source") from None
    return path


def _from_mlflow(address: str, tracking_uri: str | None, work: Path) -> Path:
    try:
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException
    except ImportError:
        raise Invalid("Fetching from MLflow takes the package mlflow-skinny.", field="source") from None
    target = work / "fetched"
    target.mkdir()
    try:
        found = Path(download_artifacts(artifact_uri=address, dst_path=str(target), tracking_uri=tracking_uri))
    except (MlflowException, OSError) as error:
        first = (str(error).splitlines() or ["no reason given"])[0]
        raise Invalid(f"{address} cannot be fetched: {first[:300]}", field="source") from None
    return found if found.is_dir() else found.parent


def without_secrets(address: str) -> str:
    """Drop user, password and query, which may hold tokens, from an address that is written down."""
    parts = urlsplit(address)
    host = parts.netloc.rsplit("@", 1)[-1]
    return f"{parts.scheme}://{host}{parts.path}" if parts.scheme and host else address
