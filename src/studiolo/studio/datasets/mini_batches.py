"""Rows of a table as mini-batches of a parallel job: so many of them, or so many bytes, or one mini-batch for each group.

What runs such jobs is below this slice and asks for the module by its name (`experiments/parallel/batches.py`).
"""

import hashlib
import os
import pickle
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from studiolo.kernel.nearest import nearest
from studiolo.studio.datasets import looking, table_file
from studiolo.studio.datasets.errors import BadColumnChoice, DamagedFile
from studiolo.studio.datasets.mltable import file as mltable
from studiolo.studio.datasets.mltable.pipeline import NUMBER
from studiolo.studio.datasets.mltable.steps import READERS
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.schemas import Reading
from studiolo.studio.experiments.parallel import batches
from studiolo.studio.experiments.parallel.schemas import Parallel

if TYPE_CHECKING:
    import pyarrow as pa

MOST = 1_000_000  # mini-batches: what is known of each is held in memory
_DEFAULT = "1mb"  # of a table, as in Azure ML
_GROUP = 20_000  # rows of the copy that are read together: a mini-batch is found by their numbers
_COPY, _GIVEN, _WORK = "table.parquet", "given", "work"


class Piece(NamedTuple):
    """Rows of the copy from start to before end, and what the columns of `partition_keys` hold in them."""

    start: int
    end: int
    values: tuple[Any, ...] = ()


class Table:
    """The rows of an input, in a copy where those of a mini-batch stand together, in their order."""

    noun = "rows"

    def __init__(self, root: Path, found: list[tuple[Path, str]], parallel: Parallel, folder: Path) -> None:
        self.keys = parallel.partition_keys
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        for name in (_GIVEN, _WORK):
            (folder / name).mkdir(parents=True)
        table = looking.inspect_files(found, Reading(), folder / _WORK).table(found)
        columns = [column.name for column in table.schema.columns]
        for key in self.keys:
            _check(key, columns)
        self.connection = engine.connect(spill=folder / _WORK)
        rows = self._copy(table_file.scan(table))
        shutil.rmtree(folder / _WORK)
        size = sum(path.stat().st_size for path, name in found if not _is_mltable(name))
        self.pieces = self._groups() if self.keys else _even(rows, size, *parallel.size(_DEFAULT))
        if len(self.pieces) > MOST:
            raise BadColumnChoice(
                f"The table would be {len(self.pieces):,} mini-batches; {MOST:,} is the most.",
                "Name other partition_keys." if self.keys else "Raise mini_batch_size.",
                field="partition_keys" if self.keys else "mini_batch_size",
            )
        self.about = f"{rows:,} rows" + (f" by {', '.join(self.keys)}" if self.keys else "")
        self.fingerprint = _fingerprint(root, found, parallel)

    def __len__(self) -> int:
        return len(self.pieces)

    def items(self, number: int) -> int:
        """Return its rows; a group is one thing that fails."""
        piece = self.pieces[number]
        return 1 if self.keys else piece.end - piece.start

    def wanted(self, number: int) -> int:
        """Return its rows; of a group `run` may make what it likes, such as one model."""
        return 0 if self.keys else self.items(number)

    def give(self, number: int) -> dict[str, Any]:
        """Write its rows, in a form that needs no more than pandas, and return where."""
        piece = self.pieces[number]
        chosen = f"{engine.name(NUMBER)} >= {piece.start:d} AND {engine.name(NUMBER)} < {piece.end:d}"
        query = f"SELECT * FROM {self._source()} WHERE {chosen} ORDER BY {engine.name(NUMBER)}"
        found = self._arrow(f"SELECT * EXCLUDE ({engine.name(NUMBER)}) FROM ({query})")
        held = {
            "columns": [(name, *_plain(found.column(name))) for name in found.column_names],
            "keys": dict(zip(self.keys, piece.values, strict=False)),
        }
        path = self._given(number)
        path.write_bytes(pickle.dumps(held, protocol=4))
        return {"table": str(path)}

    def over(self, number: int) -> None:
        """Remove what was written of it."""
        self._given(number).unlink(missing_ok=True)

    def shown(self, number: int) -> str:
        """Name its rows, or its group."""
        piece = self.pieces[number]
        if not self.keys:
            return f"rows {piece.start + 1:,} to {piece.end:,}"
        return ", ".join(f"{key}={value}" for key, value in zip(self.keys, piece.values, strict=True))

    def close(self) -> None:
        """Remove the copy."""
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _given(self, number: int) -> Path:
        return self.folder / _GIVEN / str(number)

    def _source(self) -> str:
        return f"read_parquet({engine.file(self.folder / _COPY)})"

    def _copy(self, scan: str) -> int:
        """Write the rows, those of a group behind each other, with their numbers from 0; returns how many."""
        number = engine.name(NUMBER)
        if self.keys:
            order = ", ".join(f"{engine.name(key)} NULLS LAST" for key in self.keys)
            numbered = f"SELECT *, row_number() OVER () AS {number} FROM ({scan})"
            scan = f"SELECT * EXCLUDE ({number}) FROM ({numbered}) ORDER BY {order}, {number}"
        query = f"SELECT *, row_number() OVER () - 1 AS {number} FROM ({scan})"
        target = engine.literal(str(self.folder / _COPY))
        self._run(f"COPY ({query}) TO {target} (FORMAT parquet, ROW_GROUP_SIZE {_GROUP})")
        return int(self._run(f"SELECT count(*) FROM {self._source()}")[0][0])

    def _groups(self) -> list[Piece]:
        keys, number = ", ".join(map(engine.name, self.keys)), engine.name(NUMBER)
        query = f"SELECT min({number}) AS first, max({number}) + 1, {keys} FROM {self._source()} GROUP BY {keys}"
        found = self._run(f"{query} ORDER BY first LIMIT {MOST + 1:d}")
        return [Piece(int(start), int(end), tuple(values)) for start, end, *values in found]

    def _run(self, query: str) -> list[tuple[Any, ...]]:
        with _said():
            return self.connection.execute(query).fetchall()

    def _arrow(self, query: str) -> "pa.Table":
        with _said():
            return self.connection.sql(query).to_arrow_table()


def of(root: Path, parallel: Parallel, folder: Path) -> Table | None:
    """Cut an input that is a table; None for one that is files. folder: for the copy. Raises BadFile, which says what is wrong.

    With `partition_keys` it is one. Else an MLTable that says how its files are read is, and without one what is declared as a table.
    """
    found = _files(root)
    if not parallel.partition_keys:
        named = mltable.beside([name for _, name in found])
        if named is None and parallel.cut != "table":
            return None
        if named is not None:
            steps = mltable.read(next(path for path, name in found if name == named)).steps
            if not any(step.key in READERS for step in steps):
                return None  # a list of files, as in Azure ML
    return Table(root, found, parallel, folder) if found else None


@contextmanager
def _said() -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise DamagedFile(f"The table cannot be read: {engine.said(error)}", "Are its files whole?") from error


def _files(root: Path) -> list[tuple[Path, str]]:
    if root.is_file():
        return [(root, root.name)]
    found = [Path(place, name) for place, _, names in os.walk(root, followlinks=True) for name in names]
    return [(path, path.relative_to(root).as_posix()) for path in sorted(found)]


def _is_mltable(name: str) -> bool:
    return name.rpartition("/")[2] == mltable.NAME


def _check(key: str, columns: Sequence[str]) -> None:
    if key not in columns:
        near = nearest(key, columns)
        listed = ", ".join(columns[:10])
        raise BadColumnChoice(
            f"'partition_keys' names '{key[:100]}', and the table has no such column.",
            f"Did you mean '{near}'?" if near else f"There are: {listed}.",
            field="partition_keys",
        )


def _even(rows: int, size: int, count: int, most: int) -> list[Piece]:
    """Return pieces of so many rows, or of about so many bytes of the files; one of both is 0.

    >>> [piece[:2] for piece in _even(5, 100, 2, 0)], [piece[:2] for piece in _even(5, 100, 0, 60)]
    ([(0, 2), (2, 4), (4, 5)], [(0, 3), (3, 5)])
    """
    each = count or max(1, rows * most // max(1, size))
    return [Piece(start, min(rows, start + each)) for start in range(0, rows, each)]


def _fingerprint(root: Path, found: Sequence[tuple[Path, str]], parallel: Parallel) -> str:
    digest = hashlib.sha256(repr((parallel.partition_keys, parallel.size(_DEFAULT))).encode())
    for path, name in found:
        if _is_mltable(name):
            digest.update(path.read_bytes())
    return batches.fingerprint(root, [(str(path), path.stat().st_size) for path, _ in found], digest.hexdigest())


def _plain(column: "pa.ChunkedArray") -> tuple[str, Any]:
    """Return a column as numpy's name of its type and bytes, or as "" and a list; whole numbers with gaps become floats."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_date(kind):
        column = column.cast(pa.timestamp("us"))
    elif pa.types.is_integer(kind) and column.null_count:
        column = column.cast(pa.float64(), safe=False)
    kind = column.type
    plain = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_timestamp(kind)
    if not plain and not (pa.types.is_boolean(kind) and not column.null_count):
        return "", column.to_pylist()
    values = column.to_numpy()
    return values.dtype.str, values.tobytes()
