"""GPUs are leased whole, once, and go back with what held them."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from studiolo.kernel.context import Context
from studiolo.studio.compute import repository, service
from studiolo.studio.compute.backends.base import Capacity
from studiolo.studio.compute.clusters import service as clusters
from studiolo.studio.compute.clusters.errors import ClusterInvalid
from studiolo.studio.compute.clusters.schemas import ClusterCreate
from studiolo.studio.compute.errors import TooBig
from studiolo.studio.compute.gpus import devices
from studiolo.studio.compute.gpus.tables import leases
from studiolo.testing.gpus import Gpus


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "capacity", lambda ctx, name: Capacity(8, 8000, 8, 8000))


def reserve(ctx: Context, holder: str, gpus: int | None, name: str = "local", cores: int = 1) -> bool:
    service.see_gpus(ctx, name, gpus)
    with ctx.db.begin() as tx:
        return service.reserve(tx, ctx, name, holder, cores=cores, gpus=gpus, title=f"job {holder}")


def release(ctx: Context, holder: str) -> None:
    with ctx.db.begin() as tx:
        service.release(tx, ctx, holder)


def seen(ctx: Context, holder: str, name: str = "local", gpus: int | None = 1) -> str:
    return service.variables(ctx, name, holder, gpus)[devices.VISIBLE]


def waits(ctx: Context, gpus: int | None, name: str = "local") -> str:
    with ctx.db.read() as tx:
        return service.waits_for(tx, ctx, name, 1, 0, gpus)


def test_each_has_its_own_and_a_third_waits_for_who_holds_them(any_ctx: Context, gpus: Gpus) -> None:
    assert reserve(any_ctx, "a/1", 1)
    assert reserve(any_ctx, "b/1", 1)
    assert (seen(any_ctx, "a/1"), seen(any_ctx, "b/1")) == ("0", "1")
    assert not reserve(any_ctx, "c/1", 1)
    assert waits(any_ctx, 1) == ("waits for a GPU of the 2 of 'local', 0 free; held by: GPU 0 job a/1, GPU 1 job b/1")
    assert reserve(any_ctx, "d/1", 0), "who needs none is not held up"
    release(any_ctx, "a/1")
    release(any_ctx, "a/1")
    assert waits(any_ctx, 2) == "waits for 2 GPUs of the 2 of 'local', 1 free; held by: GPU 1 job b/1"
    assert reserve(any_ctx, "c/1", 1)
    assert seen(any_ctx, "c/1") == "0"


def test_a_job_that_asks_for_none_sees_none(ctx: Context, gpus: Gpus) -> None:
    assert reserve(ctx, "a/1", None)
    for asked in (None, 0):
        assert service.variables(ctx, "local", "a/1", asked) == {
            "CUDA_VISIBLE_DEVICES": "",
            "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
        }
    assert gpus.looks() == 0, "nor does anybody look for them"


def test_a_lease_goes_with_its_holding_and_is_never_given_twice(any_ctx: Context, gpus: Gpus) -> None:
    assert reserve(any_ctx, "a/1", 2)
    assert reserve(any_ctx, "a/1", 2), "asked again, it is the same"
    with any_ctx.db.read() as tx:
        row = tx.execute(select(leases)).first()
    assert row is not None
    values = {"holder": "x/1", "compute": "local", "workspace_id": "w", "title": "", "cores": 1, "memory_bytes": 0}
    with any_ctx.db.begin() as tx:
        repository.put(tx, {**values, "since": any_ctx.clock.now()})
    twice = leases.insert().values(compute="local", gpu=row.gpu, number=0, holder="x/1")
    with any_ctx.db.begin() as tx, pytest.raises(IntegrityError):  # whatever the code above does
        tx.execute(twice)
    with any_ctx.db.begin() as tx:
        repository.remove(tx, "a/1")  # whichever way a holding goes
    with any_ctx.db.read() as tx:
        assert tx.execute(select(leases)).first() is None


def test_what_is_rolled_back_leases_nothing(ctx: Context, gpus: Gpus) -> None:
    def fail() -> None:
        service.see_gpus(ctx, "local", 2)
        with ctx.db.begin() as tx:
            assert service.reserve(tx, ctx, "local", "a/1", cores=1, gpus=2)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert reserve(ctx, "b/1", 2)


def test_more_than_there_are_is_refused_with_the_reason(ctx: Context, gpus: Gpus) -> None:
    with pytest.raises(TooBig, match="'local' has 2 GPUs for jobs; the job asks for 3") as error:
        service.check(ctx, "local", 1, 0, 3)
    assert error.value.field == "resources.gpus"
    assert "at most 2" in str(error.value.hint)
    service.check(ctx, "local", 1, 0, 2)
    gpus.say("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", 9)
    with pytest.raises(TooBig, match=r"has no GPU for jobs; .*couldn't communicate") as error:
        service.check(ctx, "local", 1, 0, 1)
    assert "Leave `gpus` out" in str(error.value.hint)


def test_a_gpu_whose_number_moved_is_still_the_one_that_was_leased(ctx: Context, gpus: Gpus) -> None:
    assert reserve(ctx, "a/1", 1)
    assert reserve(ctx, "b/1", 1)
    gpus.say("0, GPU-1aaa-bbb, NVIDIA A100, 81920, 0, 0\n")  # after a new start the first one is not there any more
    devices.here()
    assert seen(ctx, "b/1") == "0"
    assert waits(ctx, 1).startswith("waits for a GPU of the 1 of 'local', 0 free")


def test_the_machine_shows_who_has_which(ctx: Context, gpus: Gpus) -> None:
    reserve(ctx, "a/1", 1)
    found = service.show(ctx, "local")
    assert [(gpu.number, gpu.title, gpu.busy) for gpu in found.gpus] == [(0, "job a/1", 30.0), (1, None, 30.0)]
    assert [holding.gpus for holding in found.holdings] == [[0]]
    gpus.say("", 0)
    assert service.show(ctx, "local").gpus_note == "nvidia-smi finds none that jobs may have."


def test_a_node_leases_of_the_machine_and_its_jobs_of_the_node(any_ctx: Context, gpus: Gpus) -> None:
    made = clusters.create(any_ctx, ClusterCreate(name="gpu", gpus=1, cores=2, memory_bytes=1000, max_nodes=2))
    assert made.gpus == 1
    assert reserve(any_ctx, "a/1", None, "gpu"), "as in Azure ML, a job has the GPUs of its node"
    assert seen(any_ctx, "a/1", "gpu", None) == "0"
    assert reserve(any_ctx, "b/1", 0, "gpu"), "beside it, on the same node"
    assert seen(any_ctx, "b/1", "gpu", 0) == ""
    assert reserve(any_ctx, "c/1", 1, "local")
    assert seen(any_ctx, "c/1") == "1"
    assert not reserve(any_ctx, "d/1", 1, "gpu"), "a second node finds no GPU"
    assert "waits for a GPU of the 2 of 'local', 0 free" in waits(any_ctx, 1, "gpu")
    node = clusters.get(any_ctx, "gpu").nodes[0]
    assert (node.gpus, sorted(job.gpus for job in node.jobs)) == ([0], [[], [0]])
    assert [gpu.title for gpu in service.show(any_ctx, "local").gpus] == ["node 1 of gpu", "job c/1"]
    release(any_ctx, "a/1")
    assert reserve(any_ctx, "d/1", 1, "gpu")
    assert seen(any_ctx, "d/1", "gpu", 1) == "0"


def test_idle_nodes_make_room_for_who_waits_for_their_gpus(ctx: Context, gpus: Gpus) -> None:
    clusters.create(ctx, ClusterCreate(name="plain", cores=1, memory_bytes=100, idle_seconds=9000))
    clusters.create(ctx, ClusterCreate(name="gpu", gpus=2, cores=1, memory_bytes=100, idle_seconds=9000))
    for name in ("plain", "gpu"):
        assert reserve(ctx, f"{name}/1", None, name)
        release(ctx, f"{name}/1")
    assert not reserve(ctx, "a/1", 1)
    assert service.make_room(ctx, "local", 1, 0, 1)
    assert reserve(ctx, "a/1", 1)
    assert clusters.get(ctx, "plain").nodes_up == 1, "a node without GPUs would have gone for nothing"
    assert clusters.get(ctx, "gpu").nodes_up == 0


def test_the_share_that_a_run_costs_counts_gpus(ctx: Context, gpus: Gpus) -> None:
    from studiolo.studio.compute.clusters import repository as of_clusters

    clusters.create(ctx, ClusterCreate(name="gpu", gpus=2, cores=4, memory_bytes=1000, price_per_hour=10))
    assert reserve(ctx, "a/1", 1, "gpu")
    release(ctx, "a/1")
    with ctx.db.read() as tx:
        row = clusters._row(tx, ctx, "gpu")
        used = of_clusters.used(tx, row.id, row.created_at)
    assert [one.share for one in used] == [0.5]


def test_nodes_with_more_gpus_than_there_are_are_refused(ctx: Context, gpus: Gpus) -> None:
    with pytest.raises(ClusterInvalid, match="this machine has 2 GPUs") as error:
        clusters.create(ctx, ClusterCreate(name="gpu", gpus=3))
    assert error.value.field == "gpus"
    clusters.create(ctx, ClusterCreate(name="gpu", gpus=1, memory_bytes=100))
    with pytest.raises(TooBig, match="A node of 'gpu' has 1 GPU for jobs; the job asks for 2"):
        service.check(ctx, "gpu", 1, 0, 2)
    service.check(ctx, "gpu", 1, 0, None)
