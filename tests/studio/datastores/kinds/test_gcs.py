import json
from collections.abc import Iterator

import pytest

from studiolo.studio.datastores import opening
from studiolo.studio.datastores.errors import DatastoreInvalid
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing.stores import servers
from studiolo.testing.stores.canned import canned
from studiolo.testing.stores.checks import Place, StoreChecks


class TestGcs(StoreChecks):
    """Against gcp-storage-emulator, which takes everybody."""

    kind = "gcs"

    @pytest.fixture(scope="module")
    def port(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
        try:
            with servers.gcs(tmp_path_factory.mktemp("gcs")) as found:
                yield found
        except servers.ServerMissing as error:
            pytest.skip(str(error))

    @pytest.fixture
    def place(self, port: int) -> Place:
        return Place(
            {"bucket": "data", "endpoint": f"http://127.0.0.1:{port}"},
            nowhere={"bucket": "not-there"},
            port=port,
            through=lambda other: {"endpoint": f"http://127.0.0.1:{other}"},
            many="many",
        )


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, "datastores.wrong_credential"),
        (403, "datastores.denied"),
        (404, "datastores.container_missing"),
        (429, "datastores.unreachable"),
        (503, "datastores.unreachable"),
    ],
)
def test_each_cause_is_named(status: int, expected: str) -> None:
    body = json.dumps({"error": {"code": status, "message": "The specified bucket does not exist."}}).encode()
    with canned(lambda _number, _request: (status, {"Content-Type": "application/json"}, body)) as port:
        config = {"bucket": "data", "endpoint": f"http://127.0.0.1:{port}"}
        found = opening.open_store("g", "gcs", "none", config, {}, Surroundings(seconds=5)).check()
    assert (found.ok, found.code) == (False, expected)


@pytest.mark.parametrize("text", ["no json", "{}", '{"type": "service_account", "private_key": "canary"}'])
def test_a_text_that_is_no_key_is_refused_and_not_said(text: str) -> None:
    with pytest.raises(DatastoreInvalid, match="no key of a service account") as caught:
        opening.open_store("g", "gcs", "service_account", {"bucket": "data"}, {"service_account": text}, Surroundings())
    assert "canary" not in str(caught.value)
