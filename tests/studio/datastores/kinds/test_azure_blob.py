import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studiolo.studio.datastores import opening
from studiolo.studio.datastores.errors import CredentialExpired
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing.stores import servers
from studiolo.testing.stores.canned import canned
from studiolo.testing.stores.checks import Place, StoreChecks
from studiolo.testing.stores.servers import ACCOUNT, ACCOUNT_KEY


def fill(port: int) -> None:
    """Make the container, the one blob that is multiplied, and folders as a hierarchical namespace shows them."""
    from azure.storage.blob import BlobServiceClient

    credential = {"account_name": ACCOUNT, "account_key": ACCOUNT_KEY}
    with BlobServiceClient(f"http://127.0.0.1:{port}/{ACCOUNT}", credential=credential) as service:
        with service.create_container("lake") as lake:
            lake.upload_blob("marked", b"", metadata={"hdi_isfolder": "true"})
            lake.upload_blob("marked/empty", b"", metadata={"hdi_isfolder": "true"})
            lake.upload_blob("marked/f.csv", b"a,b")
        with service.create_container("data") as data:
            data.upload_blob("many/f00000", b"x")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    try:
        with servers.azurite(tmp_path_factory.mktemp("azurite"), fill) as found:
            yield found
    except servers.ServerMissing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    try:
        with servers.azurite(tmp_path_factory.mktemp("crowded"), fill, crowded=True) as found:
            yield found
    except servers.ServerMissing as error:
        pytest.skip(str(error))


def endpoint(port: int) -> str:
    return f"http://127.0.0.1:{port}/{ACCOUNT}"


def wrong() -> dict[str, str]:
    return {"account_key": "d3JvbmcgYWNjb3VudCBrZXkgb2YgbWluZQ=="}


class TestAzureBlob(StoreChecks):
    """Against Azurite."""

    kind = "azure_blob"

    @pytest.fixture
    def place(self, port: int) -> Place:
        return Place(
            {"account_name": ACCOUNT, "container_name": "data", "endpoint": endpoint(port)},
            "account_key",
            {"account_key": ACCOUNT_KEY},
            wrong=wrong(),
            nowhere={"container_name": "not-there"},
            port=port,
            through=lambda other: {"endpoint": endpoint(other)},
        )

    @pytest.fixture
    def crowd(self, crowded: int) -> Place:
        config = {"account_name": ACCOUNT, "container_name": "data", "endpoint": endpoint(crowded)}
        return Place(config, "account_key", {"account_key": ACCOUNT_KEY}, many="many")


class TestDataLake(StoreChecks):
    """The blob endpoint of a data lake: folders are objects there."""

    kind = "azure_data_lake_gen2"
    large = 16 << 20

    @pytest.fixture
    def place(self, port: int) -> Place:
        config = {"account_name": ACCOUNT, "filesystem": "lake", "endpoint": endpoint(port), "folder": "team"}
        return Place(
            config, "account_key", {"account_key": ACCOUNT_KEY}, wrong=wrong(), nowhere={"filesystem": "not-there"}
        )


def lake(port: int) -> opening.Store:
    config = {"account_name": ACCOUNT, "filesystem": "lake", "endpoint": endpoint(port)}
    return opening.open_store(
        "l", "azure_data_lake_gen2", "account_key", config, {"account_key": ACCOUNT_KEY}, Surroundings()
    )


def test_markers_of_folders_are_folders_and_no_empty_files(port: int) -> None:
    store = lake(port)
    assert [entry.path for entry in store.walk("marked")] == ["marked/f.csv"]
    assert [(e.path, e.folder) for e in store.list("marked", None, 10)[0]] == [
        ("marked/empty", True),
        ("marked/f.csv", False),
    ]
    assert store.stat("marked").folder
    assert store.list("marked/empty", None, 10) == ([], None)


def sas(port: int, hours: float) -> str:
    from datetime import UTC, datetime, timedelta

    from azure.storage.blob import ContainerSasPermissions, generate_container_sas

    return str(
        generate_container_sas(
            ACCOUNT,
            "data",
            account_key=ACCOUNT_KEY,
            permission=ContainerSasPermissions(read=True, list=True),
            start=datetime.now(UTC) - timedelta(hours=48),
            expiry=datetime.now(UTC) + timedelta(hours=hours),
        )
    )


def by_sas(port: int, token: str) -> opening.Store:
    config = {"account_name": ACCOUNT, "container_name": "data", "endpoint": endpoint(port)}
    return opening.open_store("b", "azure_blob", "sas_token", config, {"sas_token": token}, Surroundings())


def test_a_token_that_reads_does_not_write(port: int) -> None:
    import io

    from studiolo.studio.datastores.errors import AccessDenied

    token = sas(port, 1)
    store = by_sas(port, "?" + token)
    assert store.check().ok
    with pytest.raises(AccessDenied) as caught:
        store.write("no.txt", io.BytesIO(b"x"), 1)
    assert token not in str(caught.value)
    assert "sig=" not in str(caught.value)


def test_a_token_that_ended_is_named(port: int) -> None:
    with pytest.raises(CredentialExpired, match="ended at"):
        by_sas(port, sas(port, -1))


def test_a_token_that_ends_in_the_middle_of_a_copy_is_named(port: int) -> None:
    """The server says that it does not allow this, as it would of one file that may not be read."""
    store = by_sas(port, sas(port, 2.5 / 3600))
    path = next(iter(store.walk(""))).path
    deadline = time.monotonic() + 30

    def copy() -> None:
        while time.monotonic() < deadline:
            with store.read(path) as stream:
                stream.read(1)

    with pytest.raises(CredentialExpired, match="ended at"):
        copy()


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "AuthenticationFailed", "datastores.wrong_credential"),
        (403, "AuthorizationPermissionMismatch", "datastores.denied"),
        (404, "ContainerNotFound", "datastores.container_missing"),
        (404, "ResourceNotFound", "datastores.container_missing"),
        (409, "PublicAccessNotPermitted", "datastores.wrong_credential"),
        (503, "ServerBusy", "datastores.unreachable"),
    ],
)
def test_each_cause_is_named(status: int, code: str, expected: str) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>secret</Message></Error>".encode()
    headers = {"Content-Type": "application/xml", "x-ms-error-code": code}
    with canned(lambda _number, _request: (status, headers, body)) as port:
        config: dict[str, Any] = {"account_name": ACCOUNT, "container_name": "data", "endpoint": endpoint(port)}
        keys = {"account_key": ACCOUNT_KEY}
        found = opening.open_store("b", "azure_blob", "account_key", config, keys, Surroundings(seconds=5)).check()
    assert (found.ok, found.code) == (False, expected)
    assert "secret" not in found.cause + found.hint


def test_a_key_that_is_cut_off_is_named() -> None:
    config: dict[str, Any] = {"account_name": ACCOUNT, "container_name": "data", "endpoint": endpoint(9)}
    keys = {"account_key": ACCOUNT_KEY[:-3]}
    found = opening.open_store("b", "azure_blob", "account_key", config, keys, Surroundings(seconds=5)).check()
    assert (found.ok, found.code) == (False, "datastores.wrong_credential")
    assert "no account key" in found.cause


def test_files_of_the_emulator_stay_in_its_folder(port: int, tmp_path: Path) -> None:
    assert not list(Path.cwd().glob("__azurite*"))
