"""The SDK part of datasets: `studio.datasets`."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

from studiolo.kernel.errors import Remote
from studiolo.kernel.http import Transport
from studiolo.studio.datasets.errors import ProfileNotReady
from studiolo.studio.datasets.names import parse
from studiolo.studio.datasets.schemas import (
    Dataset,
    DatasetCreated,
    DatasetVersion,
    Preview,
    Profile,
    SampleTable,
    VersionSummary,
)
from studiolo.studio.experiments.schemas import Edge

PIECE = 1 << 20
Through = Callable[[Iterable[bytes]], Iterable[bytes]]


class Frame(Protocol):
    """A pandas.DataFrame, or what can write itself as Parquet like one."""

    def to_parquet(self, path: Any, *, index: bool) -> Any:
        """Write the rows."""
        ...


class Datasets:
    """Immutable versions of tables. A reference is `name` (the newest version) or `name:version`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

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
        through: Through | None = None,
    ) -> DatasetVersion:
        """Upload a file, or a frame (as Parquet), and return the version that holds it.

        name: default the file's own. What is left out of format, delimiter, encoding and header is found out.
        through: is given the pieces on their way, e.g. to draw a progress bar.
        """
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

    def _upload_frame(self, frame: Frame, name: str | None, **how: Any) -> DatasetCreated:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name or 'dataset'}.parquet"
            frame.to_parquet(path, index=False)
            return self.upload(path, name, **how)

    def create_sample(self, name: str = "titanic") -> DatasetVersion:
        """Make a dataset of a table that comes with the studio."""
        return DatasetCreated.model_validate(self._transport.post(f"datasets/samples/{name}")).dataset

    def samples(self) -> list[SampleTable]:
        """Return the tables that come with the studio."""
        return [SampleTable.model_validate(item) for item in self._transport.get("datasets/samples")]

    def get(self, name: str, version: int | None = None) -> DatasetVersion:
        """Return a version; the newest when none is named."""
        return DatasetVersion.model_validate(self._transport.get(self._path(name, version)))

    def versions(self, name: str) -> list[VersionSummary]:
        """Return the versions of a dataset, newest first."""
        return [VersionSummary.model_validate(item) for item in self._transport.get(f"datasets/{name}/versions")]

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

    def profile_again(self, name: str, version: int | None = None) -> DatasetVersion:
        """Compute the profile once more."""
        return DatasetVersion.model_validate(self._transport.post(f"{self._path(name, version)}/profile"))

    def lineage(self, name: str, version: int | None = None) -> list[Edge]:
        """Return what was made from a version, step by step."""
        return [Edge.model_validate(item) for item in self._transport.get(f"{self._path(name, version)}/lineage")]

    def download(self, name: str, target: str | Path = ".", version: int | None = None) -> Path:
        """Fetch the file of a version, into a folder or to a path; returns where it is."""
        found = self.get(name, version)
        path = Path(target)
        if path.is_dir():
            path = path / found.files[0].path
        return self._transport.download(f"{self._path(name, found.version)}/content", path)

    def to_pandas(self, name: str, version: int | None = None, columns: "list[str] | None" = None) -> Any:
        """Read a version into a pandas.DataFrame, with the types that the studio shows."""
        import tempfile

        from studiolo.studio.datasets import table_file
        from studiolo.studio.datasets.formats.base import Source
        from studiolo.studio.datasets.schemas import ReadOptions

        found = self.get(name, version)
        with tempfile.TemporaryDirectory() as folder:
            path = self.download(name, folder, found.version)
            schema, work = found.table, Path(folder) / "work"
            work.mkdir()
            encoding = str(schema.options.get("encoding", "utf-8"))
            options = ReadOptions(format=schema.format, encoding=encoding if encoding != "utf-8" else None)
            readable = path
            if schema.format != "parquet":  # the copy in UTF-8 is made again here
                readable = table_file.inspect(Source(path, path.name, work, options)).readable or path
            return table_file.to_pandas(readable, schema, columns)

    def update(self, name: str, description: str) -> Dataset:
        """Change the description."""
        return Dataset.model_validate(self._transport.patch(f"datasets/{name}", {"description": description}))

    def delete(self, name: str) -> None:
        """Remove a dataset with its versions; what was made from it stays."""
        self._transport.delete(f"datasets/{name}")

    def list(self, search: str = "") -> list[Dataset]:
        """Return all datasets, last changed first; search: a part of the name."""
        found: list[Dataset] = []
        cursor: str | None = None
        while True:
            page = self._transport.get("datasets", search=search or None, cursor=cursor, limit=500)
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
