"""The columns that the paths of files tell, added to a schema; and the column that orders its rows in time."""

from collections.abc import Sequence

from studiolo.studio.datasets.errors import BadColumnChoice
from studiolo.studio.datasets.reading import folders
from studiolo.studio.datasets.reading.choices import applied
from studiolo.studio.datasets.reading.dialect import check_names
from studiolo.studio.datasets.reading.partitions import Partitions
from studiolo.studio.datasets.schemas import ColumnChoice, ColumnSchema, Reading, ReadOptions, TableSchema

MOMENTS = ("date", "datetime")


def add_columns(schema: TableSchema, options: ReadOptions, names: Sequence[str], *, begun: bool = False) -> TableSchema:
    """Return the schema with the columns of paths, partitions and folders, and its timestamp.

    names: of the files, which must fit the partition format; begun: others were looked into before. Raises BadPartitionFormat, BadColumnName and BadColumnChoice.
    """
    added: list[ColumnSchema] = []
    read = dict(schema.options)
    there = {column.name for column in schema.columns if column.origin != "file"}
    if options.path_column and options.path_column.strip() not in there:
        name = options.path_column.strip()
        added.append(ColumnSchema(name=name, type="text", sql_type="VARCHAR", origin="path", field=[name]))
    partition_format = options.partition_format or read.get("partition_format")
    if partition_format:
        partitions = Partitions.parse(partition_format)
        for name in names:
            partitions.values(name)
        added += [column for column in partitions.columns() if column.name not in there]
        read["partition_format"] = partition_format
    elif schema.format == "texts":
        taken = there | {column.name for column in added}
        told = folders.columns(names, read, begun=begun)
        added += [column for column in told if column.name not in taken]
    if added and names:
        read.setdefault("first_file", names[0])  # a job's input of one file has another name
    if isinstance(options, Reading) and added:
        choices = {choice.name: choice for choice in options.columns}
        for column in added:
            _typed_by_its_path(column, choices.get(column.name))
        added = applied(added, choices)
    columns = [*schema.columns, *added]
    check_names([column.name for column in columns])
    timestamp = (options.timestamp if isinstance(options, Reading) else "") or schema.timestamp
    return ordered(schema.model_copy(update={"columns": columns, "options": read}), timestamp)


def _typed_by_its_path(column: ColumnSchema, choice: ColumnChoice | None) -> None:
    if choice is not None and (
        (choice.type or column.type) != column.type or choice.formats or choice.true or choice.false
    ):
        raise BadColumnChoice(
            f"'{column.name}' comes from the paths of the files and is {column.type}.",
            "Moments are said in the partition format: {day:yyyy/MM/dd}.",
            field="columns",
        )


def ordered(schema: TableSchema, timestamp: str) -> TableSchema:
    """Return the schema with the column that orders its rows in time, none where it is empty; raises BadColumnChoice."""
    if timestamp:
        column = next((column for column in schema.columns if column.name == timestamp), None)
        if column is None or column.type not in MOMENTS:
            raise BadColumnChoice(
                f"'{timestamp[:100]}' cannot be the timestamp: "
                + (
                    "the table has no such column."
                    if column is None
                    else f"it is {column.type}, not a date or datetime."
                ),
                "Choose a column of dates or moments, or set its type and format first.",
                field="timestamp",
            )
    return schema.model_copy(update={"timestamp": timestamp})
