import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.studio.datastores.errors import AccessDenied, NotAFile, ObjectChanged, StoreError
from studiolo.studio.datastores.kinds.local import LocalStore
from studiolo.studio.datastores.ports import Store
from studiolo.testing.stores.checks import Place, StoreChecks
from studiolo.testing.stores.servers import many


class TestLocal(StoreChecks):
    kind = "local"

    @pytest.fixture(scope="module")
    def root(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("store")
        many(folder / "many")
        return folder

    @pytest.fixture
    def place(self, root: Path) -> Place:
        return Place({"path": str(root)}, nowhere={"path": str(root / "not-there")}, many="many")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def store(root: Path) -> Store:
    return LocalStore(root)


def text(store: Store, path: str) -> bytes:
    with store.read(path) as file:
        return file.read()


def test_a_link_inside_is_followed_and_one_that_leads_out_is_not(tmp_path: Path, root: Path, store: Store) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (root / "real.txt").write_text("real")
    (root / "inside.txt").symlink_to(root / "real.txt")
    (root / "outside.txt").symlink_to(tmp_path / "secret.txt")
    (root / "up").symlink_to(tmp_path)
    assert text(store, "inside.txt") == b"real"
    for path in ("outside.txt", "up/secret.txt"):
        with pytest.raises(AccessDenied, match="leads out"):
            text(store, path)
    with pytest.raises(AccessDenied):
        store.write("up/new.txt", io.BytesIO(b"x"))
    assert not (tmp_path / "new.txt").exists()
    assert [entry.name for entry in store.list("", None, 10)[0]] == ["inside.txt", "real.txt"]
    assert [entry.path for entry in store.walk("")] == ["inside.txt", "real.txt"]


def test_a_folder_that_becomes_a_link_between_two_reads_is_not_followed_out(
    tmp_path: Path, root: Path, store: Store
) -> None:
    for place in (root / "a", tmp_path / "outside"):
        place.mkdir(parents=True)
        (place / "x.txt").write_text(place.name)
    with store.read("a/x.txt") as file:
        assert file.read() == b"a"
    (root / "a").rename(root / "b")
    (root / "a").symlink_to(tmp_path / "outside")
    with pytest.raises(AccessDenied), store.read("a/x.txt") as file:
        file.read()
    with store.read("b/x.txt") as file:
        assert (file.read(0), file.read(1), file.read(), file.read()) == (b"", b"a", b"", b"")


def test_loops_of_links_end(root: Path, store: Store) -> None:
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "f").write_text("x")
    (root / "a" / "b" / "back").symlink_to(root / "a")
    (root / "self").symlink_to(root / "self")
    (root / "here").symlink_to(root)
    assert [entry.path for entry in store.walk("")] == ["a/b/f"]


def test_what_belongs_to_the_studio_is_barred(root: Path) -> None:
    (root / "home" / "secrets").mkdir(parents=True)
    (root / "home" / "secrets" / "master.key").write_text("key")
    (root / "f").write_text("x")
    store = LocalStore(root, (root / "home",))
    with pytest.raises(AccessDenied, match="studio itself"):
        text(store, "home/secrets/master.key")
    with pytest.raises(AccessDenied, match="studio itself"):
        store.list("home", None, 10)
    assert [entry.name for entry in store.list("", None, 10)[0]] == ["f"]


def test_pipes_and_sockets_are_no_files(root: Path, store: Store) -> None:
    os.mkfifo(root / "pipe")
    (root / "f").write_text("x")
    with pytest.raises(NotAFile):
        text(store, "pipe")
    assert [entry.name for entry in store.walk("")] == ["f"]
    assert [entry.name for entry in store.list("", None, 10)[0]] == ["f"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(root: Path, store: Store) -> None:
    (root / "locked").write_text("x")
    (root / "locked").chmod(0)
    with pytest.raises(AccessDenied, match="locked"):
        text(store, "locked")


def test_a_name_that_is_no_text_is_told_and_not_passed_over(root: Path, store: Store) -> None:
    (root / "good").write_text("x")
    Path(os.fsdecode(os.fsencode(root) + b"/bad\xff")).write_text("x")
    assert [entry.name for entry in store.list("", None, 10)[0]] == ["good"]
    with pytest.raises(StoreError, match="no UTF-8"):
        list(store.walk(""))


def test_a_file_that_changes_while_it_is_read_is_told(root: Path, store: Store) -> None:
    (root / "f.csv").write_bytes(b"a" * (5 << 20))
    with store.read("f.csv") as file:
        file.read(1 << 20)
        with (root / "f.csv").open("r+b") as other:
            other.write(b"b")
        os.utime(root / "f.csv", (1, 1))
        with pytest.raises(ObjectChanged, match="while it was read"):
            file.read()


def test_bytes_are_read_into_given_memory_and_a_change_is_told(root: Path, store: Store) -> None:
    place = root / "a.bin"
    place.write_bytes(bytes(range(256)) * 8)
    memory = bytearray(1500)
    with store.read("a.bin", 100, 2000) as file:
        assert [file.readinto(memory) for _ in range(3)] == [1500, 400, 0]  # type: ignore[attr-defined]
    assert memory[:400] == (bytes(range(256)) * 8)[1600:2000]
    for changed in (b"x" * 2048, b""):
        place.write_bytes(bytes(range(256)) * 8)
        with store.read("a.bin") as file:
            assert file.readinto(bytearray(1000)) == 1000  # type: ignore[attr-defined]
            place.write_bytes(changed)
            os.utime(place, (1, 1))
            with pytest.raises(ObjectChanged):
                file.readinto(memory)  # type: ignore[attr-defined]


def test_writers_at_the_same_time_leave_one_whole_file(root: Path, store: Store) -> None:
    threads = [
        threading.Thread(target=store.write, args=("d/f", io.BytesIO(bytes([i]) * 100_000), 100_000)) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = text(store, "d/f")
    assert (len(found), len(set(found))) == (100_000, 1)
    assert [path.name for path in (root / "d").iterdir()] == ["f"]


def test_what_a_killed_process_left_is_hidden_and_goes_away(root: Path, store: Store) -> None:
    left = root / ".0123456789ab.studiolo-part"
    left.write_text("half")
    assert store.list("", None, 10)[0] == []
    os.utime(left, (1, 1))
    store.write("f", io.BytesIO(b"x"))
    assert not left.exists()


def test_a_deep_and_long_listing_keeps_to_its_page(root: Path, store: Store) -> None:
    for name in ("b", "a", "c"):
        (root / name).mkdir()
        (root / name / "f").write_text("x")
    page, rest = store.list("", None, 2)
    assert ([entry.name for entry in page], rest) == (["a", "b"], "b")
    page, rest = store.list("", rest, 2)
    assert ([entry.name for entry in page], rest) == (["c"], None)


@pytest.fixture(autouse=True)
def _readable_again(tmp_path: Path) -> Iterator[None]:
    yield
    for path in tmp_path.rglob("locked"):
        path.chmod(0o600)
