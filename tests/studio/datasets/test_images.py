"""Folders of images: a row per image, labels from folders, damaged ones named, pages of small pictures."""

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.datasets import errors, looking, service, table_file, versions
from studiolo.studio.datasets.images import gallery_process, pictures, table
from studiolo.studio.datasets.looking import InspectedFiles
from studiolo.studio.datasets.registration_schemas import FromDatastore, RegistrationCreate
from studiolo.studio.datasets.registrations import orders
from studiolo.studio.datasets.schemas import Reading
from tests.studio.datasets.registering import a_folder, finish

API = "/w/default/api/datasets/pets/versions/latest/images"


def picture(width: int = 40, height: int = 30, kind: str = "PNG", mode: str = "RGB", turn: int = 0) -> bytes:
    out = io.BytesIO()
    image = Image.new(mode, (width, height), 128 if mode in ("L", "P") else (200, 30, 30, 90)[: len(mode)])
    exif = Image.Exif()
    if turn:
        exif[0x0112] = turn
    image.save(out, kind, **({"exif": exif} if turn else {}))
    return out.getvalue()


PETS = {
    "train/cat/1.png": picture(),
    "train/cat/2.jpg": picture(400, 300, "JPEG"),
    "train/dog/1.png": picture(10, 10, mode="RGBA"),
    "val/dog/2.png": picture(mode="L"),
    "val/dog/cut.jpg": picture(400, 300, "JPEG")[:1200],
    "val/dog/really.jpg": picture(kind="PNG"),
    "val/dog/none.png": b"",
    "val/dog/text.gif": b"not an image",
}


def look(tmp_path: Path, files: dict[str, bytes], **options: Any) -> tuple[InspectedFiles, list[dict[str, Any]]]:
    (tmp_path / "work").mkdir()
    listed = []
    for place, (name, data) in enumerate(sorted(files.items())):
        (tmp_path / str(place)).write_bytes(data)
        listed.append((tmp_path / str(place), name))
    found = looking.inspect_files(listed, Reading(**options), tmp_path / "work")
    return found, table_file.to_arrow(found.table(listed)).to_pylist()


def test_each_image_is_a_row(tmp_path: Path) -> None:
    found, rows = look(tmp_path, PETS)
    by_path = {row["path"]: row for row in rows}
    assert (found.schema.format, found.schema.rows) == ("images", len(PETS))
    assert by_path["train/cat/2.jpg"] == {
        "path": "train/cat/2.jpg", "label": "cat", "split": "train", "format": "JPEG", "width": 400, "height": 300, "mode": "RGB",
        "bytes": len(PETS["train/cat/2.jpg"]), "error": None,
    }  # fmt: skip
    assert (by_path["val/dog/2.png"]["split"], by_path["val/dog/2.png"]["mode"]) == ("validation", "L")
    assert {path for path, row in by_path.items() if row["error"]} == {
        "val/dog/cut.jpg",
        "val/dog/none.png",
        "val/dog/text.gif",
    }
    assert "truncated" in by_path["val/dog/cut.jpg"]["error"]
    assert by_path["val/dog/cut.jpg"]["width"] == 400
    messages = [note.message for note in found.schema.notes]
    assert any(message.startswith("3 images cannot be shown: val/dog/cut.jpg") for message in messages)
    assert any(message.startswith("1 image is not what its name says: val/dog/really.jpg") for message in messages)


def test_a_flat_folder_has_no_labels_and_other_files_are_left_out(tmp_path: Path) -> None:
    found, rows = look(
        tmp_path, {"images/1.png": picture(), "images/2.png": picture(), "labels.csv": b"a\n"}, format="images"
    )
    assert [row["label"] for row in rows] == [None, None]
    assert found.schema.options["left_out"] == ["labels.csv"]


def test_a_partition_format_tells_labels_and_more(tmp_path: Path) -> None:
    found, rows = look(
        tmp_path, {"a/x/1.png": picture(), "b/y/2.png": picture()}, partition_format="{label}/{camera}/*.png"
    )
    assert [(row["label"], row["camera"]) for row in rows] == [("a", "x"), ("b", "y")]
    assert found.schema.columns[-1].name == "camera"


def test_without_an_image_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(errors.EmptyFile, match="None of the files is an image"):
        look(tmp_path, {"a.csv": b"a\n1\n"}, format="images")


def test_an_image_of_too_many_pixels_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MOST", 1000)
    (tmp_path / "a.png").write_bytes(picture(100, 100))
    found = pictures.look(tmp_path / "a.png")
    assert (found.width, found.small, found.error) == (100, None, "100 × 100 pixels are too many to decode")


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"


def test_what_would_start_another_program_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(EPS)
    found = pictures.look(tmp_path / "a.jpg")
    assert (found.format, found.width, found.error) == (None, None, "its bytes are no image")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "ICO", "PPM", "AVIF"])
def test_the_usual_formats_are_known(tmp_path: Path, kind: str) -> None:
    from PIL import features

    if kind in ("WEBP", "AVIF") and not features.check(kind.lower()):
        pytest.skip(f"this build of Pillow has no {kind}")
    (tmp_path / "a").write_bytes(picture(32, 32, kind))
    found = pictures.look(tmp_path / "a")
    assert (found.format, found.width, found.error) == (kind, 32, None)
    assert found.small


def test_only_some_images_are_in_memory_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Pool:
        """Looks at all that it is given, as a pool of threads may before the first of them is taken."""

        def __init__(self, _: int) -> None:
            pass

        def __enter__(self) -> "Pool":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def map(self, verb: Callable[[Path], Any], given: Iterable[Path]) -> Iterator[Any]:
            done = [verb(one) for one in given]
            asked.append(len(done))
            return iter(done)

    monkeypatch.setattr(table, "ThreadPoolExecutor", Pool)
    monkeypatch.setattr(table, "BATCH", 3)
    _, rows = look(tmp_path, PETS)
    assert [row["path"] for row in rows] == sorted(PETS)
    assert asked == [3, 3, 2]


def test_one_image_that_is_sent_is_a_table_of_one(studio: Studio, client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "Rex.png").write_bytes(picture(40, 30))
    made = studio.datasets.create(tmp_path / "Rex.png", name="pets")
    assert (made.format, made.rows, made.file_count) == ("images", 1, 1)
    assert studio.datasets.preview("pets").rows[0][:5] == ["Rex.png", None, None, "PNG", 40]
    assert studio.datasets.to_pandas("pets")["height"].tolist() == [30]
    assert client.get(API).json()["items"][0]["small"].startswith("data:image/jpeg;base64,")


def test_an_image_beside_a_table_does_not_take_its_place(ctx: Context, tmp_path: Path) -> None:
    folder = tmp_path / "src"
    a_folder(ctx, folder)
    (folder / "a.csv").write_text("n\n1\n2\n")
    asked = RegistrationCreate(name="numbers", source=FromDatastore(datastore="data"))
    assert finish(ctx, orders.start(ctx, asked), tmp_path).state == "done"
    (folder / "b.png").write_bytes(picture())
    done = finish(ctx, orders.start(ctx, asked), tmp_path)
    assert (done.state, "b.png" in done.error, "a PNG image" in done.error) == ("failed", True, True)
    made = service.get(ctx, "numbers")
    assert (made.version, made.format, made.rows) == (1, "delimited", 2)


def test_pages_are_in_order_of_paths(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    empty = dict.fromkeys((*gallery_process.SHOWN, table.SMALL))
    rows = [empty | {"path": name} for name in ("c", "a", "d", "b")]
    kinds = {"width": pa.int64(), "height": pa.int64(), "bytes": pa.int64(), table.SMALL: pa.binary()}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in empty])
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "t.parquet")
    asked = {"file": str(tmp_path / "t.parquet"), "label": None, "split": None, "damaged": False, "limit": 2}
    pages = [gallery_process._page(asked | {"offset": offset})["items"] for offset in (0, 2)]
    assert [[item["path"] for item in page] for page in pages] == [["a", "b"], ["c", "d"]]


def test_small_pictures_stand_upright(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture(400, 200, "JPEG", turn=6))
    small = pictures.look(tmp_path / "a.jpg").small
    assert small
    assert Image.open(io.BytesIO(small)).size == (80, 160)


def test_pages_of_a_version(ctx: Context, client: TestClient, tmp_path: Path) -> None:
    for name, data in PETS.items():
        (tmp_path / "src" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / name).write_bytes(data)
    a_folder(ctx, tmp_path / "src")
    asked = RegistrationCreate(name="pets", source=FromDatastore(datastore="data"))
    done = finish(ctx, orders.start(ctx, asked), tmp_path)
    assert (done.state, done.error) == ("done", "")
    made = service.get(ctx, "pets")
    assert (made.file_count, made.rows, len(versions.open_table(ctx, made).files)) == (8, 8, 1)
    found = client.get(API, params={"limit": 3}).json()
    assert [item["path"] for item in found["items"]] == ["train/cat/1.png", "train/cat/2.jpg", "train/dog/1.png"]
    assert (found["total"], found["images"], found["damaged"], found["splits"]) == (
        8,
        8,
        3,
        {"train": 3, "validation": 5},
    )
    assert found["classes"] == [
        {"label": "cat", "images": 2, "damaged": 0},
        {"label": "dog", "images": 6, "damaged": 3},
    ]
    assert found["items"][0]["small"].startswith("data:image/jpeg;base64,")
    some = client.get(API, params={"label": "dog", "split": "validation", "damaged": True, "offset": 1}).json()
    assert (some["total"], [item["path"] for item in some["items"]]) == (3, ["val/dog/none.png", "val/dog/text.gif"])
    assert client.get(API, params={"label": ""}).json()["total"] == 0
    ctx_table = client.post(
        "/w/default/api/datasets/inspections", json={"source": {"type": "dataset", "dataset": "pets:1"}}
    ).json()
    assert ctx_table["format"] == "images"
    service.create_sample(ctx, "titanic")
    problem = client.get(API.replace("pets", "titanic"))
    assert (problem.status_code, "no folder of images" in problem.json()["detail"]) == (422, True)
