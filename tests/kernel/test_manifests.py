"""Lists of many files as blobs: the same for the same files, little rewritten by an append, nothing lost to the sweep."""

import random
from pathlib import Path

import pytest

from studiolo.kernel.storage import manifests
from studiolo.kernel.storage.blobs import BlobMissing, LocalBlobStore
from studiolo.kernel.storage.manifests import Entry, Fingerprint, Manifest, ManifestUnreadable
from studiolo.runner import inputs


def digest(number: int) -> str:
    return f"{number:064x}"


def many(count: int, folders: int = 20) -> list[Entry]:
    found = [Entry(f"d{n % folders:02}/f{n:07}.csv", n, digest(n)) for n in range(count)]
    return sorted(found, key=lambda entry: entry.path)


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobStore:
    return LocalBlobStore(tmp_path / "blobs")


def test_few_files_are_one_blob_that_reads_back(blobs: LocalBlobStore) -> None:
    given = [
        Entry("a b/ü.csv", 3, digest(1), readable=digest(2)),
        Entry("z.parquet", 5, None, fingerprint=Fingerprint("etag", '"x"'), mtime=12.5),
    ]
    written = manifests.write(blobs, given)
    assert (written.files, written.bytes) == (2, 8)
    found = Manifest(blobs, written.digest)
    assert list(found.entries()) == given
    assert found.parts() == []
    assert set(manifests.named(blobs, [written.digest])) == {digest(1), digest(2)}


def test_the_same_files_are_the_same_manifest_and_order_is_demanded(blobs: LocalBlobStore) -> None:
    assert manifests.write(blobs, many(5000)) == manifests.write(blobs, many(5000))
    with pytest.raises(ValueError, match="must come after"):
        manifests.write(blobs, [Entry("b", 1), Entry("a", 1)])
    with pytest.raises(ValueError, match="must come after"):
        manifests.write(blobs, [Entry("a", 1), Entry("a", 1)])


@pytest.mark.parametrize("flat", [True, False])
def test_an_append_rewrites_little_wherever_it_falls(blobs: LocalBlobStore, flat: bool) -> None:
    files = many(50_000, folders=1 if flat else 50)
    first = manifests.write(blobs, files)
    before = {part.manifest for part in Manifest(blobs, first.digest).parts()}
    assert len(before) > 10
    random.seed(5)
    for _ in range(5):
        where = random.randrange(len(files))
        added = [*files[: where + 1], Entry(f"{files[where].path}.new", 1, digest(10**6)), *files[where + 1 :]]
        after = {part.manifest for part in Manifest(blobs, manifests.write(blobs, added).digest).parts()}
        assert len(after - before) <= 2


def test_reading_a_page_opens_only_the_parts_it_needs(blobs: LocalBlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    files = many(30_000)
    found = Manifest(blobs, manifests.write(blobs, files).digest)
    opened: list[str] = []
    plain = blobs.open
    monkeypatch.setattr(blobs, "open", lambda name: opened.append(name) or plain(name))
    rest = found.entries(files[-3].path)
    assert [entry.path for entry in rest] == [files[-2].path, files[-1].path]
    assert len(opened) <= 3
    opened.clear()
    assert found.find(files[100].path) == files[100]
    assert found.find("nowhere") is None
    assert len(opened) <= 6
    assert [entry.path for entry in found.below("d07")] == [e.path for e in files if e.path.startswith("d07/")]


def test_what_is_no_manifest_is_said(blobs: LocalBlobStore) -> None:
    with pytest.raises(ManifestUnreadable, match="is no manifest"):
        Manifest(blobs, blobs.put(b"a,b\n1,2\n").digest)
    with pytest.raises(ManifestUnreadable, match="format 9"):
        Manifest(blobs, blobs.put(b'{"format":9,"files":0,"bytes":0}\n').digest)
    with pytest.raises(BlobMissing):
        list(manifests.named(blobs, [digest(7)]))


def test_keep_holds_all_and_says_what_is_missing(blobs: LocalBlobStore) -> None:
    here = blobs.put(b"here").digest
    listed = manifests.write(blobs, [Entry("a", 4, here), Entry("b", 4, digest(9))])
    assert manifests.keep(blobs, listed.digest) == [digest(9)]


def test_the_runner_places_files_with_a_listing_and_judges_names(blobs: LocalBlobStore, tmp_path: Path) -> None:
    names = [f"x/{n:04}.txt" for n in range(1500)] + ["y/ä\u202b.txt"]
    plain, readable = blobs.put(b"plain"), blobs.put(b"readable")
    listed = manifests.write(
        blobs, [Entry(n, 5, plain.digest, readable.digest if n < "x/0002" else None) for n in names]
    )
    into = tmp_path / "inputs" / "files"
    order = {
        "blobs": str(blobs.root),
        "manifests": [{"manifest": listed.digest, "into": str(into), "listing": f"{into}.json"}],
    }
    assert inputs.place(order, lambda: True) == len(names)
    assert (into / names[0]).read_bytes() == b"readable"
    assert (into / names[5]).read_bytes() == b"plain"
    assert (into / names[5]).stat().st_ino == blobs.path(plain.digest).stat().st_ino
    import json

    told = json.loads((tmp_path / "inputs" / "files.json").read_text("utf-8"))
    assert [item["path"] for item in told] == names
    assert told[-1]["file"] == f"files/{names[-1]}"
    bad = blobs.put(
        b'{"format":1,"files":1,"bytes":1}\n{"path":"../../x","size":1,"digest":"%s"}\n' % plain.digest.encode()
    )
    order["manifests"] = [{"manifest": bad.digest, "into": str(tmp_path / "bad"), "listing": None}]
    with pytest.raises(inputs.Missing, match="leaves its folder"):
        inputs.place(order, lambda: True)
    order["manifests"] = [{"manifest": digest(3), "into": str(tmp_path / "bad2"), "listing": None}]
    with pytest.raises(inputs.Missing, match="not in the store"):
        inputs.place(order, lambda: True)


def test_the_runner_copies_again_what_a_power_cut_left_behind(blobs: LocalBlobStore, tmp_path: Path) -> None:
    listed = manifests.write(blobs, [Entry("a.txt", 5, blobs.put(b"whole").digest)])
    order = {
        "blobs": str(blobs.root),
        "manifests": [{"manifest": listed.digest, "into": str(tmp_path), "listing": None}],
        "copied": True,
    }
    (tmp_path / "a.txt").write_bytes(b"wh")
    assert inputs.place(order, lambda: True) == 1
    assert (tmp_path / "a.txt").read_bytes() == b"whole"
