import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.studio.datastores import opening
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing.stores import servers
from studiolo.testing.stores.checks import Place, StoreChecks
from studiolo.testing.stores.webhdfs_stub import TOKEN, USER


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hdfs")
    servers.many(folder / "data" / "many")
    return folder


@pytest.fixture(scope="module")
def port(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with servers.stub("webhdfs_stub", root, tmp_path_factory.mktemp("log")) as found:
        yield found


class TestWebHdfs(StoreChecks):
    """Against a stand-in: name node and data node in one."""

    kind = "webhdfs"
    large = 128 << 20

    @pytest.fixture
    def place(self, port: int, root: Path) -> Place:
        self.files = root
        return Place(
            {"url": f"http://127.0.0.1:{port}", "folder": "/data"},
            "delegation",
            {"delegation": TOKEN},
            wrong={"delegation": "some-other-token"},
            nowhere={"folder": "/not/there"},
            port=port,
            through=lambda other: {"url": f"http://127.0.0.1:{other}"},
            many="many",
        )

    def age(self, place: Place, path: str) -> None:
        os.utime(self.files / "data" / path, (1, 1))


def test_a_user_by_name(port: int) -> None:
    config = {"url": f"http://127.0.0.1:{port}", "folder": "/data"}
    assert opening.open_store("h", "webhdfs", "user", {**config, "user": USER}, {}, Surroundings()).check().ok
    found = opening.open_store("h", "webhdfs", "user", {**config, "user": "eve"}, {}, Surroundings()).check()
    assert found.code == "datastores.denied"


def test_what_is_no_name_node_is_said(root: Path, tmp_path: Path) -> None:
    with servers.static_http(root, tmp_path) as port:
        config = {"url": f"http://127.0.0.1:{port}", "folder": "/"}
        found = opening.open_store("h", "webhdfs", "none", config, {}, Surroundings()).check()
    assert not found.ok
    assert found.hint
