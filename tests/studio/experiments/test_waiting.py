"""Who waits for a run is answered when there is something to say."""

import time
from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient
from sqlalchemy import update

from studiolo.kernel.auth.request import Services
from studiolo.kernel.context import Context
from studiolo.kernel.db.news import News
from studiolo.studio.experiments.tables import runs
from studiolo.testing.client import make_client
from tests.studio.experiments.runs import a_run

LONG = 30.0  # far more than any answer takes here


def ask(client: TestClient, run_id: str, **asked: float) -> tuple[dict[str, object], float]:
    begun = time.monotonic()
    said = client.get(f"/w/default/api/experiments/runs/{run_id}/standing", params=asked)
    assert said.status_code == 200, said.text
    return said.json(), time.monotonic() - begun


def change(ctx: Context, seq: int, **values: object) -> None:
    with ctx.db.begin() as tx:
        tx.execute(update(runs).where(runs.c.seq == seq).values(**values))


def test_the_answer_comes_with_the_end_or_with_a_change(any_services: Services, any_ctx: Context) -> None:
    run_id, seq = a_run(any_ctx)
    with make_client(any_services) as client, ThreadPoolExecutor() as pool:
        end = pool.submit(ask, client, run_id, seconds=LONG)
        news = pool.submit(ask, client, run_id, seconds=LONG, version=0)
        change(any_ctx, seq, version=1)
        said, took = news.result(LONG)
        assert said == {"state": "Running", "version": 1}
        assert took < LONG / 3
        assert not end.done()
        change(any_ctx, seq, version=2, state="Completed")
        said, took = end.result(LONG)
        assert said == {"state": "Completed", "version": 2}
        assert took < LONG / 3


def test_without_news_it_comes_when_the_time_is_over(client: TestClient, ctx: Context) -> None:
    run_id, _ = a_run(ctx)
    assert ask(client, run_id)[0] == {"state": "Running", "version": 0}
    said, took = ask(client, run_id, seconds=0.2, version=0)
    assert said["state"] == "Running"
    assert 0.2 <= took < LONG / 3


def test_a_run_that_is_not_there_and_a_wait_without_end_are_refused(client: TestClient) -> None:
    where = "/w/default/api/experiments/runs/0123/standing"
    assert client.get(where).status_code == 404
    assert client.get(where, params={"seconds": 1e9}).status_code == 422


def test_the_number_changes_with_what_others_commit(ctx: Context) -> None:
    news, (_, seq) = News(ctx.db), a_run(ctx)
    before = news.number()
    assert news.number() == before
    change(ctx, seq, version=1)
    assert news.number() != before
    news.close()
