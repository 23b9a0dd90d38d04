"""Extremes of texts as Parquet's footers tell them: to compare each text of a column takes as long as to read it.

Only where the writer says of each row group that its extremes are texts of the column, and not cut. Numbers are looked at: a footer
leaves NaN out.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studiolo.studio.datasets.reading import engine, select
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.schemas import ColumnSchema

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMAT = "parquet"


def extremes(
    connection: "DuckDBPyConnection", table: TableInput, columns: Sequence[ColumnSchema]
) -> dict[str, tuple[str, str]]:
    """Return the smallest and the largest text by column, of those columns of which the footers of all files tell them."""
    places = {column.place[0]: column.name for column in columns if _plain(column)}
    if not places or table.schema.format != FORMAT or table.schema.options.get("union"):
        return {}
    there = "num_values > coalesce(stats_null_count, 0)"  # a row group of gaps has no extremes
    known = f"type = 'BYTE_ARRAY' AND (NOT {there} OR (min_is_exact AND max_is_exact))"
    rows = connection.execute(
        f"SELECT path_in_schema, min(stats_min_value) FILTER ({there}), max(stats_max_value) FILTER ({there}) "
        f"FROM parquet_metadata({select.files(table.files)}) WHERE path_in_schema IN {engine.literal(list(places))} "
        f"GROUP BY 1 HAVING bool_and(coalesce({known}, false))"
    ).fetchall()
    return {places[path]: (low, high) for path, low, high in rows if low is not None}


def _plain(column: ColumnSchema) -> bool:
    """Say whether a column is a text of the file, as it stands there; a comma may stand for a field inside another."""
    whole = column.origin == "file" and len(column.place) == 1 and ", " not in column.place[0]
    return whole and not column.lenient and column.type == "text" and column.stored == "VARCHAR"
