"""Endpoints with real scorers: deploy, replace, break, kill, delete."""

import os
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from studiolo.kernel.events import outbox
from studiolo.studio.endpoints import folders, reconcile, service
from studiolo.studio.endpoints.schemas import EndpointDeploy
from studiolo.studio.experiments import lineage
from studiolo.studio.models import service as models
from tests.studio.endpoints.conftest import House
from tests.studio.endpoints.sample_models import ROW


def test_deploy_serves_the_model_on_its_own_port(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    key = house.deploy("rich:1")
    found = house.get()
    assert (found.state, found.live.tier if found.live else "") == ("Live", "compiled")
    assert found.live is not None
    assert "400 rows" in found.live.why
    reply = house.score(key, [ROW])
    assert reply.json()["predictions"] == ["no"]
    assert house.score("wrong", [ROW]).status_code == 401
    house.until(lambda: service.stats(house.ctx, "e").requests == 2)  # a request is counted once its answer is sent
    stats = service.stats(house.ctx, "e")
    assert (stats.errors, stats.statuses) == (1, {"200": 1, "401": 1})
    sample = service.sample(house.ctx, "e")
    assert sample.rows[0] == ROW
    assert [column.name for column in sample.columns] == list(ROW)
    with house.ctx.db.read() as tx:
        edges = {(edge.source, edge.target) for edge in lineage.around(tx, house.ctx, "endpoint:e")}
        kinds = [event.kind for event in outbox.after(tx, 0)]
    assert ("model:rich:1", "endpoint:e") in edges
    assert "endpoint.created" in kinds
    assert "endpoint.updated" in kinds
    assert models.get_version(house.ctx, "rich", 1).used_by == ["endpoint:e"]


def test_the_next_version_replaces_the_one_before_it(house: House, compiled_model: Path, doubling_model: Path) -> None:
    house.register(compiled_model)
    house.register(doubling_model)
    key = house.deploy("rich:1")
    port = house.get().port
    assert house.deploy("rich") == ""
    found = house.get()
    assert found.port == port
    assert found.live is not None
    assert (found.live.version, found.live.tier) == (2, "pyfunc")
    house.until(lambda: service.deployments(house.ctx, "e")[1].state == "Stopped")
    assert house.score(key, [{"a": 3}]).json() == {"predictions": [6.0]}
    assert models.get_version(house.ctx, "rich", 1).used_by == []
    assert models.get_version(house.ctx, "rich", 2).used_by == ["endpoint:e"]


def test_an_endpoint_whose_chosen_port_was_taken_in_between_gets_another(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    made = service.deploy(house.ctx, EndpointDeploy(name="e", model="rich:1"))
    with socket.create_server((made.host, made.port)):  # two studios on one machine choose alike, and one is quicker
        house.until(lambda: house.get().state == "Live")
        assert house.get().port != made.port
        assert house.score(made.keys[0].key, [ROW]).status_code == 200


def test_an_endpoint_keeps_the_port_that_was_asked_for(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    made = service.deploy(house.ctx, EndpointDeploy(name="e", model="rich:1", port=port))
    with socket.create_server((made.host, port)):
        house.until(lambda: house.get().latest is not None and service.deployments(house.ctx, "e")[0].state == "Failed")
    found = house.get()
    assert found.port == port
    assert found.latest is not None
    assert found.latest.failure is not None
    assert found.latest.failure.stage == "port"
    assert "cannot be listened on" in found.latest.failure.error


def test_a_model_that_cannot_be_loaded_leaves_the_one_before_it_serving(
    house: House, compiled_model: Path, broken_model: Path
) -> None:
    house.register(compiled_model)
    house.register(broken_model)
    key = house.deploy("rich:1")
    service.deploy(house.ctx, EndpointDeploy(name="e", model="rich:2"))
    house.until(lambda: service.deployments(house.ctx, "e")[0].state == "Failed")
    found = house.get()
    assert found.state == "Live"
    assert found.live is not None
    assert found.live.version == 1
    assert found.latest is not None
    assert found.latest.failure is not None
    assert "ValueError: weights are gone" in found.latest.failure.error
    assert "_load_pyfunc" in found.latest.failure.traceback
    assert house.score(key, [ROW]).status_code == 200
    assert "weights are gone" in service.log(house.ctx, "e", "process").text
    assert models.get_version(house.ctx, "rich", 2).used_by == []


def test_an_endpoint_whose_first_model_fails_is_failed_and_can_be_deployed_again(
    house: House, compiled_model: Path, broken_model: Path
) -> None:
    house.register(broken_model)
    house.register(compiled_model)
    service.deploy(house.ctx, EndpointDeploy(name="e", model="rich:1"))
    house.until(lambda: house.get().state == "Failed")
    house.deploy("rich:2")
    assert house.get().state == "Live"


def test_a_killed_scorer_starts_again(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    key = house.deploy("rich:1")
    for process in house.processes():
        process.send_signal(signal.SIGKILL)  # supervisor, worker and runner
    house.until(lambda: house.get().latest.restarts == 1)  # type: ignore[union-attr]
    house.until(lambda: house.get().live.state == "Live")  # type: ignore[union-attr]
    assert house.score(key, [ROW]).status_code == 200
    assert house.attempt().name == "2"
    house.until(lambda: service.stats(house.ctx, "e").requests >= 1)


def test_a_killed_worker_is_the_scorers_own_business(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    key = house.deploy("rich:1")
    os.kill(house.row().ready["pids"][0], signal.SIGKILL)

    def again() -> bool:
        try:
            return house.score(key, [ROW]).status_code == 200
        except httpx.TransportError:
            return False

    house.until(again)
    assert house.get().latest.restarts == 0  # type: ignore[union-attr]


def test_a_scorer_is_found_again_by_another_controller(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    house.deploy("rich:1")
    pids = {process.pid for process in house.processes()}
    for _ in range(5):
        reconcile.tick(house.ctx)  # nothing is kept in memory: every tick is a new controller
    assert {process.pid for process in house.processes()} == pids


def test_delete_leaves_nothing(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    house.deploy("rich:1")
    folder = folders.of_deployment(house.ctx, house.row()).parent
    url = house.get().url
    service.delete(house.ctx, "e")
    assert house.get().state == "Deleting"
    house.until(lambda: not service.list_(house.ctx).items)
    assert house.processes() == []
    assert not folder.exists()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    models.delete(house.ctx, "rich")  # nothing uses it any more


def test_deleting_while_it_loads_stops_it(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    service.deploy(house.ctx, EndpointDeploy(name="e", model="rich:1"))
    house.until(lambda: house.get().latest.state == "Starting")  # type: ignore[union-attr]
    service.delete(house.ctx, "e")
    house.until(lambda: not service.list_(house.ctx).items)
    assert house.processes() == []


def test_a_deployment_that_has_not_gone_live_is_superseded(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    house.register(compiled_model)
    service.deploy(house.ctx, EndpointDeploy(name="e", model="rich:1"))
    house.deploy("rich:2")
    house.until(lambda: [found.state for found in service.deployments(house.ctx, "e")] == ["Live", "Stopped"])
    assert models.get_version(house.ctx, "rich", 1).used_by == []


def test_an_endpoint_whose_folder_cannot_be_written_keeps_no_other_waiting(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    service.deploy(house.ctx, EndpointDeploy(name="a", model="rich:1"))
    place = folders.of_deployment(house.ctx, house.row("a")).parent
    place.parent.mkdir()
    place.write_text("in the way")
    house.deploy("rich:1", name="b")
    assert house.get("a").state == "Deploying"
    place.unlink()
    house.until(lambda: house.get("a").state == "Live")


def test_a_start_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    from studiolo.testing.context import make_services
    from tests.studio.endpoints.sample_models import python_model

    house = House(make_services(tmp_path / "home", endpoint_start_seconds=3))
    house.register(python_model(tmp_path / "m", "return model_input", load="import time; time.sleep(60)"))
    service.deploy(house.ctx, EndpointDeploy(name="e", model="rich:1"))
    began = time.monotonic()
    house.until(lambda: house.get().state == "Failed")
    assert time.monotonic() - began < 30
    failure = house.get().latest.failure  # type: ignore[union-attr]
    assert failure is not None
    assert failure.stage == "timeout"
    house.close()
    assert house.processes() == []


def test_a_replaced_key_is_good_at_once_and_the_other_stays(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    key = house.deploy("rich:1")
    made = service.regenerate_key(house.ctx, "e", "primary")
    house.until(lambda: house.score(made.key, [ROW]).status_code == 200)
    assert house.score(key, [ROW]).status_code == 401
    assert next(found.hint for found in service.keys(house.ctx, "e")) == made.hint


def test_lines_of_requests_are_in_the_log(house: House, compiled_model: Path) -> None:
    house.register(compiled_model)
    key = house.deploy("rich:1")
    headers = {"Authorization": f"Bearer {key}", "x-request-id": "mine-1"}
    httpx.post(house.get().url, json={"data": [ROW]}, headers=headers, trust_env=False)
    text = house.until(lambda: service.log(house.ctx, "e", "requests").text)
    assert "200 POST /score rows=1" in text
    assert "id=mine-1" in text
