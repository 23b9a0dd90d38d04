"""Azure ML's data YAML, and frames of any library."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from studiolo.kernel.errors import Invalid
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets import data_yaml


def asset(folder: Path, text: str) -> data_yaml.DataAsset:
    (folder / "data.yml").write_text(text)
    return data_yaml.read(folder / "data.yml")


def test_local_and_remote_paths_are_understood(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "one.csv").write_text("a\n1\n")
    schema = "$schema:  https://azuremlschemas.azureedge.net/latest/data.schema.json\n"
    found = asset(
        tmp_path, f"{schema}name: pics\ndescription: of cats\ntags: {{a: 1}}\ntype: uri_folder \npath: ./images\n"
    )
    assert (found.name, found.kind, found.description, found.tags) == ("pics", "file", "of cats", {"a": "1"})
    assert found.place == (tmp_path / "images").resolve()
    assert asset(tmp_path, "name: x\ntype: uri_file\npath: one.csv\n").place == (tmp_path / "one.csv").resolve()
    remote = asset(tmp_path, "name: x\ntype: uri_file\npath: azureml://datastores/blob/paths/a/b.csv\n")
    assert remote.source == {"datastore": "blob", "path": "a/b.csv"}
    assert asset(tmp_path, "name: x\ntype: uri_file\npath: https://e.org/a.csv\n").source == {
        "url": "https://e.org/a.csv"
    }


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("- a\n", "file"),
        ("name: [\n", "file"),
        ("path: x\n", "name"),
        ("name: x\n", "path"),
        ("name: x\npath: nowhere\n", "path"),
        ("name: x\npath: .\ntype: uri_wolf\n", "type"),
        ("name: x\npath: .\ntags: a\n", "tags"),
        ("name: x\npath: .\ncolour: red\n", "colour"),
        ("name: x\npath: azureml://x/y\n", "path"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, field: str) -> None:
    with pytest.raises(Invalid) as told:
        asset(tmp_path, text)
    assert told.value.field == field


def test_frames_of_any_library_become_versions(studio: Studio) -> None:
    plain = {"n": [1, 2, 3], "s": ["a", None, "ü"]}
    first = studio.datasets.create(pa.table(plain), name="frame")
    assert (first.rows, [column.name for column in first.table.columns]) == (3, ["n", "s"])
    second = studio.datasets.create(pd.DataFrame(plain, index=[7, 8, 9]), name="pandas")
    assert (second.rows, [column.name for column in second.table.columns]) == (3, ["n", "s"])
    reader = pa.table(plain).to_reader(1)
    assert studio.datasets.create(reader, name="stream").rows == 3
    with pytest.raises(Invalid, match="gives no Arrow stream"):
        studio.datasets.create(object(), name="x")  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="cannot be written"):
        studio.datasets.create(pd.DataFrame({"x": [1, "a", object()]}), name="x")
