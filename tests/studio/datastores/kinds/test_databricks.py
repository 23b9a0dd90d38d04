import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.testing.stores import servers
from studiolo.testing.stores.checks import Place, StoreChecks
from studiolo.testing.stores.dbfs_stub import TOKEN


class TestDatabricks(StoreChecks):
    """Against a stand-in that speaks /api/2.0/dbfs."""

    kind = "databricks"
    large = 64 << 20  # in blocks of 1 MiB as base64 in JSON

    @pytest.fixture(scope="module")
    def root(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("dbfs")
        servers.many(folder / "FileStore" / "many")
        return folder

    @pytest.fixture(scope="module")
    def port(self, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
        with servers.stub("dbfs_stub", root, tmp_path_factory.mktemp("log")) as found:
            yield found

    @pytest.fixture
    def place(self, port: int, root: Path) -> Place:
        self.files = root
        return Place(
            {"url": f"http://127.0.0.1:{port}", "folder": "/FileStore"},
            "token",
            {"token": TOKEN},
            wrong={"token": "dapi-some-other-token"},
            nowhere={"folder": "/not/there"},
            port=port,
            through=lambda other: {"url": f"http://127.0.0.1:{other}"},
            many="many",
        )

    def age(self, place: Place, path: str) -> None:
        os.utime(self.files / "FileStore" / path, (1, 1))
