"""Others that profile a table, each in a process of its own; this file is read by their Pythons too, so its top imports next to nothing.

Each imports what it needs, yields once, and works.
"""

from collections.abc import Iterator
from pathlib import Path

NEEDS = {"polars": ("polars>=1.30",), "ydata": ("ydata-profiling>=4.16", "setuptools<81", "pyarrow")}


class Missing(Exception):
    """The peer could not be installed."""


def python_of(peer: str) -> Path | None:
    """Return the Python of a peer's environment, None for this one; raises Missing."""
    if peer not in NEEDS:
        return None
    from studiolo.testing.environments import EnvironmentMissing, environment

    try:
        return environment(f"profile-{peer}", *NEEDS[peer])
    except EnvironmentMissing as error:
        raise Missing(str(error)) from None


def asked(schema_file: Path) -> Path:
    """Return where the sentences for DuckDB stand, which were written when the file was looked into."""
    return schema_file.with_suffix(".sql.json")


def decode(path: Path, schema_file: Path) -> Iterator[None]:  # noqa: ARG001
    """Read every value of every column: `max` of each."""
    yield from _duckdb(schema_file, "decode")


def summarize(path: Path, schema_file: Path) -> Iterator[None]:  # noqa: ARG001
    """DuckDB's own profile; it gives no histogram, frequent values or correlations."""
    yield from _duckdb(schema_file, "summarize")


def _duckdb(schema_file: Path, sentence: str) -> Iterator[None]:
    import json
    import tempfile

    import duckdb

    yield
    with tempfile.TemporaryDirectory() as spill:
        config = {"memory_limit": "500MB", "threads": 2, "temp_directory": spill}
        connection = duckdb.connect(config=config)
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(json.loads(asked(schema_file).read_text())[sentence]).fetchall()


def polars(path: Path, schema_file: Path) -> Iterator[None]:  # noqa: ARG001
    """Counters of all columns by the streaming engine: count, missing, different values (approximate), extremes, mean, deviation.

    It gives no quantiles, histogram, frequent values or correlations, so it does less than we do.
    """
    import polars as pl

    yield
    scan = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, try_parse_dates=True)
    asked = []
    for name, kind in scan.collect_schema().items():
        column = pl.col(name)
        asked += [column.count().alias(f"{name}.count"), column.null_count().alias(f"{name}.missing")]
        asked.append(column.approx_n_unique().alias(f"{name}.distinct"))
        if kind != pl.Boolean:
            asked += [column.min().alias(f"{name}.min"), column.max().alias(f"{name}.max")]
        if kind.is_numeric():
            asked += [column.mean().alias(f"{name}.mean"), column.std().alias(f"{name}.std")]
    assert scan.select(asked).collect(engine="streaming").height == 1


def ydata(path: Path, schema_file: Path) -> Iterator[None]:  # noqa: ARG001
    """The minimal report of ydata-profiling."""
    import warnings

    warnings.simplefilter("ignore")
    import pandas as pd
    from ydata_profiling import ProfileReport

    yield
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    ProfileReport(frame, minimal=True, progress_bar=False).get_description()
