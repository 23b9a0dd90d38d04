"""A folder of texts: a row per file, labels from folders."""

from pathlib import Path

import pytest

from studiolo.studio.datasets import errors, looking, table_file
from studiolo.studio.datasets.formats import texts
from studiolo.studio.datasets.schemas import Reading, TableSchema
from studiolo.studio.datasets.table_file import TableInput


def look(
    tmp_path: Path, data: dict[str, bytes], known: TableSchema | None = None, work: str = "work", **options: str
) -> TableInput:
    (tmp_path / work).mkdir()
    listed = []
    for place, (name, text) in enumerate(data.items()):
        (tmp_path / work / f"file-{place}").write_bytes(text)
        listed.append((tmp_path / work / f"file-{place}", name))
    reading = Reading.model_validate({"format": "texts", **options})
    found = looking.inspect_files(listed, reading, tmp_path / work, known=known)
    paths = [readable or path for (path, _), readable in zip(listed, found.readables, strict=True)]
    return TableInput(tuple(paths), tuple(data), found.schema)


def test_each_file_is_a_row_with_the_label_of_its_folder(tmp_path: Path) -> None:
    data = {"good/1.txt": b"a,b\nlovely", "good/2.txt": "schön".encode("utf-16"), "bad/1.txt": b"\xef\xbb\xbfawful"}
    table = look(tmp_path, data, partition_format="{label}/*.txt", path_column="Path")
    assert table_file.to_arrow(table).to_pylist() == [
        {"text": "a,b\nlovely", "Path": "good/1.txt", "label": "good"},
        {"text": "schön", "Path": "good/2.txt", "label": "good"},
        {"text": "awful", "Path": "bad/1.txt", "label": "bad"},
    ]
    shown = table_file.preview(table, 2, tmp_path)
    assert [row[2] for row in shown.rows] == ["good", "good"]


def rows(table: TableInput) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in table_file.to_arrow(table).to_pylist()]


def names(table: TableInput) -> list[str]:
    return [column.name for column in table.schema.columns]


def test_a_label_and_a_split_come_from_the_folders_by_themselves(tmp_path: Path) -> None:
    files = ("aclImdb/train/neg/1.txt", "aclImdb/train/pos/2.txt", "aclImdb/test/pos/3.txt", "aclImdb/4.txt")
    table = look(tmp_path, {name: name[-5:-4].encode() for name in files})
    assert names(table) == ["text", "label", "split"]
    assert rows(table) == [("1", "neg", "train"), ("2", "pos", "train"), ("3", "pos", "test"), ("4", "aclImdb", None)]
    assert table_file.preview(table, 2, tmp_path).rows == [["1", "neg", "train"], ["2", "pos", "train"]]
    assert not table.schema.notes


def test_texts_of_one_folder_have_no_label(tmp_path: Path) -> None:
    assert names(look(tmp_path, {"notes/1.txt": b"a", "notes/2.txt": b"b"})) == ["text"]
    assert names(look(tmp_path, {"1.txt": b"a", "2.txt": b"b"}, work="top")) == ["text"]


def test_what_is_said_of_paths_takes_the_place_of_folders(tmp_path: Path) -> None:
    data = {"good/2024/1.txt": b"a", "bad/2025/1.txt": b"b"}
    table = look(tmp_path, data, partition_format="{mood}/{year}/*.txt")
    assert (names(table), rows(table)) == (["text", "mood", "year"], [("a", "good", "2024"), ("b", "bad", "2025")])
    assert not table.schema.notes
    chosen = {"path_column": "label", "columns": [{"name": "split", "rename": "part"}]}
    table = look(tmp_path, {f"train/{name}": text for name, text in data.items()}, work="more", **chosen)  # type: ignore[arg-type]
    assert (names(table), rows(table)[0]) == (["text", "label", "part"], ("a", "train/good/2024/1.txt", "train"))


def test_a_folder_that_comes_later_makes_the_first_one_a_label(tmp_path: Path) -> None:
    first = look(tmp_path, {"good/1.txt": b"a"})
    assert names(first) == ["text"]
    same = look(tmp_path, {"good/2.txt": b"b"}, known=first.schema, work="same")
    assert names(same) == ["text"]
    other = look(tmp_path, {"bad/1.txt": b"c"}, known=same.schema, work="other")
    assert names(other) == ["text", "label"]
    third = look(tmp_path, {"bad/2.txt": b"d"}, known=other.schema, work="third")
    files = first.files + same.files + other.files + third.files
    paths = ("good/1.txt", "good/2.txt", "bad/1.txt", "bad/2.txt")
    assert rows(TableInput(files, paths, third.schema)) == [("a", "good"), ("b", "good"), ("c", "bad"), ("d", "bad")]


def test_versions_from_before_there_were_labels_stay_as_they_are(tmp_path: Path) -> None:
    before = look(tmp_path, {"good/1.txt": b"a"}).schema
    del before.options["first_folder"]
    assert names(look(tmp_path, {"bad/1.txt": b"b"}, known=before, work="more")) == ["text"]


def test_a_text_that_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "LARGEST", 10)
    with pytest.raises(errors.DamagedFile, match=r"b\.txt: The text is 20 bytes"):
        look(tmp_path, {"a.txt": b"short", "b.txt": b"x" * 20})
