"""`studiolo apply -f`: files of Azure ML of any kind."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.studio.compute.clusters import service as clusters
from studiolo.studio.compute.machines import service as machines
from studiolo.studio.datasets import service as datasets
from studiolo.studio.datasets.client import Datasets
from studiolo.studio.datastores import service as datastores
from studiolo.studio.experiments import service as experiments
from studiolo.studio.models import service as models
from tests.studio.datasets.registering import finish
from tests.studio.experiments.jobs import ended

Cli = Callable[..., Result]
SCHEMA = "$schema: https://azuremlschemas.azureedge.net/latest/{}.schema.json\n"


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_a_job_is_submitted(cli: Cli, ctx: Context, tmp_path: Path) -> None:
    file = write(
        tmp_path, "job.yml", SCHEMA.format("commandJob") + "command: echo ${{inputs.x}}\ninputs: {x: 1}\nodd: 1\n"
    )
    said = cli("apply", "-f", file, "--set", "inputs.x=2")
    assert said.exit_code == 0, said.output
    [run] = experiments.list_runs(ctx, experiments.RunFilter()).items
    spec = experiments.spec(ctx, run.id)
    assert spec is not None
    assert spec.params == {"x": "2"}
    assert ended(ctx, run).state == "Completed"


def test_a_change_goes_to_the_files_that_take_it(cli: Cli, ctx: Context, tmp_path: Path) -> None:
    store = write(
        tmp_path,
        "store.yml",
        SCHEMA.format("azureBlob") + "name: blobs\ntype: azure_blob\naccount_name: a1\ncontainer_name: c1\n",
    )
    job = write(tmp_path, "job.yml", SCHEMA.format("commandJob") + "command: echo ${{inputs.x}}\ninputs: {x: 1}\n")
    said = cli("apply", "-f", store, "-f", job, "--set", "account_name=a2", "--set", "inputs.x=2")
    assert said.exit_code == 0, said.output
    assert datastores.get(ctx, "blobs").config["account_name"] == "a2"
    [run] = experiments.list_runs(ctx, experiments.RunFilter()).items
    spec = experiments.spec(ctx, run.id)
    assert spec is not None
    assert spec.params == {"x": "2"}
    refused = cli("apply", "-f", store, "-f", job, "--set", "inputs.y=2")
    assert "no input 'y'" in str(refused.exception) or "is no key" in str(refused.exception)
    assert len(experiments.list_runs(ctx, experiments.RunFilter()).items) == 1


def test_data_takes_changes_and_places(cli: Cli, ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Datasets, "wait_for", lambda _, found: finish(ctx, found, tmp_path / "made"))
    (tmp_path / "here").mkdir()
    write(tmp_path / "here", "a.csv", "a,b\n1,2\n")
    text = SCHEMA.format("data") + "name: rows\ntype: uri_file\npath: wasbs://c@a.net/x/a.csv\n"
    file = write(tmp_path, "data.yml", text)
    mapped = f"wasbs://c@a.net/x={tmp_path / 'here'}"
    said = cli("apply", "-f", file, "--set", "name=other", "--map-url", mapped)
    assert said.exit_code == 0, said.output
    assert datasets.get(ctx, "other").name == "other"


def test_a_datastore_and_a_model_are_made(cli: Cli, ctx: Context, tmp_path: Path) -> None:
    store = write(
        tmp_path,
        "store.yml",
        SCHEMA.format("azureBlob") + "name: blobs\ntype: azure_blob\naccount_name: a1\ncontainer_name: c1\n",
    )
    (tmp_path / "model").mkdir()
    write(tmp_path / "model", "MLmodel", "flavors:\n  python_function: {loader_module: x}\n")
    model = write(
        tmp_path, "model.yml", SCHEMA.format("model") + "name: mine\nversion: 4\npath: model\ntype: mlflow_model\n"
    )
    said = cli("apply", "-f", store, "-f", model)
    assert said.exit_code == 0, said.output
    assert datastores.get(ctx, "blobs").kind == "azure_blob"
    assert models.get_version(ctx, "mine", 1).version == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (SCHEMA.format("schedule") + "name: nightly\n", "There is no trigger"),
        (SCHEMA.format("registry") + "name: mine\n", "is a registry, which has no home"),
        (SCHEMA.format("pipelineJob") + "jobs: {}\n", "The pipeline has no steps"),
        ("trial: 3\nobjective: {}\n", "has no trial"),
        (SCHEMA.format("strange") + "a: 1\n", "is a strange"),
        ("- 1\n", "holds no job"),
        (SCHEMA.format("managedOnlineDeployment") + "name: blue\nmodel: azureml:m:1\n", "names no endpoint"),
        (SCHEMA.format("model") + "path: x\n", "has no name"),
    ],
)
def test_what_has_no_home_is_refused_by_name(cli: Cli, tmp_path: Path, text: str, says: str) -> None:
    said = cli("apply", "-f", write(tmp_path, "file.yml", text))
    assert said.exit_code == 1
    assert says in str(said.exception)


def test_an_endpoint_alone_is_told_about(cli: Cli, tmp_path: Path) -> None:
    said = cli(
        "apply", "-f", write(tmp_path, "e.yml", SCHEMA.format("managedOnlineEndpoint") + "name: e\nauth_mode: key\n")
    )
    assert (said.exit_code, "first deployment" in said.output) == (0, True)


def test_compute_of_each_type_is_made_attached_or_refused(cli: Cli, ctx: Context, tmp_path: Path) -> None:
    cluster = SCHEMA.format("amlCompute") + "name: cpu-cluster\ntype: amlcompute\nsize: STANDARD_DS3_v2\n"
    cluster += "min_instances: 0\nmax_instances: 2\nidle_time_before_scale_down: 60\nlocation: westus\n"
    said = cli("apply", "-f", write(tmp_path, "cluster.yml", cluster), "--set", "max_instances=3")
    assert said.exit_code == 0, said.output
    assert "'location' is left out" in said.output
    assert (clusters.get(ctx, "cpu-cluster").max_nodes, clusters.get(ctx, "cpu-cluster").idle_seconds) == (3, 60)
    machine = "name: box\ntype: virtualmachine\nhost: 127.0.0.1\nssh_settings:\n  admin_username: me\n  ssh_port: 1\n"
    machine += "  admin_password: secret\n"
    said = cli("apply", "-f", write(tmp_path, "box.yml", machine))
    assert said.exit_code == 0, said.output
    assert "cannot be reached" in said.output
    assert machines.get(ctx, "box").user == "me"
    spark = "name: lake\ntype: spark_connect\nhost: 127.0.0.1\nport: 1\n"
    said = cli("apply", "-f", write(tmp_path, "lake.yml", spark))
    assert said.exit_code == 0, said.output
    assert (machines.get(ctx, "lake").kind, machines.get(ctx, "lake").port) == ("spark", 1)
    bricks = "name: bricks\ntype: databricks\nhost: 127.0.0.1\nport: 1\ntoken: dapi\ncluster_id: 1129-abc\n"
    said = cli("apply", "-f", write(tmp_path, "bricks.yml", bricks))
    assert said.exit_code == 0, said.output
    assert machines.get(ctx, "bricks").settings["cluster_id"] == "1129-abc"
    for type_, words in (
        ("kubernetes", "Write pvc:NAME"),  # it is attached, and says what it must know
        ("computeinstance", "`local`"),
        ("synapsespark", "Spark pools"),
    ):
        refused = cli("apply", "-f", write(tmp_path, "other.yml", f"name: other\ntype: {type_}\n"))
        assert refused.exit_code != 0
        assert words in f"{refused.exception} {getattr(refused.exception, 'hint', '')}"
    bare = SCHEMA.format("kubernetesCompute") + "name: other\n"
    assert "pvc:NAME" in str(cli("apply", "-f", write(tmp_path, "bare.yml", bare)).exception)
