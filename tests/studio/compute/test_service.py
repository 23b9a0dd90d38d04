"""Reserving and giving back what a compute has."""

import pytest
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.studio.compute import service
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.compute.errors import ComputeNotFound, TooBig


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "capacity", lambda ctx, name: Capacity(4, 1000, 4, 2000))


def reserve(ctx: Context, holder: str, cores: int, memory: int = 0) -> bool:
    with ctx.db.begin() as tx:
        return service.reserve(tx, ctx, "local", holder, cores=cores, memory_bytes=memory, title=holder)


def test_cores_are_held_once_and_given_back(any_ctx: Context) -> None:
    assert reserve(any_ctx, "a", 3)
    assert reserve(any_ctx, "a", 3)
    assert not reserve(any_ctx, "b", 2)
    assert reserve(any_ctx, "c", 1)
    with any_ctx.db.begin() as tx:
        service.release(tx, any_ctx, "a")
        service.release(tx, any_ctx, "a")
    assert reserve(any_ctx, "b", 2)


def test_memory_is_held_too(ctx: Context) -> None:
    assert reserve(ctx, "a", 1, 700)
    assert not reserve(ctx, "b", 1, 400)
    assert reserve(ctx, "b", 1, 300)


def test_a_job_bigger_than_a_machine_that_shrank_runs_alone(ctx: Context) -> None:
    assert reserve(ctx, "big", 8)
    assert not reserve(ctx, "small", 1)


def test_a_rolled_back_reservation_holds_nothing(ctx: Context) -> None:
    def fail() -> None:
        with ctx.db.begin() as tx:
            service.reserve(tx, ctx, "local", "a", cores=4)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert reserve(ctx, "b", 4)


def test_what_a_job_waits_for_is_said(ctx: Context) -> None:
    reserve(ctx, "big job", 3)
    with ctx.db.read() as tx:
        assert service.waits_for(tx, ctx, "local", 2, 0) == "waits for 2 of 4 cores of 'local', 1 free; held by big job"
        assert "as soon as" in service.waits_for(tx, ctx, "local", 1, 0)


def test_too_much_is_refused_and_names_the_field(ctx: Context) -> None:
    with pytest.raises(TooBig, match="has 4 cores") as error:
        service.check(ctx, "local", 5, 0)
    assert error.value.field == "resources.cores"
    with pytest.raises(TooBig) as error:
        service.check(ctx, "local", 1, 10**6)
    assert error.value.field == "resources.memory_bytes"


def test_an_unknown_compute_names_the_known_ones(client: TestClient) -> None:
    with pytest.raises(ComputeNotFound, match="local"):
        service.backend("cluster")
    reply = client.get("/w/default/api/compute/cluster")
    assert (reply.status_code, reply.json()["field"]) == (404, "compute")


def test_the_machine_says_what_it_has_and_who_holds_it(ctx: Context, client: TestClient) -> None:
    reserve(ctx, "mine", 1)
    found = client.get("/w/default/api/compute").json()
    assert [item["name"] for item in found] == ["local"]
    machine = found[0]
    assert machine["cores"] >= 1
    assert [holding["title"] for holding in machine["holdings"]] == ["mine"]
    assert {limit["what"] for limit in machine["limits"]} == {"cores", "memory", "time", "processes"}
    assert 0 < machine["memory_used_bytes"] < machine["machine_memory_bytes"]


def test_holdings_of_another_workspace_are_only_counted(ctx: Context) -> None:
    reserve(ctx, "secret", 1)
    found = service.show(ctx.within("f" * 32, "other"), "local")
    assert [(holding.title, holding.cores) for holding in found.holdings] == [("(another workspace)", 1)]
