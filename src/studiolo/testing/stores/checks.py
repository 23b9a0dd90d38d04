"""What every kind of file datastore keeps: subclass `StoreChecks`, give it a place, and a new kind gets all these tests."""

import hashlib
import io
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from studiolo.kernel.ids import new_id
from studiolo.studio.datastores import opening
from studiolo.studio.datastores.errors import (
    BadLocation,
    NotAFile,
    ObjectChanged,
    PathNotFound,
    StoreError,
    StoreReadOnly,
    StoreUnreachable,
    Truncated,
)
from studiolo.studio.datastores.ports import Entry, Store
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing.stores.proxy import Proxy, proxy
from studiolo.testing.stores.sources import SourceBroke, pattern, pattern_bytes, peak

MANY = 10_000
LARGE = 256 << 20
ODD = (
    "naïve café.txt", "日本語/файл.csv", "عربى.txt", "🦄 unicorn.bin", "a b+c%20d&e=f;g,h@i!.txt",
    'it\'s "quoted" (1) [2] {3} ~$.txt', "#hash?query.txt", "new\nline.txt", "tab\tand .dots..txt",
)  # fmt: skip


@dataclass
class Place:
    """Where a kind is tried. port: of the server, for what breaks it; many: a folder that holds MANY files, `f00000` on.

    wrong: credentials that are not accepted; nowhere: settings of a container that is not there; secrets: never to be said;
    through: the settings that lead to another port of the loopback.
    """

    config: dict[str, Any]
    auth: str = "none"
    credentials: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] | None = None
    nowhere: dict[str, Any] | None = None
    port: int | None = None
    through: Callable[[int], dict[str, Any]] | None = None
    many: str = ""


class StoreChecks:
    """Set `kind`, and give the fixture `place`. A kind that only reads says so and gives `writer` as well."""

    kind: ClassVar[str]
    writable: ClassVar[bool] = True
    large: ClassVar[int] = LARGE
    unusable: ClassVar[tuple[str, ...]] = ()  # names that the other side itself cannot keep
    grows: ClassVar[int] = 160 << 20  # bytes that this process may grow by while the large object passes

    @pytest.fixture
    def place(self) -> Place:
        """Return where it is tried."""
        raise NotImplementedError

    def writer(self, place: Place) -> Store:
        """Return a store that writes to the same place; the kind's own unless it only reads."""
        return self.open(place)

    def open(
        self,
        place: Place,
        *,
        config: Mapping[str, Any] | None = None,
        credentials: Mapping[str, str] | None = None,
        read_only: bool = False,
        seconds: float = 20,
    ) -> Store:
        """Open the store of a place, as the studio does."""
        return opening.open_store(
            "checked",
            self.kind,
            place.auth,
            {**place.config, **(config or {})},
            place.credentials if credentials is None else credentials,
            Surroundings(seconds=seconds),
            read_only=read_only,
        )

    @pytest.fixture
    def store(self, place: Place) -> Iterator[Store]:
        """The opened store."""
        found = self.open(place)
        yield found
        found.close()

    @pytest.fixture
    def base(self) -> str:
        """A folder of this test alone."""
        return f"t{new_id()[-12:]}"

    def put(self, place: Place, path: str, content: bytes) -> Entry:
        """Write a small file."""
        return self.writer(place).write(path, io.BytesIO(content), len(content))

    def get(self, store: Store, path: str, start: int = 0, end: int | None = None) -> bytes:
        """Read a file."""
        with store.read(path, start, end) as file:
            return file.read()

    def drain(self, store: Store, path: str) -> None:
        """Read a file to its end."""
        with store.read(path) as file:
            while file.read(1 << 20):
                pass

    def test_a_connection_that_works_says_so(self, store: Store) -> None:
        found = store.check()
        assert (found.ok, found.cause) == (True, "")
        assert found.milliseconds > 0

    def test_a_hundred_files(self, place: Place, store: Store, base: str) -> None:
        content = {f"{base}/{i % 4}/f{i:03}.bin": bytes([i]) * 10_000 for i in range(100)}
        writer = self.writer(place)
        for path, data in content.items():
            writer.write(path, io.BytesIO(data), len(data))
        found = {entry.path: entry for entry in store.walk(base)}
        assert found.keys() == content.keys()
        assert {entry.size for entry in found.values()} == {10_000}
        assert all(entry.fingerprint is not None for entry in found.values())
        assert all(self.get(store, path) == data for path, data in content.items())
        top, rest = store.list(base, None, 100)
        assert ([(e.name, e.folder) for e in top], rest) == ([(str(i), True) for i in range(4)], None)
        stated = store.stat(f"{base}/0/f000.bin")
        assert stated.fingerprint == found[stated.path].fingerprint

    def test_several_threads_read_at_once(self, place: Place, store: Store, base: str) -> None:
        """A registration reads with more than one thread, from one store."""
        content = {f"{base}/f{i:02}.bin": bytes([i]) * (1000 + i) for i in range(40)}
        writer = self.writer(place)
        for path, data in content.items():
            writer.write(path, io.BytesIO(data), len(data))
        found = list(store.walk(base))
        with ThreadPoolExecutor(4) as pool:
            read = pool.map(lambda entry: (entry.path, self.get(store, entry.path)), found * 3)
            assert dict(read) == content

    def test_a_folder_comes_in_pages(self, place: Place, store: Store, base: str) -> None:
        names = [f"f{i:02}" for i in range(25)]
        for name in names:
            self.put(place, f"{base}/{name}", b"x")
        seen: list[str] = []
        cursor, pages = None, 0
        while pages == 0 or cursor:
            entries, cursor = store.list(base, cursor, 10)
            assert len(entries) <= 10
            seen += [entry.name for entry in entries]
            pages += 1
        assert (sorted(seen), len(seen)) == (names, 25)

    def test_a_large_object_streams_both_ways_in_little_memory(self, place: Place, store: Store, base: str) -> None:
        path = f"{base}/large.bin"
        wanted = hashlib.sha256()
        source = pattern(self.large)
        while piece := source.read(1 << 20):
            wanted.update(piece)
        with peak() as grown:
            entry = self.writer(place).write(path, pattern(self.large), self.large)
            assert entry.size == self.large
            came, size = hashlib.sha256(), 0
            with store.read(path) as file:
                while piece := file.read(1 << 20):
                    came.update(piece)
                    size += len(piece)
            assert (size, came.hexdigest()) == (self.large, wanted.hexdigest())
            assert grown() < self.grows, f"grew by {grown() >> 20} MiB"
        at = self.large - 1000
        assert self.get(store, path, at, at + 500) == pattern_bytes(at, at + 500)
        self.writer(place).delete(path)

    @pytest.fixture
    def crowd(self, place: Place) -> Place:
        """Where the folder of MANY files is; a server that such a folder slows down has a second one for it."""
        return place

    def test_ten_thousand_files_are_listed_and_walked(self, crowd: Place) -> None:
        place = crowd
        if not place.many:
            pytest.skip("this place has no such folder")
        store = self.open(place, seconds=60)
        seen: list[str] = []
        cursor, pages = None, 0
        while pages == 0 or cursor:
            entries, cursor = store.list(place.many, cursor, 1000)
            seen += [entry.name for entry in entries]
            pages += 1
        assert seen == [f"f{i:05}" for i in range(MANY)]
        assert pages <= MANY / 1000 + 2
        if self.writable:
            assert sum(1 for _ in store.walk(place.many)) == MANY

    def test_parts_of_a_file(self, place: Place, store: Store, base: str) -> None:
        path = f"{base}/part.bin"
        content = bytes(range(256)) * 40
        self.put(place, path, content)
        for start, end in ((0, None), (0, 10), (100, 200), (10_000, None), (10_239, 10_240), (5000, 99_999)):
            assert self.get(store, path, start, end) == content[start:end], (start, end)
        for start, end in ((10_240, None), (20_000, 30_000), (50, 50)):
            assert self.get(store, path, start, end) == b"", (start, end)

    def test_an_empty_file(self, place: Place, store: Store, base: str) -> None:
        self.put(place, f"{base}/empty", b"")
        assert store.stat(f"{base}/empty").size == 0
        assert self.get(store, f"{base}/empty") == b""
        assert [(entry.path, entry.size) for entry in store.walk(base)] == [(f"{base}/empty", 0)]

    @pytest.mark.parametrize("name", ODD, ids=[name.encode("unicode_escape").decode() for name in ODD])
    def test_odd_names(self, place: Place, store: Store, base: str, name: str) -> None:
        if name in self.unusable:
            pytest.skip("the other side cannot keep this name")
        path = f"{base}/{name}"
        self.put(place, path, name.encode())
        assert self.get(store, path) == name.encode()
        assert [entry.path for entry in store.walk(base)] == [path]
        assert store.stat(path).path == path
        folder = path.rpartition("/")[0]
        assert [entry.path for entry in store.list(folder, None, 10)[0]] == [path]

    @pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "a//b", ".", "..", "", "a/./b", "x\0y"])
    def test_a_path_never_leaves_the_root(self, store: Store, path: str) -> None:
        with pytest.raises(BadLocation):
            store.stat(path)
        with pytest.raises(BadLocation), store.read(path):
            pass

    def test_what_is_not_there_is_said(self, store: Store, base: str) -> None:
        with pytest.raises(PathNotFound):
            store.stat(f"{base}/no.csv")
        with pytest.raises(PathNotFound), store.read(f"{base}/no.csv") as file:
            file.read()
        with pytest.raises(PathNotFound):
            list(store.walk(f"{base}/none"))
        with pytest.raises(PathNotFound):
            store.list(f"{base}/none", None, 10)
        if self.writable:
            with pytest.raises(PathNotFound):
                store.delete(f"{base}/no.csv")

    def test_a_folder_is_no_file(self, place: Place, store: Store, base: str) -> None:
        self.put(place, f"{base}/in/a.txt", b"a")
        assert store.stat(f"{base}/in").folder
        with pytest.raises(NotAFile), store.read(f"{base}/in") as file:
            file.read()

    def test_a_file_walks_as_itself(self, place: Place, store: Store, base: str) -> None:
        self.put(place, f"{base}/a.txt", b"a")
        self.put(place, f"{base}/a.txt.more", b"b")
        assert [entry.path for entry in store.walk(f"{base}/a.txt")] == [f"{base}/a.txt"]

    def test_a_replaced_object_is_not_what_was_pinned(self, place: Place, store: Store, base: str) -> None:
        path = f"{base}/pinned.bin"
        self.put(place, path, b"first")
        before = store.stat(path)
        assert before.fingerprint is not None
        with store.read(path, pin=before.fingerprint) as file:
            assert file.read() == b"first"
        self.age(place, path)
        self.put(place, path, b"second one")
        after = store.stat(path)
        assert after.fingerprint != before.fingerprint
        if before.fingerprint.kind == "version_id":
            with store.read(path, pin=before.fingerprint) as file:
                assert file.read() == b"first"
        else:
            with pytest.raises(ObjectChanged), store.read(path, pin=before.fingerprint) as file:
                file.read()
        assert self.get(store, path) == b"second one"

    def age(self, place: Place, path: str) -> None:
        """Make a file older, where a state of the store is told by seconds; nothing elsewhere."""

    def test_deleting(self, place: Place, store: Store, base: str) -> None:
        if not self.writable:
            pytest.skip("it only reads")
        self.put(place, f"{base}/gone.txt", b"x")
        self.put(place, f"{base}/stays.txt", b"x")
        store.delete(f"{base}/gone.txt")
        assert [entry.name for entry in store.walk(base)] == ["stays.txt"]

    def test_a_source_of_unknown_size(self, place: Place, store: Store, base: str) -> None:
        if not self.writable:
            pytest.skip("it only reads")
        size = (20 << 20) + 17
        entry = store.write(f"{base}/unknown.bin", pattern(size))
        assert entry.size == size
        assert self.get(store, f"{base}/unknown.bin", size - 100) == pattern_bytes(size - 100, size)

    @pytest.mark.parametrize("fails_at", [0, 1 << 20, 20 << 20])
    def test_a_source_that_breaks_leaves_what_was_there(
        self, place: Place, store: Store, base: str, fails_at: int
    ) -> None:
        if not self.writable:
            pytest.skip("it only reads")
        path = f"{base}/whole.bin"
        self.put(place, path, b"old")
        with pytest.raises(SourceBroke):
            store.write(path, pattern(32 << 20, fails_at), 32 << 20)
        assert self.get(store, path) == b"old"
        assert [entry.path for entry in store.walk(base)] == [path]

    def test_a_source_shorter_than_announced_is_refused(self, place: Place, store: Store, base: str) -> None:
        if not self.writable:
            pytest.skip("it only reads")
        for size, announced in ((500, 1000), (12 << 20, 20 << 20)):
            with pytest.raises(Truncated):
                store.write(f"{base}/short.bin", pattern(size), announced)
        self.put(place, f"{base}/other", b"x")
        assert [entry.name for entry in store.walk(base)] == ["other"]

    def test_read_only_is_kept(self, place: Place, base: str) -> None:
        store = self.open(place, read_only=True)
        with pytest.raises(StoreReadOnly):
            store.write(f"{base}/x", io.BytesIO(b"x"), 1)
        with pytest.raises(StoreReadOnly):
            store.delete(f"{base}/x")
        store.close()

    def test_a_wrong_credential_is_named_and_not_said(self, place: Place, base: str) -> None:
        if place.wrong is None:
            pytest.skip("this place takes everybody")
        store = self.open(place, credentials=place.wrong)
        found = store.check()
        assert found.code in ("datastores.wrong_credential", "datastores.denied"), found
        assert found.hint
        with pytest.raises(StoreError) as caught:
            store.list("", None, 10)
        said = f"{found} {caught.value} {caught.value.problem()}"
        assert not any(value in said for value in place.wrong.values())
        store.close()

    def test_a_container_that_is_not_there_is_named(self, place: Place) -> None:
        if place.nowhere is None:
            pytest.skip("this place has none")
        store = self.open(place, config=place.nowhere)
        assert store.check().code == "datastores.container_missing"
        store.close()

    def test_nothing_listens(self, place: Place) -> None:
        if place.through is None or place.port is None:
            pytest.skip("there is no server")
        with proxy("127.0.0.1", place.port) as dead:
            port = dead.port
        store = self.open(place, config=place.through(port), seconds=5)
        found = store.check()
        assert found.code == "datastores.refused", found
        assert "127.0.0.1" in found.cause or str(port) in found.cause or found.hint
        store.close()

    def test_a_server_stopped_half_way_through_a_read(self, place: Place, base: str) -> None:
        if place.through is None or place.port is None:
            pytest.skip("there is no server")
        path, size = f"{base}/half.bin", 24 << 20
        self.writer(place).write(path, pattern(size), size)
        with proxy("127.0.0.1", place.port) as between:
            store = self.open(place, config=place.through(between.port), seconds=5)
            between.cut_after(6 << 20)
            begun = time.monotonic()
            with pytest.raises((StoreUnreachable, Truncated)):
                self.drain(store, path)
            assert time.monotonic() - begun < 30
            store.close()

    def test_a_server_stopped_half_way_through_a_write(self, place: Place, base: str) -> None:
        if not self.writable or place.through is None or place.port is None:
            pytest.skip("there is no server, or it only reads")
        path, size = f"{base}/half.bin", 24 << 20
        self.put(place, path, b"old")
        with proxy("127.0.0.1", place.port) as between:
            store = self.open(place, config=place.through(between.port), seconds=5)
            store.stat(path)
            between.cut_after(10 << 20)
            with pytest.raises((StoreUnreachable, Truncated)):
                store.write(path, pattern(size), size)
            store.close()
        after = self.open(place)
        assert self.get(after, path) == b"old"
        assert [entry.path for entry in after.walk(base)] == [path]
        after.close()


__all__ = ["LARGE", "MANY", "ODD", "Place", "Proxy", "StoreChecks", "pattern", "pattern_bytes", "peak"]
