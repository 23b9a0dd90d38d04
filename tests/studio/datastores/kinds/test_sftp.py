import getpass
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.studio.datastores import opening
from studiolo.studio.datastores.errors import DatastoreInvalid
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing.sshd import Sshd
from studiolo.testing.stores import servers
from studiolo.testing.stores.checks import Place, StoreChecks

Server = tuple[int, str, str]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sftp")
    servers.many(folder / "many")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    try:
        found = Sshd(tmp_path_factory.mktemp("sshd"))
    except servers.ServerMissing as error:
        pytest.skip(str(error))
    found.start()
    yield found.port, found.key, found.host_key
    found.kill()


@pytest.fixture(scope="module")
def another_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    import subprocess

    path = tmp_path_factory.mktemp("key") / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path.read_text()


class TestSftp(StoreChecks):
    """Against OpenSSH's sshd."""

    kind = "sftp"

    @pytest.fixture
    def place(self, server: Server, root: Path, another_key: str) -> Place:
        port, key, host_key = server
        self.files = root
        config = {"host": "127.0.0.1", "port": port, "user": getpass.getuser(), "folder": str(root)}
        return Place(
            {**config, "host_key": host_key},
            "private_key",
            {"private_key": key},
            wrong={"private_key": another_key},
            nowhere={"folder": str(root / "not-there")},
            port=port,
            through=lambda other: {"port": other},
            many="many",
        )

    def age(self, place: Place, path: str) -> None:
        os.utime(self.files / path, (1, 1))


def test_an_unknown_host_key_is_shown_and_not_taken(server: Server, root: Path) -> None:
    port, key, host_key = server
    config = {"host": "127.0.0.1", "port": port, "user": getpass.getuser(), "folder": str(root)}

    def check(pin: str) -> tuple[bool, str, str]:
        given = {**config, "host_key": pin} if pin else config
        store = opening.open_store("s", "sftp", "private_key", given, {"private_key": key}, Surroundings())
        found = store.check()
        store.close()
        return found.ok, found.code, found.hint

    ok, code, hint = check("")
    assert (ok, code) == (False, "datastores.host_key")
    shown = hint.rpartition(" ")[2]
    assert shown.startswith("SHA256:")
    assert check(shown) == (True, "", "")
    assert check(f"[127.0.0.1]:{port} {host_key}") == (True, "", "")
    assert check("SHA256:" + "A" * 43)[:2] == (False, "datastores.host_key")


def test_a_folder_that_may_not_be_listed_does_not_pass_the_test(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import paramiko

    def refused(*_: object, **__: object) -> Iterator[object]:  # tests may run as root, whom no server refuses
        raise PermissionError(13, "Permission denied")
        yield

    monkeypatch.setattr(paramiko.SFTPClient, "listdir_iter", refused)
    port, key, host_key = server
    config = {"host": "127.0.0.1", "port": port, "user": getpass.getuser(), "folder": str(root), "host_key": host_key}
    store = opening.open_store("s", "sftp", "private_key", config, {"private_key": key}, Surroundings())
    assert store.check().ok is False
    store.close()


def test_a_text_that_is_no_key_is_refused_before_anything_is_sent() -> None:
    config = {"host": "127.0.0.1", "user": "ada"}
    with pytest.raises(DatastoreInvalid, match="cannot be read") as caught:
        opening.open_store("s", "sftp", "private_key", config, {"private_key": "not a key"}, Surroundings())
    assert caught.value.field == "credentials.private_key"
    assert "not a key" not in str(caught.value)


def test_a_host_that_speaks_no_ssh_is_said(root: Path, tmp_path: Path) -> None:
    with servers.static_http(root, tmp_path) as port:
        config = {"host": "127.0.0.1", "port": port, "user": "ada"}
        found = opening.open_store(
            "s", "sftp", "password", config, {"password": "secret"}, Surroundings(seconds=3)
        ).check()
    assert not found.ok
    assert found.code.startswith("datastores.")
