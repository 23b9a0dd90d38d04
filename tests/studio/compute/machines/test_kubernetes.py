"""Kubernetes as a compute of the studio: attached, shown, and jobs in it; against the stand-in for its API."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from starlette.testclient import TestClient

from studiolo.kernel.context import Context
from studiolo.studio.compute import reconcile as computes
from studiolo.studio.compute.machines import definitions, service
from studiolo.studio.compute.machines.errors import MachineInvalid
from studiolo.studio.compute.machines.schemas import MachineCreate, MachinePatch
from studiolo.studio.experiments import service as experiments
from studiolo.studio.experiments.environments import service as environments
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition
from studiolo.studio.experiments.schemas import TERMINAL, JobSpec, Run
from studiolo.testing.kubernetes import Cluster
from tests.studio.experiments.jobs import log_of, wait_for

URL = "/w/default/api/compute"


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    yield found
    found.close()


@pytest.fixture
def definition(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = str(tmp_path_factory.mktemp("k8s"))
    credentials = {"kubeconfig": cluster.kubeconfig}
    about = {"image": "python:3.12", "volume": f"host:{folder}"}
    return {"name": "k8s", "kind": "kubernetes", "folder": folder, "settings": about, "credentials": credentials}


def attach(ctx: Context, definition: dict[str, Any]) -> None:
    found = service.create(ctx, MachineCreate.model_validate(definition))
    assert found.check is not None
    assert found.check.ok, found.check.cause
    assert (found.state, found.cores, found.sign_in) == ("ready", 16, "kubeconfig")


def over(ctx: Context, run: Run) -> Run:
    def look() -> Run | None:
        computes.tick(ctx)
        now = experiments.get(ctx, run.id)
        return now if now.state in TERMINAL else None

    found = wait_for(ctx, look)
    assert found is not None
    return found


def test_a_job_runs_in_the_image_of_its_environment(ctx: Context, definition: dict[str, Any], cluster: Cluster) -> None:
    image = EnvironmentDefinition(name="mine", image="me/train:1")
    attach(ctx, definition)
    environments.create(ctx, image)  # no engine is needed here: the cluster has its own
    command = "echo in $IMAGE_OF_POD; echo kept > outputs/a.txt"
    done = over(ctx, experiments.submit(ctx, JobSpec(command=[command], compute="k8s", environment="mine")))
    assert (done.state, done.error) == ("Completed", None)
    assert log_of(ctx, done) == "in me/train:1\n"
    plain = over(ctx, experiments.submit(ctx, JobSpec(command=["echo in $IMAGE_OF_POD"], compute="k8s")))
    assert log_of(ctx, plain) == "in python:3.12\n"
    failed = over(ctx, experiments.submit(ctx, JobSpec(command=["echo last words; exit 3"], compute="k8s")))
    assert (failed.failure, failed.exit_code) == ("user_error", 3)
    assert not cluster.objects["jobs"]


def test_what_the_cluster_cannot_run_is_refused(ctx: Context, definition: dict[str, Any]) -> None:
    attach(ctx, definition)
    for given in (EnvironmentDefinition(packages=[]), EnvironmentDefinition(image="me/train:1", packages=["numpy"])):
        with pytest.raises(BadJob, match="none that can be pulled") as refused:
            experiments.submit(ctx, JobSpec(command=["x"], compute="k8s", environment=given))
        assert refused.value.field == "environment"


def test_a_job_that_names_no_image_is_refused_where_there_is_none_for_it(
    ctx: Context, definition: dict[str, Any], cluster: Cluster
) -> None:
    attach(ctx, {**definition, "settings": {**definition["settings"], "image": ""}})
    with pytest.raises(BadJob, match="neither it nor the job names one") as refused:
        experiments.submit(ctx, JobSpec(command=["x"], compute="k8s"))
    assert "machine-update k8s --set image=" in (refused.value.hint or "")
    environments.create(ctx, EnvironmentDefinition(name="mine", image="me/train:1"))
    done = over(ctx, experiments.submit(ctx, JobSpec(command=["true"], compute="k8s", environment="mine")))
    assert done.state == "Completed"
    [node] = service.nodes(ctx, "k8s")
    assert (node.cores, node.cores_free) == (16, None), "what the pods of others take is not known"


def test_a_change_keeps_the_kubeconfig_and_a_wrong_one_is_told(ctx: Context, definition: dict[str, Any]) -> None:
    attach(ctx, definition)
    service.update(ctx, "k8s", MachinePatch(description="ours"))
    assert service.check(ctx, "k8s").ok
    service.update(ctx, "k8s", MachinePatch.model_validate({"credentials": {"kubeconfig": "clusters: []"}}))
    found = service.check(ctx, "k8s")
    assert (found.ok, found.cause) == (False, "The kubeconfig has no context ''; it has none.")
    with pytest.raises(MachineInvalid, match="It takes a kubeconfig") as refused:
        service.update(ctx, "k8s", MachinePatch.model_validate({"credentials": {"password": "x"}}))
    assert refused.value.field == "credentials.password"


def test_it_is_attached_from_a_file_by_the_command_line_and_by_routes(
    ctx: Context,
    client: TestClient,
    cli: Callable[..., Result],
    definition: dict[str, Any],
    cluster: Cluster,
    tmp_path: Path,
) -> None:
    (tmp_path / "config").write_text(cluster.kubeconfig)
    lines = ["type: kubernetes", "name: filed", f"folder: {definition['folder']}", "kubeconfig_file: config"]
    (tmp_path / "k8s.yml").write_text(
        "\n".join([*lines, f"volume: host:{definition['folder']}", "node_selector: [a=b]"])
    )
    made, notes = definitions.load(tmp_path / "k8s.yml")
    assert notes == []
    assert (made.settings["node_selector"], made.credentials.kubeconfig) == (["a=b"], cluster.kubeconfig)
    words = ["compute", "attach", "k8s", "--kind", "kubernetes", "--kubeconfig", str(tmp_path / "config")]
    words += [
        "--folder",
        definition["folder"],
        "--set",
        f"volume=host:{definition['folder']}",
        "--set",
        "tolerations=gpu:NoSchedule",
    ]
    assert cli(*words).exit_code == 0
    shown = client.get(f"{URL}/machines/k8s").json()
    assert (shown["sign_in"], shown["settings"]["tolerations"]) == ("kubeconfig", ["gpu:NoSchedule"])
    assert "a-token-of-the-test" not in client.get(f"{URL}/machines").text
    kind = next(one for one in client.get(f"{URL}/kinds").json() if one["name"] == "kubernetes")
    assert (kind["signs_in"], kind["queues"]) == (["kubeconfig"], True)
    broken = {**definition, "settings": {"volume": "nothing"}}
    answer = client.post(f"{URL}/machines", json=broken)
    assert (answer.status_code, answer.json()["field"]) == (422, "settings.volume")
