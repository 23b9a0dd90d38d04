"""What SDK and CLI talk through: finds the studio, and turns every answer into a noun or an error."""

from pathlib import Path

import httpx
import pytest

from studiolo.kernel.errors import Invalid, Remote
from studiolo.kernel.home import Home
from studiolo.kernel.http import FileChanged, NotRunning, Transport


def transport(handler: object, **options: str) -> Transport:
    client = httpx.Client(transport=httpx.MockTransport(handler), base_url="http://studio")  # type: ignore[arg-type]
    return Transport("http://studio", "t", client=client, **options)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STUDIOLO_URL", "STUDIOLO_TOKEN", "STUDIOLO_WORKSPACE", "STUDIOLO_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_it_finds_the_studio_of_this_machine_through_the_home(tmp_path: Path) -> None:
    Home(tmp_path).write_state({"url": "http://127.0.0.1:1/"})
    Home(tmp_path).write_token("studiolo_x")
    found = Transport(home=tmp_path)
    assert (found.url, found.token, found.workspace) == ("http://127.0.0.1:1", "studiolo_x", "default")


def test_without_a_studio_it_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(NotRunning) as raised:
        Transport(home=tmp_path)
    assert "studiolo up" in raised.value.hint


def test_a_studio_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match=r"http://127\.0\.0\.1:1 does not answer"):
        Transport("http://127.0.0.1:1", "t", home=tmp_path).get("workspace")


@pytest.mark.parametrize("url", ["http://[", "http://a b", "http://x:port"])
def test_an_address_that_is_none_is_named(tmp_path: Path, url: str) -> None:
    with pytest.raises((Invalid, NotRunning)) as raised:
        Transport(url, "t", home=tmp_path).get("workspace")
    assert url in raised.value.detail


def test_paths_are_of_the_workspace_or_of_the_root() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, json={})

    connection = transport(handler, workspace="lab")
    connection.get("datasets", cursor=None, limit=3)
    connection.get("//api/session")
    assert seen == ["http://studio/w/lab/api/datasets?limit=3", "http://studio/api/session"]


def test_a_problem_becomes_an_error_with_its_hint_and_field() -> None:
    problem = {"code": "datasets.x", "status": 422, "detail": "No.", "hint": "Do this.", "field": "target"}
    with pytest.raises(Remote, match="No") as raised:
        transport(lambda _: httpx.Response(422, json=problem)).get("x")
    error = raised.value
    assert (error.remote_code, error.remote_status, error.hint, error.field) == (
        "datasets.x",
        422,
        "Do this.",
        "target",
    )


@pytest.mark.parametrize("content", [b"", b"<html>Bad gateway</html>", b"\xff", b"[1]"])
def test_an_error_that_is_no_problem_is_still_one(content: bytes) -> None:
    with pytest.raises(Remote) as raised:
        transport(lambda _: httpx.Response(502, content=content)).get("x")
    assert raised.value.remote_status == 502
    assert raised.value.detail


def test_an_answer_of_something_else_is_not_taken_for_a_studio() -> None:
    with pytest.raises(NotRunning, match="no studio"):
        transport(lambda _: httpx.Response(200, content=b"<html>", headers={"content-type": "text/html"})).get("x")


def test_a_download_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "model.zip"
    transport(lambda _: httpx.Response(200, content=b"bytes")).download("models/x", target)
    assert target.read_bytes() == b"bytes"

    class Broken(httpx.SyncByteStream):
        def __iter__(self) -> object:  # type: ignore[override]
            yield b"half"
            raise httpx.ReadError("cut off")

    with pytest.raises(NotRunning):
        transport(lambda _: httpx.Response(200, stream=Broken())).download("models/x", tmp_path / "other.zip")
    assert [path.name for path in tmp_path.iterdir()] == ["model.zip"]


@pytest.mark.parametrize(("chunks", "said"), [([b"abc", b"de"], "has more now"), ([b"ab"], "has 2 now")])
def test_a_file_that_changes_while_it_is_sent_is_named(chunks: list[bytes], said: str) -> None:
    here = transport(lambda request: httpx.Response(200, content=request.read()))
    with pytest.raises(FileChanged, match=rf"a\.csv had 4 bytes when it was announced, and {said}"):
        here.upload("POST", "datasets/uploads", iter(chunks), size=4, filename="a.csv")
