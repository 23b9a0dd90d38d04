"""A result as a file for people: a child reads the Arrow stream and writes CSV or Parquet to its standard output."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studiolo.studio.datasets import children
from studiolo.studio.datasets.explore import frames
from studiolo.studio.datasets.explore.errors import ExploreFailed

MODULE = "studiolo.studio.datasets.explore.export_process"
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}
PIECE = 1 << 20


@contextmanager
def stream(path: Path, kind: str, folder: Path) -> Iterator[Iterator[bytes]]:
    """Give the pieces of a file as they are made; the child ends with the block. Raises ExploreFailed in the middle of it."""
    child = children.start(MODULE, folder)
    try:
        assert child.stdin
        frames.send(child.stdin, {"path": str(path), "kind": kind})

        def pieces() -> Iterator[bytes]:
            assert child.stdout
            while piece := child.stdout.read(PIECE):
                yield piece
            if child.wait() != 0:
                complaint = child.stderr.read() if child.stderr else b""
                raise ExploreFailed(f"The file cannot be written: {children.last_words(complaint, child.returncode)}.")

        yield pieces()
    finally:
        children.kill(child)
