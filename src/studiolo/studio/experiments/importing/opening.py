"""Which reader a source needs: by what the user wrote."""

from pathlib import Path

from studiolo.studio.experiments.importing.errors import BadSource
from studiolo.studio.experiments.importing.source import Source

_SQLITE = b"SQLite format 3\x00"


def open_source(text: str, artifacts: Path | None = None, token: str | None = None) -> Source:
    """Open an `mlruns` folder, a SQLite file, a database URL or the address of a tracking server; raises BadSource."""
    if text.startswith(("http://", "https://")):
        from studiolo.studio.experiments.importing.server import Server

        return Server(text, artifacts, token)
    if "://" in text and not text.startswith("file:"):
        return _database(text, artifacts)
    path = Path(text.removeprefix("file://")).expanduser()
    if path.is_dir():
        from studiolo.studio.experiments.importing.folder import Folder

        databases = [file for file in sorted(path.glob("*.db")) if _is_sqlite(file)]
        if len(databases) == 1 and not (path / "mlruns").is_dir() and not (path / "0").is_dir():
            return _database(f"sqlite:///{databases[0].resolve()}", artifacts)
        return Folder(path, artifacts)
    if not path.is_file():
        raise BadSource(f"There is nothing at {path}.", "Give a folder, a file or an address.", field="source")
    if not _is_sqlite(path):
        raise BadSource(f"{path} is no SQLite database.", "Give MLflow's database, such as mlflow.db.", field="source")
    return _database(f"sqlite:///{path.resolve()}", artifacts)


def _database(url: str, artifacts: Path | None) -> Source:
    from studiolo.studio.experiments.importing.database import DatabaseSource

    return DatabaseSource(url, artifacts)


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
