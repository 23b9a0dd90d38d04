import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.testing.stores import servers
from studiolo.testing.stores.checks import Place, StoreChecks

USER, PASSWORD = "ada", "correct horse battery"


class TestWebDav(StoreChecks):
    """Against WsgiDAV."""

    kind = "webdav"
    # WsgiDAV decodes the target of a MOVE before it takes it apart: what would end a path ends it
    unusable = ("#hash?query.txt", "a b+c%20d&e=f;g,h@i!.txt", "new\nline.txt", "tab\tand .dots..txt")

    @pytest.fixture(scope="module")
    def root(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        folder = tmp_path_factory.mktemp("dav")
        servers.many(folder / "many")
        return folder

    @pytest.fixture(scope="module")
    def port(self, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
        try:
            with servers.webdav(root, tmp_path_factory.mktemp("log"), user=USER, password=PASSWORD) as found:
                yield found
        except servers.ServerMissing as error:
            pytest.skip(str(error))

    @pytest.fixture
    def place(self, port: int, root: Path) -> Place:
        self.files = root
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

    def age(self, place: Place, path: str) -> None:
        os.utime(self.files / path, (1, 1))
