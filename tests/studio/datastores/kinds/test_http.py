from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.studio.datastores import opening
from studiolo.studio.datastores.errors import Unsupported
from studiolo.studio.datastores.kinds.local import LocalStore
from studiolo.studio.datastores.ports import Store
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing.stores import servers
from studiolo.testing.stores.canned import canned
from studiolo.testing.stores.checks import Place, StoreChecks

USER, PASSWORD = "ada", "correct horse battery"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    servers.many(folder / "many")
    return folder


class TestHttp(StoreChecks):
    """A server with ranges, ETags and a password."""

    kind = "http"
    writable = False

    @pytest.fixture(scope="module")
    def port(self, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
        with servers.ranged_http(root, tmp_path_factory.mktemp("http"), user=USER, password=PASSWORD) as found:
            yield found

    @pytest.fixture
    def place(self, port: int) -> Place:
        return Place(
            {"url": f"http://127.0.0.1:{port}", "user": USER},
            "basic",
            {"password": PASSWORD},
            wrong={"password": "not the password"},
            nowhere={"url": f"http://127.0.0.1:{port}/not/there"},
            port=port,
            through=lambda other: {"url": f"http://127.0.0.1:{other}"},
            many="many",
        )

    @pytest.fixture(autouse=True)
    def _root(self, root: Path) -> None:
        self.served = root

    def writer(self, place: Place) -> Store:
        return LocalStore(self.served)


class TestHttpWithoutRanges(StoreChecks):
    """Python's own http.server: no ranges, no ETags."""

    kind = "http"
    writable = False
    large = 64 << 20

    @pytest.fixture(scope="module")
    def port(self, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
        with servers.static_http(root, tmp_path_factory.mktemp("http")) as found:
            yield found

    @pytest.fixture
    def place(self, port: int) -> Place:
        return Place({"url": f"http://127.0.0.1:{port}"}, port=port, many="many")

    @pytest.fixture(autouse=True)
    def _root(self, root: Path) -> None:
        self.served = root

    def writer(self, place: Place) -> Store:
        return LocalStore(self.served)


def test_a_server_without_an_index_says_so_and_still_gives_files(root: Path, tmp_path: Path) -> None:
    (root / "index").mkdir(exist_ok=True)
    (root / "index" / "index.html").write_text("<p>Nothing to see</p>")
    (root / "index" / "f.txt").write_text("x")
    with servers.static_http(root, tmp_path) as port:
        about = Surroundings()
        store = opening.open_store("w", "http", "none", {"url": f"http://127.0.0.1:{port}/index"}, {}, about)
        assert store.list("", None, 10) == ([], None)
        with store.read("f.txt") as file:
            assert file.read() == b"x"
        store = opening.open_store("w", "http", "none", {"url": f"http://127.0.0.1:{port}/index/f.txt"}, {}, about)
        with pytest.raises(Unsupported, match="no index"):
            store.list("", None, 10)


def test_a_private_address_is_refused_where_the_owner_says_so() -> None:
    config = {"url": "http://127.0.0.1:9"}
    found = opening.open_store("w", "http", "none", config, {}, Surroundings(private=False)).check()
    assert (found.ok, found.code) == (False, "outbound.refused")
    assert "STUDIOLO_DATASTORE_PRIVATE" in found.hint


def test_the_address_of_cloud_metadata_is_always_refused() -> None:
    config = {"url": "http://169.254.169.254/latest"}
    found = opening.open_store("w", "http", "none", config, {}, Surroundings()).check()
    assert (found.ok, found.code) == (False, "outbound.refused")


def test_a_host_that_nobody_knows_is_named() -> None:
    found = opening.open_store("w", "http", "none", {"url": "http://nowhere.invalid"}, {}, Surroundings()).check()
    assert (found.ok, found.code) == (False, "datastores.host_not_found")
    assert "nowhere.invalid" in found.cause


def test_a_server_that_wants_a_sign_in_is_told_from_one_that_refuses_it() -> None:
    with canned(lambda _number, _request: (401, {}, b"")) as port:
        open_, basic = ({"url": f"http://127.0.0.1:{port}", **more} for more in ({}, {"user": "ada"}))
        nobody = opening.open_store("w", "http", "none", open_, {}, Surroundings()).check()
        ada = opening.open_store("w", "http", "basic", basic, {"password": PASSWORD}, Surroundings()).check()
    assert (nobody.code, ada.code) == ("datastores.wrong_credential",) * 2
    assert "wants a sign-in" in nobody.cause
    assert "did not accept" in ada.cause
