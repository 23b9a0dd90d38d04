import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from studiolo.studio.datastores import opening
from studiolo.studio.datastores.errors import HostNotFound
from studiolo.studio.datastores.kinds._kept import Kept
from studiolo.studio.datastores.ports import Fingerprint
from studiolo.studio.datastores.spec import Surroundings
from studiolo.testing.stores import servers
from studiolo.testing.stores.canned import canned
from studiolo.testing.stores.checks import Place, StoreChecks
from studiolo.testing.stores.moto_server import USER_KEY, USER_SECRET


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    try:
        with servers.moto(tmp_path_factory.mktemp("moto"), auth=True) as found:
            yield found
    except servers.ServerMissing as error:
        pytest.skip(str(error))


def place_of(port: int, bucket: str, many: str = "") -> Place:
    return Place(
        {"bucket": bucket, "endpoint": f"http://127.0.0.1:{port}", "access_key_id": USER_KEY},
        "access_key",
        {"secret_access_key": USER_SECRET},
        wrong={"secret_access_key": "some/other/secret"},
        nowhere={"bucket": "not-there"},
        port=port,
        through=lambda other: {"endpoint": f"http://127.0.0.1:{other}"},
        many=many,
    )


class TestS3(StoreChecks):
    """Against moto."""

    kind = "s3"
    unusable = ("new\nline.txt",)  # moto's routes end at it; S3 takes it

    @pytest.fixture
    def place(self, port: int) -> Place:
        return place_of(port, "data", "many")


class TestS3WithVersions(StoreChecks):
    """A bucket that keeps versions, below a folder: what was pinned stays readable."""

    kind = "s3"
    unusable = ("new\nline.txt",)
    large = 16 << 20

    @pytest.fixture
    def place(self, port: int) -> Place:
        found = place_of(port, "versioned")
        return Place({**found.config, "folder": "team/a"}, found.auth, found.credentials)


def opened(port: int, **more: str) -> opening.Store:
    config = {"bucket": "data", "endpoint": f"http://127.0.0.1:{port}", "access_key_id": "AKIA"}
    keys = {"secret_access_key": "secret", **more}
    return opening.open_store("s", "s3", "access_key", config, keys, Surroundings(seconds=5))


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (403, "RequestTimeTooSkewed", "datastores.clock"),
        (400, "ExpiredToken", "datastores.credential_expired"),
        (403, "InvalidAccessKeyId", "datastores.wrong_credential"),
        (403, "SignatureDoesNotMatch", "datastores.wrong_credential"),
        (403, "AccessDenied", "datastores.denied"),
        (404, "NoSuchBucket", "datastores.container_missing"),
        (503, "SlowDown", "datastores.unreachable"),
        (400, "SomethingNew", "datastores.failed"),
    ],
)
def test_each_cause_is_named(status: int, code: str, expected: str) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>secret</Message></Error>"
    with canned(lambda _number, _request: (status, {"Content-Type": "application/xml"}, body.encode())) as port:
        found = opened(port).check()
    assert (found.ok, found.code) == (False, expected)
    assert found.hint
    assert "secret" not in found.cause + found.hint


def test_credentials_that_expire_in_the_middle_of_a_copy(tmp_path: Path) -> None:
    """The first parts arrive, then the token ends: told so, and the upload is given up."""
    from studiolo.studio.datastores.errors import CredentialExpired
    from studiolo.testing.stores.checks import pattern

    seen: list[str] = []

    def answer(_number: int, request: str) -> tuple[int, dict[str, str], bytes]:
        seen.append(request)
        xml = {"Content-Type": "application/xml"}
        if "?uploads" in request:
            body = b"<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>"
            return 200, xml, body
        if "partNumber=1&" in request or "partNumber=2&" in request:
            return 200, {"ETag": '"e"'}, b""
        if request.startswith("DELETE"):
            return 204, {}, b""
        return 400, xml, b"<Error><Code>ExpiredToken</Code><Message>no</Message></Error>"

    with canned(answer) as port:
        store = opened(port, session_token="temporary-token")
        with pytest.raises(CredentialExpired, match="expired") as caught:
            store.write("large.bin", pattern(64 << 20), 64 << 20)
    assert "temporary-token" not in str(caught.value)
    assert any(request.startswith("DELETE") and "uploadId=u1" in request for request in seen)
    assert not any(
        "CompleteMultipartUpload" in request or request.startswith("POST /data/large.bin?uploadId") for request in seen
    )


def test_a_bucket_for_everybody_needs_no_key() -> None:
    """Without a key nothing is signed: what the bucket's owner opened to everybody is read."""
    seen: list[str] = []
    body = b"<ListBucketResult><Name>data</Name><KeyCount>0</KeyCount></ListBucketResult>"

    def answer(_number: int, request: str) -> tuple[int, dict[str, str], bytes]:
        seen.append(request)
        return 200, {"Content-Type": "application/xml"}, body

    with canned(answer) as port:
        config = {"bucket": "data", "endpoint": f"http://127.0.0.1:{port}"}
        assert opening.open_store("s", "s3", "none", config, {}, Surroundings(seconds=5)).check().ok
    assert seen
    assert not any("Signature" in request for request in seen)


def test_a_host_that_nobody_knows_is_named() -> None:
    config = {"bucket": "data", "endpoint": "https://nowhere.invalid"}
    with pytest.raises(HostNotFound, match=r"nowhere\.invalid"):
        opening.open_store("s", "s3", "none", config, {}, Surroundings(seconds=5))


def test_plain_http_where_tls_is_expected_is_named() -> None:
    with canned(lambda _number, _request: (200, {}, b"")) as port:
        config = {"bucket": "data", "endpoint": f"https://127.0.0.1:{port}"}
        found = opening.open_store("s", "s3", "none", config, {}, Surroundings(seconds=5)).check()
    assert (found.ok, found.code) == (False, "datastores.tls")


def test_the_head_of_an_object_takes_two_requests_and_a_client_is_kept() -> None:
    """A look at one object asks whether it is there and for its bytes; the next store of the same settings has the same client."""
    seen: list[str] = []

    def answer(_number: int, request: str) -> tuple[int, dict[str, str], bytes]:
        seen.append(request)
        return 200, {"ETag": '"e"', "Last-Modified": "Thu, 26 Nov 2026 10:00:00 GMT"}, b"a,b\n1,2\n"

    with canned(answer) as port:
        first = opened(port)
        [entry] = first.walk("sales.csv")
        with first.read(entry.path, 0, entry.size) as file:
            assert file.read() == b"a,b\n1,2\n"
        assert [request.partition(" ")[0] for request in seen] == ["HEAD", "GET"], seen
        assert entry.fingerprint == Fingerprint("etag", '"e"', 8)
        clients = {id(store._store._client) for store in (first, opened(port), opened(port, session_token="t"))}
    assert len(clients) == 2, "other credentials, another client"


def test_clients_are_kept_few_and_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    kept: Kept[list[str]] = Kept(closed.extend)
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    first = kept.get("a", lambda: ["a"])
    assert kept.get("a", lambda: ["never"]) is first
    for name in "bcdefghi":
        kept.get(name, lambda name=name: [name])  # type: ignore[misc]
    assert closed == ["a"], "the one that was not asked for longest makes room"
    now[0] = 299.0
    assert kept.get("b", lambda: ["never"]) == ["b"]
    now[0] = 301.0  # credentials of the machine may have changed, however often it was asked for
    assert kept.get("b", lambda: ["b again"]) == ["b again"]
    assert sorted(closed) == list("abcdefghi")
