"""Tables cut into mini-batches: by rows, by size, by groups, and what a worker reads of them."""

import pickle
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from studiolo.studio.datasets import mini_batches
from studiolo.studio.datasets.errors import BadColumnChoice
from studiolo.studio.datasets.mini_batches import Table
from studiolo.studio.experiments.parallel import batches, worker
from studiolo.studio.experiments.parallel.schemas import Parallel


def cut(tmp_path: Path, root: Path, **said: Any) -> Table:
    made = mini_batches.of(root, Parallel(data="x", **said), tmp_path / "made")
    assert made is not None
    return made


def frames(table: Table) -> list[tuple[pd.DataFrame, dict[str, Any]]]:
    return [worker._frame(table.give(number)["table"], np, pd) for number in range(len(table))]


def folder(tmp_path: Path, **files: str) -> Path:
    root = tmp_path / "data"
    root.mkdir()
    for name, text in files.items():
        (root / name.replace("__", ".")).write_text(text)
    return root


def test_rows_are_cut_by_count_and_by_bytes_in_the_order_of_the_files(tmp_path: Path) -> None:
    root = folder(tmp_path, b__csv="n\n4\n5\n", a__csv="n\n1\n2\n3\n")
    table = cut(tmp_path, root, cut="table", mini_batch_size=2)
    assert [list(frame["n"]) for frame, _ in frames(table)] == [[1, 2], [3, 4], [5]]
    assert (table.about, table.wanted(0), table.shown(2)) == ("5 rows", 2, "rows 5 to 5")
    assert len(cut(tmp_path, root, cut="table", mini_batch_size="7b")) == 3  # of 14 bytes; two rows are 6
    assert len(cut(tmp_path, root, cut="table")) == 1, "a megabyte, as in Azure ML"
    table.over(0)
    table.close()
    assert not (tmp_path / "made").exists()


def test_types_of_a_group_are_those_of_the_table(tmp_path: Path) -> None:
    root = tmp_path / "t.parquet"
    held = {
        "store": ["b", "a", "b"],
        "day": [date(2026, 1, 2), None, date(2026, 1, 3)],
        "price": [Decimal("1.10"), Decimal("2.20"), None],
        "many": pa.array([1, 2, None], pa.int64()),
        "open": [True, False, True],
        "maybe": [True, None, None],
    }
    pq.write_table(pa.table(held), root)
    table = cut(tmp_path, root, partition_keys=["store"])
    (first, of_first), (second, of_second) = frames(table)
    assert (of_first, of_second, table.wanted(0), table.items(1)) == ({"store": "a"}, {"store": "b"}, 0, 1)
    assert list(second["day"]) == [pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-03")]
    assert first["day"].isna().all()
    assert second["price"][0] == Decimal("1.10")
    assert [str(one["many"].dtype) for one in (first, second)] == ["int64", "float64"]
    assert str(second["open"].dtype) == "bool"
    assert second["maybe"][0] is True
    second["open"] = False  # what a script is given it may change


def test_an_mltable_is_a_table_only_when_it_says_how_files_are_read(tmp_path: Path) -> None:
    root = folder(tmp_path, a__csv="n,w\n1,x\n2,y\n3,y\n", b__csv="no table", MLTable="paths: [{file: ./a.csv}]\n")
    asked = Parallel(data="x", cut="auto")
    assert mini_batches.of(root, asked, tmp_path / "made") is None
    assert len(batches.of(root, asked, tmp_path / "made")) == 2, "files"
    (root / "MLTable").write_text(
        "paths: [{file: ./a.csv}]\ntransformations: [{read_delimited: {}}, {filter: \"col('n') > 1\"}, {keep_columns: [n]}]\n"
    )
    table = cut(tmp_path, root)
    assert [frame.to_dict("list") for frame, _ in frames(table)] == [{"n": [2, 3]}]
    before = table.fingerprint
    (root / "MLTable").write_text((root / "MLTable").read_text().replace("> 1", "> 2"))
    assert cut(tmp_path, root).fingerprint != before
    assert mini_batches.of(root, Parallel(data="x", cut="files"), tmp_path / "made") is not None, "asked all the same"
    assert isinstance(batches.of(root, Parallel(data="x", cut="files"), tmp_path / "made"), batches.Files)


def test_too_many_mini_batches_are_refused_before_any_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mini_batches, "MOST", 2)
    root = folder(tmp_path, a__csv="n\n1\n2\n3\n")
    for said, field in (
        ({"partition_keys": ["n"]}, "partition_keys"),
        ({"cut": "table", "mini_batch_size": 1}, "mini_batch_size"),
    ):
        with pytest.raises(BadColumnChoice, match="3 mini-batches; 2 is the most") as error:
            cut(tmp_path, root, **said)
        assert error.value.field == field


def test_what_is_given_is_plain_values(tmp_path: Path) -> None:
    """The environment of a job may hold another pandas, or another numpy: neither is in the file."""
    root = folder(tmp_path, a__csv="n,t,d\n1,x,2026-01-02\n,y,2026-01-03\n")
    with Path(cut(tmp_path, root, cut="table").give(0)["table"]).open("rb") as file:
        data = file.read()
    assert b"numpy" not in data
    assert b"pandas" not in data
    assert [name for name, *_ in pickle.loads(data)["columns"]] == ["n", "t", "d"]
