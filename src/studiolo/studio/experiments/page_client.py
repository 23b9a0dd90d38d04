"""The part of the SDK that reads what the page of a run shows: its files, tables, code, family, and text in its log."""

from pathlib import Path, PurePosixPath

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.page_schemas import CodeFile, FileTree, LogMatches, RunNode, TableRows
from studiolo.studio.experiments.schemas import Run

CodeFiles = list[CodeFile]
Nodes = list[RunNode]
Ancestors = list[Run]


class Browsing:
    """What a run holds."""

    _transport: Transport

    def files(self, run_id: str, path: str = "") -> FileTree:
        """Return every file of a run, or of a folder of it."""
        return FileTree.model_validate(self._transport.get(f"experiments/runs/{run_id}/artifacts/files", path=path))

    def download_folder(self, run_id: str, target: str | Path, path: str = "") -> Path:
        """Fetch a folder of a run, or all of its files, as a ZIP."""
        return self._transport.download(f"experiments/runs/{run_id}/artifacts/zip", Path(target), path=path)

    def table(self, run_id: str, path: str, offset: int = 0, limit: int = 200) -> TableRows:
        """Return rows of a CSV, TSV, JSON, JSON lines or Parquet file of a run."""
        found = self._transport.get(f"experiments/runs/{run_id}/artifacts/table", path=path, offset=offset, limit=limit)
        return TableRows.model_validate(found)

    def code(self, run_id: str) -> CodeFiles:
        """Return the files that a job was submitted with."""
        found = self._transport.get(f"experiments/runs/{run_id}/code")
        return [CodeFile.model_validate(item) for item in found]

    def download_code(self, run_id: str, folder: str | Path) -> Path:
        """Write the code that a job was submitted with below a folder, ready to be run again."""
        root = Path(folder)
        for file in self.code(run_id):
            parts = PurePosixPath(file.path).parts
            if PurePosixPath(file.path).is_absolute() or ".." in parts:
                raise ValueError(f"the studio sent a path that leaves the folder: {file.path}")
            target = root.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            self._transport.download(f"experiments/runs/{run_id}/code/content", target, path=file.path)
        return root

    def branch(self, run_id: str) -> Nodes:
        """Return the children of a run, each with the number of its own."""
        return [RunNode.model_validate(item) for item in self._transport.get(f"experiments/runs/{run_id}/tree")]

    def ancestors(self, run_id: str) -> Ancestors:
        """Return the runs above a run, the topmost first."""
        return [Run.model_validate(item) for item in self._transport.get(f"experiments/runs/{run_id}/ancestors")]

    def find_in_log(self, run_id: str, text: str, limit: int = 2000) -> LogMatches:
        """Return the lines of a job's log that hold a text, whatever its case."""
        return LogMatches.model_validate(
            self._transport.get(f"experiments/runs/{run_id}/log/search", q=text, limit=limit)
        )
