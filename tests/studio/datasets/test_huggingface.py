"""Rows of a version as `datasets.Dataset` and `datasets.IterableDataset`."""

import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.errors import Invalid, MissingExtra
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets.registration_schemas import FromDatastore, RegistrationCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.datasets.rows.handle import Version
from tests.studio.datasets.registering import a_folder, finish

ROWS = 2500
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def version(studio: Studio) -> Version:
    table = pa.table(
        {
            "n": pa.array([2**53 + 1 + i for i in range(ROWS)]),
            "x": pa.array([None if i % 5 == 0 else i / 7 for i in range(ROWS)]),
            "money": pa.array([Decimal(i) / 100 for i in range(ROWS)], pa.decimal128(20, 2)),
            "at": pa.array([START + timedelta(hours=i) for i in range(ROWS)], pa.timestamp("us", "UTC")),
            "s": pa.array([None if i % 3 == 0 else f"日本 {i}" for i in range(ROWS)]),
            "yes": pa.array([i % 2 == 0 for i in range(ROWS)]),
        }
    )
    studio.datasets.create(table, "t")
    return studio.datasets.get("t")


def test_a_dataset_has_the_rows_and_their_exact_types(version: Version) -> None:
    library = pytest.importorskip("datasets")
    found = version.to_hf()
    assert isinstance(found, library.Dataset)
    assert found.num_rows == ROWS
    assert found.features["money"].dtype == "decimal128(20, 2)"
    assert found.features["at"].dtype == "timestamp[us, tz=UTC]"
    row = found[1]
    assert (row["n"], row["money"], row["at"], row["s"]) == (
        2**53 + 2, Decimal("0.01"), START + timedelta(hours=1), "日本 1",
    )  # fmt: skip
    assert found[0]["x"] is None
    assert found.filter(lambda one: one["yes"]).num_rows == ROWS // 2


def test_a_dataset_stands_on_the_buffers_of_the_table(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("datasets")
    table = version.to_arrow()
    monkeypatch.setattr(Version, "to_arrow", lambda *_: table)
    taken = version.to_hf().data.column("n").chunk(0).buffers()[1]
    assert taken.address == table["n"].chunk(0).buffers()[1].address


def test_columns_and_limit_are_those_asked_for(version: Version) -> None:
    pytest.importorskip("datasets")
    assert version.to_hf(["s", "n"], 3).column_names == ["s", "n"]
    assert version.to_hf(["n"], 3).num_rows == 3
    assert len(list(version.to_hf(["n"], 3, streaming=True))) == 3


def test_a_stream_says_the_same_each_time_it_is_gone_through(version: Version) -> None:
    library = pytest.importorskip("datasets")
    found = version.to_hf(streaming=True)
    assert isinstance(found, library.IterableDataset)
    whole = version.to_hf()
    assert found.features == whole.features
    for _ in range(2):
        assert list(found) == list(whole)
    assert [row["n"] for row in found.skip(10).take(2)] == [2**53 + 11, 2**53 + 12]
    assert sum(table.num_rows for table in found.with_format("arrow").iter(batch_size=1000)) == ROWS


def test_the_library_that_is_missing_is_named(version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    for streaming in (False, True):
        with pytest.raises(MissingExtra, match="huggingface"):
            version.to_hf(streaming=streaming)


def test_pictures_of_a_folder_are_decoded(ctx: Context, studio: Studio, tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    Image = pytest.importorskip("PIL.Image")
    a_folder(ctx, tmp_path / "src")
    for place, (label, colour) in enumerate([("cat", (250, 0, 0)), ("dog", (0, 250, 0)), ("dog", (0, 0, 250))]):
        (tmp_path / "src" / label).mkdir(exist_ok=True)
        Image.new("RGB", (4 + place, 3), colour).save(tmp_path / "src" / label / f"{place}.png")
    source = FromDatastore(datastore="data", path="")
    asked = RegistrationCreate(name="pets", kind="tabular", mode="managed", source=source)
    assert finish(ctx, orders.start(ctx, asked), tmp_path).state == "done"
    version = studio.datasets.get("pets")
    wanted = [("cat", (4, 3), (250, 0, 0)), ("dog", (5, 3), (0, 250, 0)), ("dog", (6, 3), (0, 0, 250))]
    for streaming in (False, True):
        found = version.to_hf(["path", "label"], streaming=streaming, pictures=tmp_path / "fetched")
        rows = sorted((row["label"], row["image"].size, row["image"].getpixel((0, 0))) for row in found)
        assert rows == wanted
    with pytest.raises(Invalid) as caught:
        version.to_hf(["label"], pictures=tmp_path / "fetched")
    assert caught.value.field == "columns"


def test_only_a_folder_of_images_has_pictures(version: Version, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as caught:
        version.to_hf(pictures=tmp_path)
    assert caught.value.field == "pictures"
