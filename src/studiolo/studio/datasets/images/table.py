"""The table of a folder of images: a row per image, written as Parquet with the small pictures beside the columns."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studiolo.studio.datasets.errors import EmptyFile
from studiolo.studio.datasets.images import names, pictures
from studiolo.studio.datasets.reading import folders, parquet_copy
from studiolo.studio.datasets.reading.partitions import Partitions
from studiolo.studio.datasets.schemas import ColumnSchema, ReadingNote, ReadOptions, TableSchema

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT = "images"
SMALL = "small picture"  # a column of the Parquet file, not of the table
BATCH = 500
NAMED = 3
COLUMNS = (
    ColumnSchema(name="path", type="text", sql_type="VARCHAR", stored="VARCHAR"),
    ColumnSchema(name="label", type="text", sql_type="VARCHAR", stored="VARCHAR"),
    ColumnSchema(name="split", type="text", sql_type="VARCHAR", stored="VARCHAR"),
    ColumnSchema(name="format", type="text", sql_type="VARCHAR", stored="VARCHAR"),
    ColumnSchema(name="width", type="integer", sql_type="BIGINT", stored="BIGINT"),
    ColumnSchema(name="height", type="integer", sql_type="BIGINT", stored="BIGINT"),
    ColumnSchema(name="mode", type="text", sql_type="VARCHAR", stored="VARCHAR"),
    ColumnSchema(name="bytes", type="integer", sql_type="BIGINT", stored="BIGINT"),
    ColumnSchema(name="error", type="text", sql_type="VARCHAR", stored="VARCHAR"),
)
Report = Callable[[int, str], None]


def wanted(options: ReadOptions, files: Sequence[str]) -> bool:
    """Say whether files are read as images: when that was asked for, or all of them are called so."""
    if options.format is not None:
        return options.format == FORMAT
    return len(files) > 0 and all(names.is_image(name) for name in files)


def make(
    files: Sequence[tuple[Path, str]], options: ReadOptions, target: Path, report: Report
) -> tuple[TableSchema, list[str]]:
    """Look into the images and write the table; returns its schema, and the files that are no images.

    Label and split come from folders, or from the keys `label` and `split` of a partition format; its other keys are columns.
    Raises EmptyFile where there is no image.
    """
    import pyarrow as pa

    chosen = [(path, name) for path, name in files if names.is_image(name)]
    left = [name for _, name in files if not names.is_image(name)]
    if not chosen:
        raise EmptyFile("None of the files is an image.", "They end in .jpg, .png, .webp, .gif, .tif or .bmp.")
    keys = _told(options, [name for _, name in chosen])
    known = {column.name for column in COLUMNS}
    further = [key for key in (keys[0] if keys else {}) if key not in known]
    columns = [
        *COLUMNS,
        *(ColumnSchema(name=key, type="text", sql_type="VARCHAR", stored="VARCHAR") for key in further),
    ]
    told = folders.told([name for _, name in chosen])
    counts: Counter[str] = Counter()
    first: dict[str, list[str]] = {}
    types = {"text": pa.string(), "integer": pa.int64()}
    schema = pa.schema([*((column.name, types[column.type]) for column in columns), (SMALL, pa.binary())])

    def rows() -> "Iterator[pa.RecordBatch]":
        with ThreadPoolExecutor(2) as pool:
            for start in range(0, len(chosen), BATCH):  # what is looked at waits in memory until its rows are written
                some = chosen[start : start + BATCH]
                held: list[dict[str, Any]] = []
                for place, picture in enumerate(pool.map(pictures.look, [path for path, _ in some]), start):
                    name, (label, split) = chosen[place][1], told[place]
                    report(place, name)
                    more = keys[place] if keys else {}
                    of_path = {key: more[key] for key in ("label", "split", *further) if key in more}
                    held.append({"path": name, "label": label, "split": split, **_row(picture), **of_path})
                    for what in _noticed(picture, name):
                        counts[what] += 1
                        first.setdefault(what, []).append(name)
                        del first[what][NAMED:]
                yield pa.RecordBatch.from_pylist(held, schema)

    pictures.library()
    written = parquet_copy.write(schema, rows(), target)
    notes = [_note(what, count, first[what]) for what, count in counts.items()]
    options_of = {"images": {"damaged": counts[DAMAGED], "misnamed": counts[MISNAMED]}}
    return TableSchema(format=FORMAT, columns=columns, rows=written, options=options_of, notes=notes), left


DAMAGED, MISNAMED = "cannot be shown", "are not what their names say"


def _row(picture: pictures.Picture) -> dict[str, Any]:
    return {
        "format": picture.format, "width": picture.width, "height": picture.height, "mode": picture.mode, "bytes": picture.size,
        "error": picture.error, SMALL: picture.small,
    }  # fmt: skip


def _noticed(picture: pictures.Picture, name: str) -> Iterator[str]:
    if picture.error:
        yield DAMAGED
    elif not picture.fits(name):
        yield MISNAMED


def _note(what: str, count: int, first: list[str]) -> ReadingNote:
    named = ", ".join(first) + (", …" if count > len(first) else "")
    many = f"{count:,} images" if count > 1 else "1 image"
    said = what if count > 1 else what.replace("are not what their names say", "is not what its name says")
    return ReadingNote(
        message=f"{many} {said}: {named}.", column="error" if what == DAMAGED else "format", file=first[0]
    )


def _told(options: ReadOptions, listed: Sequence[str]) -> list[dict[str, str]]:
    """Return what a partition format tells of each image; nothing without one."""
    if not options.partition_format:
        return []
    partitions = Partitions.parse(options.partition_format)
    return [{key: str(value) for key, value in partitions.values(name).items()} for name in listed]
