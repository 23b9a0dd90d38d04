"""The SDK part of datasets: `studio.datasets`."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Protocol

from studiolo.kernel.errors import Remote
from studiolo.kernel.http import Transport
from studiolo.studio.datasets.errors import ProfileNotReady
from studiolo.studio.datasets.explore.client import Exploring
from studiolo.studio.datasets.files_client import AboutFiles
from studiolo.studio.datasets.monitors.client import Monitors
from studiolo.studio.datasets.monitors.results import Comparison
from studiolo.studio.datasets.names import parse
from studiolo.studio.datasets.profile_schemas import Profile
from studiolo.studio.datasets.quality.client import QualityRules
from studiolo.studio.datasets.registrations_client import Registrations
from studiolo.studio.datasets.rows.handle import Version, fetch
from studiolo.studio.datasets.schemas import (
    Dataset,
    DatasetCreated,
    DatasetVersion,
    Kind,
    Preview,
    ProfileAsked,
    Retention,
    SampleTable,
    VersionSummary,
)
from studiolo.studio.datasets.version_schemas import (
    DatasetCleanup,
    Deleted,
    FileChange,
    VersionCheck,
    VersionComparison,
    VersionFile,
)
from studiolo.studio.experiments.schemas import Edge

if TYPE_CHECKING:
    from studiolo.studio.datasets.inspections.schemas import Inspection
    from studiolo.studio.datasets.schemas import Reading

PIECE = 1 << 20
Through = Callable[[Iterable[bytes]], Iterable[bytes]]


class Frame(Protocol):
    """A frame of pandas or Polars, an Arrow table, a DuckDB relation: what gives its rows as an Arrow stream."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the stream."""
        ...


class Datasets(Registrations, Exploring, AboutFiles):
    """Immutable versions of tables. A reference is `name` (the newest version) or `name:version`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.monitors = Monitors(transport)
        self.quality = QualityRules(transport)

    def create(
        self,
        file: str | Path | Frame,
        name: str | None = None,
        *,
        description: str | None = None,
        format: str | None = None,  # noqa: A002 - the name of the option
        delimiter: str | None = None,
        encoding: str | None = None,
        header: bool | None = None,
        kind: Kind = "tabular",
        through: Through | None = None,
    ) -> DatasetVersion:
        """Upload a file, or a frame (as Parquet), and return the version that holds it.

        A folder is sent as `send` does, and waited for. kind: `file` keeps a folder or a file as it is. name: default the file's
        own. What is left out of format, delimiter, encoding and header is found out. through: is given the pieces on their way,
        e.g. to draw a progress bar.
        """
        if isinstance(file, str | Path) and (kind == "file" or Path(file).is_dir()):
            told = {"format": format, "delimiter": delimiter, "encoding": encoding, "header": header}
            reading = {key: value for key, value in told.items() if value is not None}
            sent = self.wait_for(
                self.send(file, name, kind=kind, description=description or "", reading=reading).run_id
            )
            return self.get(sent.name, sent.version)
        created = self.upload(
            file,
            name,
            description=description,
            format=format,
            delimiter=delimiter,
            encoding=encoding,
            header=header,
            through=through,
        )
        return created.dataset

    def upload(
        self, file: str | Path | Frame, name: str | None = None, *, through: Through | None = None, **how: Any
    ) -> DatasetCreated:
        """Do as `create`, and say whether the same file was there already."""
        if not isinstance(file, str | Path):
            return self._upload_frame(file, name, through=through, **how)
        path = Path(file)
        size = path.stat().st_size
        pieces: Iterable[bytes] = _pieces(path)
        if through:
            pieces = through(pieces)
        answer = self._transport.upload(
            "POST", "datasets/uploads", pieces, size=size, name=name, filename=path.name, **how
        )
        return DatasetCreated.model_validate(answer)

    def _upload_frame(self, frame: Any, name: str | None, **how: Any) -> DatasetCreated:
        import tempfile

        from studiolo.studio.datasets.frames import write_parquet

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name or 'dataset'}.parquet"
            write_parquet(frame, path)
            return self.upload(path, name, **how)

    def inspect(
        self, source: dict[str, Any], reading: "Reading | Mapping[str, Any] | None" = None, rows: int = 100
    ) -> "Inspection":
        """Look at the beginnings of files and return what they would be as a table; nothing is kept.

        source: such as `{"type": "datastore", "datastore": "lake", "path": "sales.csv"}` or `{"type": "dataset", "dataset": "t:1"}`.
        """
        from studiolo.studio.datasets.inspections.schemas import Inspection

        how = dict(reading) if isinstance(reading, Mapping) else reading.model_dump(mode="json") if reading else {}
        body = {"source": source, "reading": how, "rows": rows}
        return Inspection.model_validate(self._transport.post("datasets/inspections", body))

    def create_sample(self, name: str = "titanic") -> DatasetVersion:
        """Make a dataset of a table that comes with the studio."""
        return DatasetCreated.model_validate(self._transport.post(f"datasets/samples/{name}")).dataset

    def samples(self) -> list[SampleTable]:
        """Return the tables that come with the studio."""
        return [SampleTable.model_validate(item) for item in self._transport.get("datasets/samples")]

    def get(self, name: str, version: int | None = None) -> Version:
        """Return a version, the newest when none is named, whose rows can be taken; name: also `titanic:2@train`."""
        return fetch(self._transport, name, version)

    def versions(self, name: str, *, deleted: bool = False) -> list[VersionSummary]:
        """Return the versions of a dataset, newest first; deleted: those in the bin."""
        found = self._transport.get(f"datasets/{name}/versions", deleted=deleted or None)
        return [VersionSummary.model_validate(item) for item in found]

    def preview(self, name: str, version: int | None = None, rows: int = 100) -> Preview:
        """Return the first rows."""
        return Preview.model_validate(self._transport.get(f"{self._path(name, version)}/preview", rows=rows))

    def profile(
        self,
        name: str,
        version: int | None = None,
        *,
        wait: bool = False,
        timeout: float = 3600,
        watch: Callable[[float, str], None] | None = None,
    ) -> Profile:
        """Return the profile; raises ProfileNotReady while its job runs, unless `wait`.

        watch: told the share that is done, 0 to 1, and with what, while waiting.
        """
        path = self._path(name, version)
        until = time.monotonic() + timeout
        while True:
            try:
                return Profile.model_validate(self._transport.get(f"{path}/profile"))
            except Remote as error:
                state = error.remote.get("state")
                if error.remote_code != ProfileNotReady.code:
                    raise
                if not wait or state == "failed" or time.monotonic() > until:
                    raise ProfileNotReady(error.detail, error.hint) from None
            if watch:
                status = self.get(name, version).profile
                watch(status.progress or 0.0, status.label)
            time.sleep(0.2)

    def profile_again(
        self, name: str, version: int | None = None, *, exact: bool = False, target: str = ""
    ) -> DatasetVersion:
        """Compute the profile once more. exact: from all rows; target: to find columns that give it away."""
        asked = ProfileAsked(exact=exact, target=target).model_dump()
        return DatasetVersion.model_validate(self._transport.post(f"{self._path(name, version)}/profile", json=asked))

    def cancel_profile(self, name: str, version: int | None = None) -> DatasetVersion:
        """Stop computing the profile; an earlier one stays."""
        return DatasetVersion.model_validate(self._transport.delete(f"{self._path(name, version)}/profile"))

    def wait_for_profile(
        self,
        name: str,
        version: int | None = None,
        *,
        timeout: float = 36_000,
        watch: Callable[[float, str], None] | None = None,
    ) -> Profile:
        """Wait until a profile that was asked for again is there; raises ProfileNotReady when its job failed."""
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            status = self.get(name, version).profile
            if status.update is None and status.state in ("ready", "failed"):
                break
            now = status.update or status
            if watch:
                watch(now.progress or 0.0, now.label)
            time.sleep(0.2)
        if status.error:
            raise ProfileNotReady(status.error, "Its log says more.")
        return self.profile(name, version, wait=True)

    def lineage(self, name: str, version: int | None = None) -> list[Edge]:
        """Return what was made from a version, step by step."""
        return [Edge.model_validate(item) for item in self._transport.get(f"{self._path(name, version)}/lineage")]

    def download(self, name: str, target: str | Path = ".", version: int | None = None) -> Path:
        """Fetch the file of a version, into a folder or to a path, or its many files into a folder; returns where they are."""
        found = self.get(name, version)
        path = Path(target)
        if found.file_count != 1:
            return self._download_all(found, path)
        if path.is_dir():
            path = path / found.files[0].path
        return self._transport.download(f"{self._path(name, found.version)}/content", path)

    def _download_all(self, found: DatasetVersion, folder: Path) -> Path:
        """Fetch what is not there yet with the right size, so that a second call goes on where the first was cut off."""
        where = self._path(found.name, found.version)
        for file in self.files(found.name, found.version):
            target = folder / file.path
            if target.is_file() and target.stat().st_size == file.size:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            self._transport.download(f"{where}/files/content", target, path=file.path)
        return folder

    def to_pandas(self, name: str, version: int | None = None, columns: "list[str] | None" = None) -> Any:
        """Read a version into a pandas.DataFrame, with the types that the studio shows."""
        return self.get(name, version).to_pandas(columns)

    def update(
        self,
        name: str,
        description: str | None = None,
        *,
        tags: Mapping[str, str] | None = None,
        retention: Retention | Mapping[str, Any] | EllipsisType | None = ...,
    ) -> Dataset:
        """Change what is said about a dataset, and how long its versions stay (`{"keep_last": 5}`; None: until deleted)."""
        body: dict[str, Any] = {"description": description, "tags": dict(tags) if tags is not None else None}
        body = {key: value for key, value in body.items() if value is not None}
        if not isinstance(retention, EllipsisType):
            body["retention"] = None if retention is None else Retention.model_validate(retention).model_dump()
        return Dataset.model_validate(self._transport.patch(f"datasets/{name}", body))

    def tag(
        self,
        name: str,
        version: int | None = None,
        *,
        tags: Mapping[str, str] | None = None,
        description: str | None = None,
    ) -> DatasetVersion:
        """Change tags (all of them) or the description of a version."""
        body: dict[str, Any] = {"description": description, "tags": dict(tags) if tags is not None else None}
        body = {key: value for key, value in body.items() if value is not None}
        return DatasetVersion.model_validate(self._transport.patch(self._path(name, version), body))

    def delete(self, name: str, version: int | None = None) -> Deleted:
        """Put a dataset with its versions, or one version, in the bin; what was made from it stays."""
        name, number = parse(name)
        number = version or number
        path = f"datasets/{name}/versions/{number}" if number else f"datasets/{name}"
        return Deleted.model_validate(self._transport.delete(path))

    def restore(self, name: str, version: int | None = None) -> Dataset:
        """Take a dataset out of the bin with the versions that went in with it, or one version."""
        name, number = parse(name)
        number = version or number
        path = f"datasets/{name}/versions/{number}" if number else f"datasets/{name}"
        return Dataset.model_validate(self._transport.post(f"{path}/restore"))

    def clean_up(self, older_than_days: float | None = None, *, dry_run: bool = False) -> DatasetCleanup:
        """Remove for good what has been in the bin for so long (None: the retention time)."""
        body = {"older_than_days": older_than_days, "dry_run": dry_run}
        return DatasetCleanup.model_validate(self._transport.post("datasets/gc", json=body))

    def files(
        self, name: str, version: int | None = None, *, folder: str | None = None, search: str = ""
    ) -> Iterator[VersionFile]:
        """Yield the files of a version by path, or what is directly in a folder of it (empty: the top)."""
        cursor: str | None = None
        while True:
            page = self._transport.get(
                f"{self._path(name, version)}/files", folder=folder, search=search or None, cursor=cursor, limit=1000
            )
            yield from map(VersionFile.model_validate, page["items"])
            cursor = page["next"]
            if not cursor:
                return

    def compare(self, name: str, left: int, right: int) -> VersionComparison:
        """Return what differs between two versions: columns, rows, what profiles say, how many files."""
        return VersionComparison.model_validate(self._transport.get(f"datasets/{name}/compare", left=left, right=right))

    def drift(self, baseline: str, target: str, threshold: float = 0.1) -> Comparison:
        """Measure how far the columns of a version moved from those of another one, from both profiles.

        baseline, target: `name` or `name:version`. threshold: of a column's population stability index.
        """
        path = f"{self._path(target, None)}/drift"
        return Comparison.model_validate(self._transport.get(path, baseline=baseline, threshold=threshold))

    def compare_files(self, name: str, left: int, right: int, change: str | None = None) -> Iterator[FileChange]:
        """Yield the files that two versions do not share, by path. change: added, removed or changed alone."""
        cursor: str | None = None
        while True:
            page = self._transport.get(
                f"datasets/{name}/compare/files", left=left, right=right, change=change, cursor=cursor, limit=1000
            )
            yield from map(FileChange.model_validate, page["items"])
            cursor = page["next"]
            if not cursor:
                return

    def check(self, name: str, version: int | None = None) -> VersionCheck:
        """Look whether files that stay in their datastore are what they were when they were registered."""
        return VersionCheck.model_validate(self._transport.get(f"{self._path(name, version)}/check"))

    def list(self, search: str = "", *, deleted: bool = False) -> list[Dataset]:
        """Return all datasets, last changed first; search: a part of the name; deleted: those in the bin."""
        found: list[Dataset] = []
        cursor: str | None = None
        while True:
            page = self._transport.get(
                "datasets", search=search or None, deleted=deleted or None, cursor=cursor, limit=500
            )
            found += [Dataset.model_validate(item) for item in page["items"]]
            cursor = page["next"]
            if not cursor:
                return found

    @staticmethod
    def _path(name: str, version: int | None) -> str:
        name, number = parse(name)
        return f"datasets/{name}/versions/{version or number or 'latest'}"


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
