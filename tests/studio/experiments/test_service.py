import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.studio.experiments import service
from studiolo.studio.experiments.errors import BadJob, RunNotFound
from studiolo.studio.experiments.repository import RunFilter
from studiolo.studio.experiments.schemas import InputFile, JobSpec


def a_job(**fields: object) -> JobSpec:
    return JobSpec.model_validate({"command": ["python", "-c", "print('hello')"], **fields})


def test_a_submitted_job_is_queued_and_listed_newest_first(any_ctx: Context) -> None:
    first = service.submit(any_ctx, a_job(experiment="one", params={"depth": "3"}))
    second = service.submit(any_ctx, a_job(experiment="two"))
    page = service.list_runs(any_ctx, RunFilter())
    assert [run.id for run in page.items] == [second.id, first.id]
    assert (first.state, first.experiment) == ("Queued", "one")
    assert service.spec(any_ctx, first.id) == a_job(experiment="one", params={"depth": "3"})


def test_pages_follow_without_gap_or_overlap(any_ctx: Context) -> None:
    made = [service.submit(any_ctx, a_job()).id for _ in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        page = service.list_runs(any_ctx, RunFilter(), cursor, limit=2)
        seen += [run.id for run in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == made[::-1]


def test_children_come_in_the_order_they_were_made(any_ctx: Context) -> None:
    parent = service.submit(any_ctx, a_job())
    made = [service.submit(any_ctx, a_job(parent_id=parent.id)).id for _ in range(3)]
    assert [run.id for run in service.children(any_ctx, parent.id)] == made
    assert [run.id for run in service.list_runs(any_ctx, RunFilter(top_level=True)).items] == [parent.id]


def test_cancel_writes_only_the_wish(any_ctx: Context) -> None:
    run = service.submit(any_ctx, a_job())
    canceled = service.cancel(any_ctx, run.id)
    assert (canceled.state, canceled.desired) == ("Queued", "canceled")


@pytest.mark.parametrize(
    ("job", "field"),
    [
        ({"command": []}, "command"),
        ({"command": [" "]}, "command"),
        ({"inputs": {"data": [{"path": "a.csv", "digest": "0" * 64}]}}, "inputs.data"),
        ({"inputs": {"../x": []}}, "inputs"),
        ({"inputs": {"a\n": []}}, "inputs"),
        ({"params": {"a b": "1"}}, "params"),
    ],
)
def test_a_job_that_cannot_run_names_the_field(ctx: Context, job: dict[str, object], field: str) -> None:
    with pytest.raises(BadJob) as caught:
        service.submit(ctx, a_job(**job))
    assert caught.value.field == field
    assert service.list_runs(ctx, RunFilter()).items == []


@pytest.mark.parametrize("name", ["../../x", "/etc", "", ".", "..", "a/b", "n" * 256])
@pytest.mark.parametrize(
    ("family", "value"),
    [("data", {"path": "https://127.0.0.1/x.csv"}), ("outputs", {}), ("inputs", []), ("params", "1")],
)
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_looked_for(
    ctx: Context, family: str, value: object, name: str
) -> None:
    with pytest.raises(BadJob, match="cannot be a name") as caught:
        service.submit(ctx, a_job(**{family: {name: value}}))
    assert caught.value.field == family
    with pytest.raises(BadJob), ctx.db.begin() as tx:
        service.submit(ctx, a_job(**{family: {name: value}}), tx)
    assert service.list_runs(ctx, RunFilter()).items == []


def test_an_input_may_not_leave_its_folder(ctx: Context) -> None:
    blob = ctx.blobs.put(b"x")
    with pytest.raises(Exception, match="Invalid path"):
        service.submit(ctx, a_job(inputs={"data": [InputFile(path="../../etc/passwd", digest=blob.digest)]}))


def test_a_run_of_another_workspace_is_not_there(any_ctx: Context) -> None:
    run = service.submit(any_ctx, a_job())
    with pytest.raises(RunNotFound):
        service.get(any_ctx.within("0" * 32, "other"), run.id)


def test_the_routes(client: TestClient) -> None:
    made = client.post("/w/default/api/experiments/runs", json=a_job().model_dump(mode="json"))
    assert made.status_code == 201
    run_id = made.json()["id"]
    assert client.get(f"/w/default/api/experiments/runs/{run_id}").json()["state"] == "Queued"
    assert client.get("/w/default/api/experiments/runs", params={"kind": "automl"}).json()["items"] == []
    assert client.get("/w/default/api/experiments/runs/nothing").status_code == 404
    log = client.get(f"/w/default/api/experiments/runs/{run_id}/log")
    assert (log.status_code, log.json()["code"]) == (404, "experiments.no_log")
    assert client.get("/w/default/api/experiments/runs", params={"experiment": "none"}).status_code == 404
