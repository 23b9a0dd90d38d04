from collections.abc import Iterator

import pytest

from studiolo.studio.datastores import opening
from studiolo.studio.datastores.kinds import azure_file
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing.stores import servers
from studiolo.testing.stores.azure_files_stub import ACCOUNT as OURS
from studiolo.testing.stores.azure_files_stub import SAS
from studiolo.testing.stores.canned import canned
from studiolo.testing.stores.checks import Place, StoreChecks
from studiolo.testing.stores.servers import ACCOUNT, ACCOUNT_KEY


class TestAzureFile(StoreChecks):
    """Against a stand-in that speaks the REST interface of Azure Files."""

    kind = "azure_file"
    large = 64 << 20
    unusable = ("#hash?query.txt",)  # Azure Files takes no question mark

    @pytest.fixture(scope="module")
    def port(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
        root = tmp_path_factory.mktemp("shares")
        servers.many(root / "share" / "many")
        with servers.stub("azure_files_stub", root, tmp_path_factory.mktemp("log")) as found:
            yield found

    @pytest.fixture
    def place(self, port: int) -> Place:
        return Place(
            {"account_name": OURS, "file_share_name": "share", "endpoint": f"http://127.0.0.1:{port}/{OURS}"},
            "sas_token",
            {"sas_token": SAS},
            wrong={"sas_token": SAS.replace("c3R1ZGlvbG8", "d3Jvbmc")},
            nowhere={"file_share_name": "not-there"},
            port=port,
            through=lambda other: {"endpoint": f"http://127.0.0.1:{other}/{OURS}"},
            many="many",
        )


def test_it_has_the_fields_of_azure_ml() -> None:
    names = {field.name for field in azure_file.SPEC.fields}
    assert {"account_name", "file_share_name", "endpoint", "protocol", "account_key", "sas_token"} <= names


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "AuthorizationFailure", "datastores.denied"),
        (404, "ShareNotFound", "datastores.container_missing"),
        (503, "ServerBusy", "datastores.unreachable"),
    ],
)
def test_each_cause_is_named(status: int, code: str, expected: str) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>secret</Message></Error>".encode()
    headers = {"Content-Type": "application/xml", "x-ms-error-code": code}
    with canned(lambda _number, _request: (status, headers, body)) as port:
        endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
        config = {"account_name": ACCOUNT, "file_share_name": "share", "endpoint": endpoint}
        keys = {"account_key": ACCOUNT_KEY}
        found = opening.open_store("f", "azure_file", "account_key", config, keys, Surroundings(seconds=5)).check()
    assert (found.ok, found.code) == (False, expected)
    assert "secret" not in found.cause + found.hint
