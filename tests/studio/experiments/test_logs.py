"""Logs by piece and as a stream."""

from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.studio.experiments import logs, service
from tests.studio.experiments.jobs import ended, python, submit

TEXT = "naïve ☕ 𝄞 end\n"


@pytest.mark.parametrize("limit", [4, 5, 7, 100])
def test_no_character_is_torn_between_pieces(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "log.txt"
    path.write_text(TEXT, encoding="utf-8")
    offset, text = 0, ""
    while (chunk := logs.read(path, offset, limit)).text:
        text += chunk.text
        offset = chunk.next
    assert text == TEXT
    assert offset == len(TEXT.encode())


def test_a_log_that_is_no_utf8_still_comes(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"\xff\xfe\x80caf\xe9")
    text, offset = "", 0
    while (chunk := logs.read(path, offset, 4)).text:
        text += chunk.text
        offset = chunk.next
    assert "caf" in text
    assert offset == 7


def test_the_end_of_a_log_begins_at_a_character(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("ab☕cd", encoding="utf-8")
    assert logs.read(path, -3).text == "cd"
    assert logs.read(path, -100).text == "ab☕cd"


def frames(body: str) -> list[dict]:
    found = []
    for block in body.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in fields:
            found.append({"event": fields.get("event"), "id": int(fields["id"]), **orjson.loads(fields["data"])})
    return found


def test_the_stream_ends_with_the_state_and_resumes_at_an_offset(ctx: Context, client: TestClient) -> None:
    run = ended(ctx, submit(ctx, "print('one'); print('two'); raise SystemExit(4)"))
    url = f"/w/default/api/experiments/runs/{run.id}/log/stream"
    found = frames(client.get(url).text)
    assert "".join(frame.get("text", "") for frame in found) == "one\ntwo\n"
    assert (found[-1]["event"], found[-1]["state"], found[-1]["failure"]) == ("end", "Failed", "user_error")
    resumed = frames(client.get(url, headers={"Last-Event-ID": "4"}).text)
    assert resumed[0]["text"] == "two\n"
    assert resumed[0]["id"] == 8
    assert client.get(url, headers={"Last-Event-ID": "8"}).status_code == 204


def test_the_stream_of_an_unknown_run_is_not_found(client: TestClient) -> None:
    reply = client.get(f"/w/default/api/experiments/runs/{'0' * 32}/log/stream")
    assert (reply.status_code, reply.json()["field"]) == (404, "run_id")


def test_a_queued_job_has_no_log_yet(ctx: Context, client: TestClient) -> None:
    run = submit(ctx, "pass")
    reply = client.get(f"/w/default/api/experiments/runs/{run.id}/log")
    assert (reply.status_code, reply.json()["code"]) == (404, "experiments.no_log")


def test_pieces_come_by_offset(ctx: Context, client: TestClient) -> None:
    run = ended(ctx, submit(ctx, python("print('0123456789')")))
    get = lambda **params: client.get(f"/w/default/api/experiments/runs/{run.id}/log", params=params).json()  # noqa: E731
    assert get(offset=3, limit=4) == {"text": "3456", "offset": 3, "next": 7, "size": 11, "line": None}
    assert get(offset=-3)["text"] == "89\n"
    assert get(offset=99) == {"text": "", "offset": 11, "next": 11, "size": 11, "line": None}
    assert get(offset=3, numbered=True)["line"] == 1
    assert get(line=2, numbered=True) == {"text": "", "offset": 11, "next": 11, "size": 11, "line": 2}
    assert service.log_path(ctx, run.id).name == "log.txt"


def test_a_log_comes_as_a_file(ctx: Context, client: TestClient) -> None:
    run = ended(ctx, submit(ctx, "print('one')"))
    reply = client.get(f"/w/default/api/experiments/runs/{run.id}/log/file")
    assert reply.text == "one\n"
    assert reply.headers["content-disposition"].startswith("attachment")
    assert client.get("/w/default/api/experiments/runs/nothing/log/file").status_code == 404


def test_the_log_of_each_attempt_is_kept(ctx: Context, client: TestClient) -> None:
    code = "import os, sys; print('try', os.environ['STUDIOLO_ATTEMPT'][-1]); sys.exit(3)"
    run = ended(ctx, submit(ctx, code, retries={"user_error": 1}))
    base = f"/w/default/api/experiments/runs/{run.id}/log"
    assert [client.get(base, params=asked).json()["text"] for asked in ({}, {"attempt": 1}, {"attempt": 2})] == [
        "try 2\n",
        "try 1\n",
        "try 2\n",
    ]
    first = client.get(f"{base}/file", params={"attempt": 1})
    assert first.text == "try 1\n"
    assert f'filename="{run.id}.1.log"' in first.headers["content-disposition"]
    none = client.get(base, params={"attempt": 3})
    assert (none.status_code, none.json()["detail"]) == (404, "The job has no attempt 3.")
    (ctx.settings.attempts / run.id / "1" / "log.txt").unlink()
    gone = client.get(base, params={"attempt": 1})
    assert gone.json()["detail"] == "The log of attempt 1 is not kept any more, or it wrote none."
