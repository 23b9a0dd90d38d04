"""Delta tables: a version is pinned, later commits do not change it, what cannot be read exactly is refused by name."""

import json
import shutil
import struct
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from studiolo.kernel.context import Context
from studiolo.studio.datasets import errors, looking, service, table_file
from studiolo.studio.datasets.mltable import service as mltable
from studiolo.studio.datasets.registration_schemas import FromDatastore, Registration, RegistrationCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.datasets.schemas import Reading
from tests.studio.datasets.registering import a_folder, finish

deltalake = pytest.importorskip("deltalake", reason="the extra delta is not installed")


def a_table(folder: Path) -> Path:
    """Write four versions: three rows, one more, one deleted, a column more."""
    where = str(folder)
    deltalake.write_deltalake(where, pa.table({"n": [1, 2, 3], "p": ["a", "b", "b"]}), partition_by=["p"])
    deltalake.write_deltalake(where, pa.table({"n": [4], "p": ["ü x/y"]}), mode="append")
    deltalake.DeltaTable(where).delete("n = 2")
    more = pa.table({"n": [5], "p": pa.array([None], pa.string()), "q": [1.5]})
    deltalake.write_deltalake(where, more, mode="append", schema_mode="merge")
    return folder


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_table(tmp_path_factory.mktemp("delta") / "t")


def look(folder: Path, work: Path, **reading: Any) -> tuple[Any, list[dict[str, Any]]]:
    work.mkdir(parents=True)
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    listed = [(path, str(path.relative_to(folder))) for path in paths]
    found = looking.inspect_files(listed, Reading(**reading), work)
    rows = table_file.to_arrow(found.table(listed)).to_pylist()
    return found, sorted(rows, key=lambda row: row["n"])


def moments(folder: Path) -> list[str]:
    found = []
    for path in sorted((folder / "_delta_log").glob("*.json")):
        info = next(json.loads(line)["commitInfo"] for line in path.read_text().splitlines() if "commitInfo" in line)
        found.append(datetime.fromtimestamp(info["timestamp"] / 1000).astimezone().isoformat())
    return found


def test_the_newest_version_is_read_with_its_partitions(table: Path, tmp_path: Path) -> None:
    found, rows = look(table, tmp_path / "w")
    assert rows == [
        {"n": 1, "p": "a", "q": None},
        {"n": 3, "p": "b", "q": None},
        {"n": 4, "p": "ü x/y", "q": None},
        {"n": 5, "p": None, "q": 1.5},
    ]
    assert (found.schema.format, found.schema.rows, found.schema.options["table_version"]) == ("delta", 4, 3)
    assert "Version 3 of" in found.schema.notes[0].message


def test_a_version_or_a_time_is_pinned(table: Path, tmp_path: Path) -> None:
    assert [row["n"] for row in look(table, tmp_path / "1", table_version=1)[1]] == [1, 2, 3, 4]
    assert [row["n"] for row in look(table, tmp_path / "2", table_version=0)[1]] == [1, 2, 3]
    times = moments(table)
    found, rows = look(table, tmp_path / "3", table_time=times[2])
    assert ([row["n"] for row in rows], found.schema.options["table_version"]) == ([1, 3, 4], 2)


@pytest.mark.parametrize(
    ("reading", "field", "said"),
    [
        ({"table_version": 99}, "table_version", "has no version 99"),
        ({"table_time": "2020-01-01"}, "table_time", "was not there"),
        ({"table_time": "soon"}, "table_time", "is no moment"),
    ],
)
def test_a_version_that_is_not_there_is_named(
    table: Path, tmp_path: Path, reading: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(errors.BadDelta, match=said) as told:
        look(table, tmp_path / "w", **reading)
    assert told.value.field == field


def test_columns_can_be_chosen(table: Path, tmp_path: Path) -> None:
    chosen = [{"name": "q", "include": False}, {"name": "n", "type": "text", "rename": "number"}]
    (tmp_path / "w").mkdir()
    listed = [(path, str(path.relative_to(table))) for path in sorted(table.rglob("*")) if path.is_file()]
    found = looking.inspect_files(listed, Reading.model_validate({"columns": chosen}), tmp_path / "w")
    assert [(column.name, column.type) for column in found.schema.columns] == [("number", "text"), ("p", "text")]


def test_what_cannot_be_read_exactly_is_refused(table: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(table, tmp_path / "missing")
    next(copy.rglob("p=a/*.parquet")).unlink()
    with pytest.raises(errors.BadDelta, match="is not there"):
        look(copy, tmp_path / "w1")
    copy = shutil.copytree(table, tmp_path / "damaged")
    (copy / "_delta_log" / f"{3:020}.json").write_text("{nonsense")
    with pytest.raises(errors.BadDelta, match="cannot be read"):
        look(copy, tmp_path / "w2")
    copy = shutil.copytree(table, tmp_path / "mapped")
    first = copy / "_delta_log" / f"{0:020}.json"
    lines = [json.loads(line) for line in first.read_text().splitlines()]
    for line in lines:
        if "protocol" in line:
            line["protocol"] = {"minReaderVersion": 2, "minWriterVersion": 5}
        if "metaData" in line:
            line["metaData"]["configuration"] = {"delta.columnMapping.mode": "name"}
    first.write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(errors.BadDelta):
        look(copy, tmp_path / "w3", table_version=0)
    two = tmp_path / "two"
    shutil.copytree(table, two / "a")
    shutil.copytree(table, two / "b")
    with pytest.raises(errors.BadDelta, match="2 Delta tables"):
        look(two, tmp_path / "w4")
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.csv").write_text("n\n1\n")
    with pytest.raises(errors.BadDelta, match="no Delta table"):
        look(tmp_path / "plain", tmp_path / "w5", format="delta")


def register(ctx: Context, folder: Path, **more: Any) -> Registration:
    asked = {"name": "sales", "source": FromDatastore(datastore="data"), **more}
    return finish(ctx, orders.start(ctx, RegistrationCreate.model_validate(asked)), folder)


def test_later_commits_do_not_change_a_version(ctx: Context, tmp_path: Path) -> None:
    a_table(tmp_path / "src" / "lake")
    a_folder(ctx, tmp_path / "src" / "lake")
    done = register(ctx, tmp_path, reading={"table_version": 1})
    assert (done.state, done.error) == ("done", "")
    made = service.get(ctx, "sales")
    kept = [entry.path for entry in service.manifest(ctx, made)]
    assert sum(path.endswith(".parquet") for path in kept) == 3  # those of the version, none of later commits
    assert max(path for path in kept if path.endswith(".json")).endswith(f"{1:020}.json")
    before = sorted(service.preview(ctx, "sales", None, 100).rows)
    deltalake.write_deltalake(
        str(tmp_path / "src" / "lake"), pa.table({"n": [9], "p": ["z"], "q": [0.5]}), mode="overwrite"
    )
    deltalake.DeltaTable(str(tmp_path / "src" / "lake")).vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert sorted(service.preview(ctx, "sales", 1, 100).rows) == before == [[1, "a"], [2, "b"], [3, "b"], [4, "ü x/y"]]
    register(ctx, tmp_path)
    assert service.preview(ctx, "sales", 2, 100).rows == [[9, "z", 0.5]]
    failed = register(ctx, tmp_path, mode="referenced")
    assert (failed.state, failed.field, failed.code) == ("failed", "mode", errors.BadDelta.code)
    assert "kept as a copy" in failed.error


def test_what_lies_beside_the_files_of_a_table_is_kept(ctx: Context, tmp_path: Path) -> None:
    a_table(tmp_path / "src" / "lake")
    a_folder(ctx, tmp_path / "src")
    beside = {"README.md": "about it", "labels/one.csv": "n\n1\n", "lake/notes.txt": "more", "labels/old.parquet": "x"}
    for name, text in beside.items():
        (tmp_path / "src" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "src" / name).write_text(text)
    steps = [{"read_delta_lake": {"version_as_of": 1}}]
    (tmp_path / "src" / "MLTable").write_text(yaml.safe_dump({"paths": [{"folder": "lake"}], "transformations": steps}))
    done = register(ctx, tmp_path)
    assert (done.state, done.error) == ("done", "")
    made = service.get(ctx, "sales")
    kept = [entry.path for entry in service.manifest(ctx, made)]
    assert {"MLTable", *beside} <= set(kept)
    inside = [path for path in kept if path.startswith("lake/")]
    assert sum(path.endswith(".parquet") for path in inside) == 3
    assert max(path for path in inside if path.endswith(".json")).endswith(f"{1:020}.json")


@pytest.mark.parametrize(("version", "hint"), [(1, False), (3, True)])
def test_what_is_kept_of_a_table_is_a_table(ctx: Context, tmp_path: Path, version: int, *, hint: bool) -> None:
    deltalake.DeltaTable(str(a_table(tmp_path / "src"))).create_checkpoint()
    a_folder(ctx, tmp_path / "src")
    assert register(ctx, tmp_path, reading={"table_version": version}).state == "done"
    kept = list(service.manifest(ctx, service.get(ctx, "sales")))
    for entry in kept:
        (tmp_path / "copy" / entry.path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "copy" / entry.path).write_bytes(ctx.blobs.path(str(entry.digest)).read_bytes())
    found, rows = look(tmp_path / "copy", tmp_path / "w")
    assert (found.schema.options["table_version"], len(rows)) == (version, 4)
    assert ("_delta_log/_last_checkpoint" in {entry.path for entry in kept}) == hint


def test_a_log_beside_a_table_that_was_read_makes_a_delta_table_of_all(ctx: Context, tmp_path: Path) -> None:
    a_folder(ctx, tmp_path / "src")
    deltalake.write_deltalake(str(tmp_path / "src"), pa.table({"n": [1, 2]}))
    log = tmp_path / "src" / "_delta_log"
    log.rename(tmp_path / "log")
    assert register(ctx, tmp_path).state == "done"
    assert service.get(ctx, "sales").format == "parquet"
    (tmp_path / "log").rename(log)
    deltalake.write_deltalake(str(tmp_path / "src"), pa.table({"n": [3]}), mode="append")
    done = register(ctx, tmp_path)
    assert (done.state, done.error) == ("done", "")
    made = service.get(ctx, "sales")
    assert (made.version, made.format, made.rows) == (2, "delta", 3)


def test_an_mltable_is_written_of_the_folder_of_the_table(ctx: Context, tmp_path: Path) -> None:
    a_table(tmp_path / "src" / "lake")
    a_folder(ctx, tmp_path / "src")
    assert register(ctx, tmp_path, reading={"table_version": 1}).state == "done"
    text = mltable.write(ctx, "sales", None)
    about = yaml.safe_load(text)
    assert about["paths"] == [{"folder": "./lake/"}]
    assert about["transformations"][0] == {"read_delta_lake": {"version_as_of": 1}}
    copy = shutil.copytree(tmp_path / "src", tmp_path / "copy")
    (copy / "MLTable").write_text(text)
    assert [row["n"] for row in look(copy, tmp_path / "w")[1]] == [1, 2, 3, 4]


def test_an_mltable_names_the_version(table: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(table, tmp_path / "src")
    steps = [{"read_delta_lake": {"version_as_of": 1}}, {"filter": 'col("p") == "b"'}]
    (folder / "MLTable").write_text(yaml.safe_dump({"paths": [{"folder": "."}], "transformations": steps}))
    found, rows = look(folder, tmp_path / "w")
    assert (found.schema.format, rows) == ("mltable", [{"n": 2, "p": "b"}, {"n": 3, "p": "b"}])
    steps = [{"read_delta_lake": {"timestamp_as_of": moments(table)[0]}}]
    (folder / "MLTable").write_text(yaml.safe_dump({"paths": [{"folder": "./"}], "transformations": steps}))
    found, rows = look(folder, tmp_path / "w2")
    assert (found.schema.format, [row["n"] for row in rows]) == ("delta", [1, 2, 3])


def commit(folder: Path, *actions: dict[str, Any]) -> None:
    """Append a commit to a log by hand, as engines write it that the library does not."""
    log = folder / "_delta_log"
    number = max(int(path.stem) for path in log.glob("*.json")) + 1
    told: list[dict[str, Any]] = [{"commitInfo": {"timestamp": 1_800_000_000_000, "operation": "DELETE"}}, *actions]
    (log / f"{number:020}.json").write_text("".join(f"{json.dumps(action)}\n" for action in told))


def actions(folder: Path, kind: str) -> list[dict[str, Any]]:
    lines = [line for path in sorted((folder / "_delta_log").glob("*.json")) for line in path.read_text().splitlines()]
    return [found[kind] for found in map(json.loads, lines) if kind in found]


def vector(*rows: int) -> dict[str, Any]:
    """Return a deletion vector that stands in the log: a bitmap of rows, portable Roaring in z85.

    Source: the protocol of Delta, section "Deletion Vector Format"; RoaringFormatSpec.
    """
    bitmap = struct.pack("<II", 12346, 1) + struct.pack("<HH", 0, len(rows) - 1) + struct.pack("<I", 16)
    bitmap += struct.pack(f"<{len(rows)}H", *rows)
    whole = struct.pack("<Iqi", 1681511377, 1, 0) + bitmap
    size = len(whole)
    whole += bytes(-size % 4)
    letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    words = struct.unpack(f">{len(whole) // 4}I", whole)
    text = "".join(letters[word // 85**power % 85] for word in words for power in (4, 3, 2, 1, 0))
    return {"storageType": "i", "pathOrInlineDv": text, "sizeInBytes": size, "cardinality": len(rows)}


def test_rows_that_are_deleted_by_vectors_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "t ü"
    groups = deltalake.WriterProperties(max_row_group_size=50_000)  # so that several threads read them
    for part, numbers in (("a", range(10)), ("b", range(10, 400_000))):
        written = pa.table({"n": list(numbers), "p": [part] * len(numbers)})
        deltalake.write_deltalake(str(folder), written, mode="append", partition_by=["p"], writer_properties=groups)
    features = {"readerFeatures": ["deletionVectors"], "writerFeatures": ["deletionVectors"]}
    first, second = actions(folder, "add")
    gone = [{"remove": {"path": add["path"], "deletionTimestamp": 1, "dataChange": True}} for add in (first, second)]
    kept = [{"add": add | {"deletionVector": vector(*rows)}} for add, rows in ((first, (0, 9)), (second, (0, 4, 4989)))]
    commit(folder, {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}}, *gone, *kept)
    found, rows = look(folder, tmp_path / "w")
    left = pq.read_table(found.whole)["n"].to_pylist()
    assert left == [n for n in range(400_000) if n not in (0, 9, 10, 14, 4999)], "in the order of the files"
    assert {row["p"] for row in rows} == {"a", "b"}
    _, before = look(folder, tmp_path / "w1", table_version=1)
    assert len(before) == 400_000, "the version before has them"


def test_names_that_are_mapped_to_others_in_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    written = pa.table({"col-1": [1, 2], "col-2": ["x", None], "col-3": ["a", "b"]})
    deltalake.write_deltalake(str(folder), written, partition_by=["col-3"])
    [about] = actions(folder, "metaData")
    schema = json.loads(about["schemaString"])
    for place, (field, name) in enumerate(zip(schema["fields"], ("n", "Name of it", "p"), strict=True), 1):
        field["metadata"] = {"delta.columnMapping.id": place, "delta.columnMapping.physicalName": field["name"]}
        field["name"] = name
    mapped = {"schemaString": json.dumps(schema), "partitionColumns": ["p"]}
    mapped["configuration"] = {"delta.columnMapping.mode": "name"}
    features = {"readerFeatures": ["columnMapping"], "writerFeatures": ["columnMapping"]}
    commit(
        folder, {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **features}}, {"metaData": about | mapped}
    )
    _, rows = look(folder, tmp_path / "w")
    assert rows == [{"n": 1, "Name of it": "x", "p": "a"}, {"n": 2, "Name of it": None, "p": "b"}]
