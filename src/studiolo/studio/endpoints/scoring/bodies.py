"""From the bytes of a request to a table, in each of the shapes that clients send."""

import csv
import io
import re
from typing import Any

import orjson

from studiolo.studio.endpoints.scoring.problems import BadBody, BadRows, WrongMedia

_NOT_JSON = re.compile(rb"(?<![\w\"])-?(NaN|Infinity|nan|inf(?:inity)?|None|True|False|undefined)(?![\w\"])")
_SCORE = ("data", "input_data", "Inputs", "inputs", "instances", "dataframe_split", "dataframe_records")
_INVOKE = ("dataframe_split", "dataframe_records", "instances", "inputs")
_BESIDE = {"params", "GlobalParameters"}
_SHAPES = 'Send {"data": [{"column": value, …}, …]}; GET /openapi.json shows an example.'


class Table:
    """Rows of a request, either as records or as columns; `at` is where they stood in the body, for messages.

    positional: the columns had no names, they stand in the order of the model's inputs.
    params: what the client wants passed to `predict`.
    """

    __slots__ = ("at", "columns", "params", "positional", "records", "rows")

    def __init__(
        self,
        at: str,
        rows: int,
        *,
        records: list[dict[str, Any]] | None = None,
        columns: dict[str, list[Any]] | None = None,
        positional: list[list[Any]] | None = None,
    ) -> None:
        self.at = at
        self.rows = rows
        self.records = records
        self.columns = columns
        self.positional = positional
        self.params: dict[str, Any] | None = None


def read(body: bytes, media: bytes, invocations: bool) -> Table:
    """Read a body. media: the content type, lower case; JSON when empty.

    Raises BadBody, BadRows, WrongMedia.
    """
    if not media or media.startswith((b"application/json", b"text/plain")) or b"+json" in media:
        return _from_json(body, invocations)
    if media.startswith((b"text/csv", b"application/csv")):
        return _from_csv(body)
    if media.startswith(b"application/x-www-form-urlencoded"):  # what curl -d says when nobody told it otherwise
        return _from_json(body, invocations)
    raise WrongMedia(
        f"The content type '{media.decode('latin-1')[:80]}' is not understood.",
        "Send application/json or text/csv.",
        field="Content-Type",
    )


def _from_json(body: bytes, invocations: bool) -> Table:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _unreadable(body, error) from None
    if type(found) is dict:
        return _from_document(found, _INVOKE if invocations else _SCORE)
    if type(found) is list and not invocations:
        return from_rows(found, "", "The body")
    wanted = " or ".join(f"'{name}'" for name in _INVOKE) if invocations else "an object with 'data', or a list"
    raise BadRows(f"The body is {kind_of(found)} where {wanted} is needed.", _SHAPES, field="body")


def _unreadable(body: bytes, error: orjson.JSONDecodeError) -> BadBody:
    if not body.strip():
        return BadBody("The body is empty.", _SHAPES, field="body")
    literal = _NOT_JSON.search(body, max(0, len(body[: error.pos]) - 12))
    if literal is not None:
        word = literal.group(0).decode()
        hint = {"True": "Write true.", "False": "Write false."}.get(word, "Send null for a missing value.")
        where = body[: literal.start()].count(b"\n") + 1
        field = _last_key(body[: literal.start()])
        named = f" for '{field}'" if field else ""
        return BadBody(f"'{word}'{named} (line {where}) is not JSON.", hint, field=field or "body")
    if "infinity" in error.msg:
        return BadBody(
            f"A number in line {error.lineno}, column {error.colno} is too large for a 64-bit float.",
            "Send a smaller number, or null.",
            field="body",
        )
    return BadBody(
        f"The body is not valid JSON: {error.msg.partition(': line')[0]} (line {error.lineno}, column {error.colno}).",
        "Check quotes, commas and brackets at that place.",
        field="body",
    )


def _last_key(before: bytes) -> str:
    found = re.search(rb'"([^"\\]{1,200})"\s*:\s*$', before)
    return found.group(1).decode("utf-8", "replace") if found else ""


def _from_document(found: dict[str, Any], shapes: tuple[str, ...]) -> Table:
    named = [name for name in found if name in shapes]
    if len(named) != 1:
        listed = ", ".join(f"'{name}'" for name in shapes)
        have = f"has {' and '.join(repr(name) for name in named)}" if named else "has none of them"
        raise BadRows(f"The body needs exactly one of {listed}; it {have}.", _SHAPES, field="body")
    name = named[0]
    if len(found) > 1:
        unknown = next((key for key in found if key != name and key not in _BESIDE), None)
        if unknown is not None:
            raise BadRows(f"The body has '{unknown}', which means nothing beside '{name}'.", _SHAPES, field=unknown)
    table = _shaped(name, found[name])
    params = found.get("params")
    if params is not None:
        if not isinstance(params, dict):
            raise BadRows(f"'params' is {kind_of(params)} where an object is needed.", field="params")
        table.params = params or None
    return table


def _shaped(name: str, value: Any) -> Table:
    split = name in {"data", "input_data"} and isinstance(value, dict) and "data" in value
    if name == "dataframe_split" or split:
        return _split(value, name)
    if name == "Inputs" and isinstance(value, dict):  # Azure's AutoML says {"data": …}, its Designer the port's name
        if len(value) != 1:
            raise BadRows("'Inputs' needs exactly one member, e.g. 'data'.", _SHAPES, field="Inputs")
        ((port, rows),) = value.items()
        return _listed(rows, f"Inputs.{port}")
    if name == "inputs" and isinstance(value, dict):
        return _columns(value, name)
    return _listed(value, name)


def _listed(value: Any, at: str) -> Table:
    if type(value) is not list:
        raise BadRows(f"'{at}' is {kind_of(value)} where a list of rows is needed.", _SHAPES, field=at)
    return from_rows(value, at, f"'{at}'")


def from_rows(rows: list[Any], at: str, name: str) -> Table:
    """Make a table of a list of records, or of a list of lists in the order of the model's inputs."""
    if not rows:
        raise BadRows(f"{name} holds no rows.", "Send at least one row.", field=at or "body")
    kind = type(rows[0])
    if kind is dict:
        for place, row in enumerate(rows):
            if type(row) is not dict:
                raise BadRows(
                    f"Row {place} of {name} is {kind_of(row)} where the rows before it are objects.",
                    _SHAPES,
                    field=f"{at}[{place}]",
                )
        return Table(at, len(rows), records=rows)
    if kind is list:
        width = len(rows[0])
        for place, row in enumerate(rows):
            if type(row) is not list or len(row) != width:
                has = f"has {len(row)} values" if type(row) is list else f"is {kind_of(row)}"
                raise BadRows(
                    f"Row {place} of {name} {has} where the first has {width}.", _SHAPES, field=f"{at}[{place}]"
                )
        return Table(at, len(rows), positional=rows)
    return Table(at, len(rows), positional=[[value] for value in rows])


def _split(value: Any, at: str) -> Table:
    if not isinstance(value, dict):
        raise BadRows(
            f"'{at}' is {kind_of(value)} where an object with 'columns' and 'data' is needed.", _SHAPES, field=at
        )
    names, rows = value.get("columns"), value.get("data")
    if type(rows) is not list:
        raise BadRows(f"'{at}.data' is {kind_of(rows)} where a list of rows is needed.", _SHAPES, field=f"{at}.data")
    if names is None:
        return from_rows(rows, f"{at}.data", f"'{at}.data'")
    if type(names) is not list or not all(isinstance(name, str | int) for name in names):
        raise BadRows(f"'{at}.columns' must be a list of column names.", _SHAPES, field=f"{at}.columns")
    keys = [str(name) for name in names]
    if len(set(keys)) != len(keys):
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise BadRows(f"'{at}.columns' names '{twice}' twice.", "Name each column once.", field=f"{at}.columns")
    if not rows:
        raise BadRows(f"'{at}.data' holds no rows.", "Send at least one row.", field=f"{at}.data")
    for place, row in enumerate(rows):
        if type(row) is not list or len(row) != len(keys):
            has = f"has {len(row)} values" if type(row) is list else f"is {kind_of(row)}"
            raise BadRows(
                f"Row {place} of '{at}.data' {has} where 'columns' names {len(keys)}.",
                "Give each row one value per column.",
                field=f"{at}.data[{place}]",
            )
    if len(rows) == 1:
        return Table(at, 1, records=[dict(zip(keys, rows[0], strict=True))])
    return Table(at, len(rows), columns=dict(zip(keys, map(list, zip(*rows, strict=True)), strict=True)))


def _columns(value: dict[str, Any], at: str) -> Table:
    if not value:
        raise BadRows(f"'{at}' has no columns.", _SHAPES, field=at)
    columns = {name: found if type(found) is list else [found] for name, found in value.items()}
    sizes = {len(found) for found in columns.values()}
    if len(sizes) != 1:
        listed = ", ".join(f"'{name}' {len(found)}" for name, found in list(columns.items())[:4])
        raise BadRows(f"The columns of '{at}' differ in length: {listed}.", "Give each as many values.", field=at)
    (rows,) = sizes
    if not rows:
        raise BadRows(f"The columns of '{at}' are empty.", "Send at least one row.", field=at)
    return Table(at, rows, columns=columns)


def _from_csv(body: bytes) -> Table:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadBody(
            f"The body is not UTF-8 (byte {error.start}).", "Encode the CSV as UTF-8.", field="body"
        ) from None
    try:
        lines = [line for line in csv.reader(io.StringIO(text), strict=True) if line]
    except csv.Error as error:
        raise BadBody(f"The body is not valid CSV: {error}.", "Check the quotes.", field="body") from None
    if len(lines) < 2:
        what = "has a header and no rows" if lines else "is empty"
        raise BadRows(f"The CSV {what}.", "Send a header line and at least one row.", field="body")
    names, *rows = lines
    for place, row in enumerate(rows):
        if len(row) != len(names):
            raise BadRows(
                f"Row {place} of the CSV has {len(row)} values where the header names {len(names)}.",
                "Give each row one value per column.",
                field=f"row {place}",
            )
    if len(set(names)) != len(names):
        raise BadRows("The header of the CSV names a column twice.", "Name each column once.", field="body")
    columns = {
        name: [value if value != "" else None for value in column]
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
    return Table("csv", len(rows), columns=columns)


def kind_of(value: Any) -> str:
    """Say what a JSON value is."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "text" if isinstance(value, str) else "a number"
