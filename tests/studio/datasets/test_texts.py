"""A folder of texts: a row per file, labels from folders."""

from pathlib import Path

import pytest

from studiolo.studio.datasets import errors, looking, table_file
from studiolo.studio.datasets.formats import texts
from studiolo.studio.datasets.schemas import Reading
from studiolo.studio.datasets.table_file import TableInput


def look(tmp_path: Path, data: dict[str, bytes], **options: str) -> TableInput:
    (tmp_path / "work").mkdir()
    listed = []
    for place, (name, text) in enumerate(data.items()):
        (tmp_path / str(place)).write_bytes(text)
        listed.append((tmp_path / str(place), name))
    found = looking.inspect_files(listed, Reading(format="texts", **options), tmp_path / "work")
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


def test_a_text_that_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "LARGEST", 10)
    with pytest.raises(errors.DamagedFile, match=r"b\.txt: The text is 20 bytes"):
        look(tmp_path, {"a.txt": b"short", "b.txt": b"x" * 20})
