"""Which rows are in which part of a split: SQL that any process runs to the same answer, now and with later engines."""

from studiolo.studio.datasets import table_file
from studiolo.studio.datasets.errors import BadSplit
from studiolo.studio.datasets.reading import engine
from studiolo.studio.datasets.reading.table_input import TableInput
from studiolo.studio.datasets.rows.schemas import SplitCreate

MOST_FILES = 2000  # whose rows are numbered
CHANCE = " chance"  # of a row, from 0 to 1; no column is called so


def bounds(spec: SplitCreate, part: str) -> tuple[float, float]:
    """Return from which to below which chance rows are in a part.

    >>> bounds(SplitCreate(shares={"train": 0.75, "test": 0.25}), "test")
    (0.75, 2.0)
    """
    names = list(spec.shares)
    place = names.index(part)
    low = sum(list(spec.shares.values())[:place])
    high = low + spec.shares[part]
    return round(low, 12), 2.0 if place == len(names) - 1 else round(high, 12)


def select(table: TableInput, spec: SplitCreate, part: str) -> str:
    """Return the SELECT of the rows of a part, all columns, in order. Raises BadSplit."""
    low, high = bounds(spec, part)
    names = ", ".join(engine.name(column.name) for column in table.schema.columns)
    if spec.method == "time":
        return _by_time(table, spec, low, high, names)
    if spec.method == "group":
        source = f"SELECT *, {_chance(spec.seed, _text(spec.column))} AS {engine.name(CHANCE)} FROM ({table_file.scan(table)})"
    else:
        source = _by_row(table, spec)
    if spec.method == "stratified":
        column, chance = engine.name(spec.column), engine.name(CHANCE)
        place = f"(row_number() OVER (PARTITION BY {column} ORDER BY {chance}) - 0.5) / count(*) OVER (PARTITION BY {column})"
        source = f'SELECT * REPLACE ({place} AS {chance}), row_number() OVER () AS " place" FROM ({source})'
        return f'SELECT {names} FROM ({source}) WHERE {chance} >= {low!r} AND {chance} < {high!r} ORDER BY " place"'
    chance = engine.name(CHANCE)
    return f"SELECT {names} FROM ({source}) WHERE {chance} >= {low!r} AND {chance} < {high!r}"


def _by_row(table: TableInput, spec: SplitCreate) -> str:
    """Give each row a chance by its key, or by its file and place."""
    if spec.key:
        return (
            f"SELECT *, {_chance(spec.seed, _text(spec.key))} AS {engine.name(CHANCE)} FROM ({table_file.scan(table)})"
        )
    if len(table.files) > MOST_FILES:
        raise BadSplit(
            f"Rows of {len(table.files):,} files are not numbered.",
            "Name a column that tells rows apart as `key`.",
            field="key",
        )
    each = []
    for place, name in enumerate(table.names):
        scan = table_file.scan(table.part(place, place + 1))
        key = f"{engine.literal(name)} || '/' || (row_number() OVER () - 1)::VARCHAR"
        each.append(f"SELECT *, {_chance(spec.seed, key)} AS {engine.name(CHANCE)} FROM ({scan})")
    return " UNION ALL ".join(f"({query})" for query in each)


def _text(column: str) -> str:
    return f"coalesce(CAST({engine.name(column)} AS VARCHAR), '')"


def _chance(seed: int, key: str) -> str:
    """Return the SQL of a chance from 0 to 1 that MD5 decides, so that it is the same for ever."""
    return f"md5_number_upper('{seed}/' || {key}) / 18446744073709551616.0::DOUBLE"


def _by_time(table: TableInput, spec: SplitCreate, low: float, high: float, names: str) -> str:
    """Cut where so many rows are earlier; rows of one moment stay together, rows without one are in the first part."""
    column, scan = engine.name(spec.column), table_file.scan(table)
    conditions = []
    for share, sign in ((low, ">"), (high, "<=")):
        if 0 < share < 1:
            cut = f"(SELECT quantile_disc({column}, {share!r}) FROM ({table_file.scan(table, [spec.column])}))"
            conditions.append(f"{column} {sign} {cut}")
    where = " AND ".join(conditions) or "true"
    return f"SELECT {names} FROM ({scan}) WHERE {where}{f' OR {column} IS NULL' if low == 0 else ''}"
