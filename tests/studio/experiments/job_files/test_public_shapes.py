"""The forms that public command jobs of Azure ML have, and the traps in them."""

from pathlib import Path

import pytest
from tests.studio.experiments.jobs import job_of

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files.command import CommandJob
from studiolo.studio.experiments.job_files.document import FileNotThere
from studiolo.studio.experiments.job_files.kinds import kind_of
from studiolo.studio.experiments.job_files.snapshot import ignored
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition

SCHEMA = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
IMAGE = "environment:\n  image: library/python:latest\n"
REGISTRY = "environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "hello.py").write_text("print(1)")
    return tmp_path


def read(place: Path, text: str, *changes: str, **places: str) -> CommandJob:
    path = place / "job.yml"
    path.write_text(text)
    return job_of(path, *changes, places=places)


@pytest.mark.parametrize(
    "text",
    [
        'command: echo "hello world"\n' + IMAGE,
        SCHEMA
        + 'command: echo "hello world"\n'
        + IMAGE
        + "tags:\n  hello: world\nexperiment_name: hello-world-example\n",
        SCHEMA + "command: echo $hello_env_var\n" + IMAGE + "environment_variables:\n  hello_env_var: hello world\n",
        SCHEMA + "command: ls\ncode: src\n" + IMAGE,
        SCHEMA + "command: echo hi > ./outputs/helloworld.txt\n" + IMAGE,
        SCHEMA + "command: echo hi > ${{outputs.hello_output}}/helloworld.txt\noutputs:\n  hello_output:\n" + IMAGE,
        SCHEMA + "command: python hello.py\ncode: src\n" + REGISTRY + "compute: azureml:serverless\n",
        SCHEMA
        + "command: |\n  pip install ipykernel papermill\n  papermill hello.ipynb outputs/out.ipynb\ncode: src\n"
        + IMAGE,
        SCHEMA
        + "command: |\n  echo ${{inputs.hello_string}}\n  echo ${{inputs.hello_number}}\n"
        + IMAGE
        + 'inputs:\n  hello_string: "hello world"\n  hello_number: 42\n',
        "$schema:  https://azuremlschemas.azureedge.net/latest/commandJob.schema.json \ntype: command\ncommand: ls -la\n",
        SCHEMA
        + "command: ls ${{inputs.d}}\ninputs:\n  d:\n    type: mltable\n    path: azureml:iris@latest\n    mode: eval_mount\n",
    ],
)
def test_the_basic_examples_are_read(place: Path, text: str) -> None:
    job = read(place, text)
    assert job.spec.compute == "local"
    assert not [said for said in job.warnings if "not known" in said]


def test_a_type_at_the_wrong_level_is_a_literal(place: Path) -> None:
    text = "command: echo ${{inputs.iris_csv}}\ninputs:\n  iris_csv: https://a.net/iris.csv\n  type: uri_file\n"
    job = read(place, text)
    assert job.spec.params == {"iris_csv": "https://a.net/iris.csv", "type": "uri_file"}
    assert job.spec.data == {}


def test_references_are_kept_for_the_studio(place: Path) -> None:
    job = read(
        place,
        """
command: ls ${{inputs.a}} ${{inputs.b}} ${{inputs.c}} ${{inputs.d}}
inputs:
  a: {type: "uri_folder ", path: "azureml://datastores/workspaceblobstore/paths/example-data/"}
  b: {type: UriFile, path: "https://a.net/iris.csv", mode: Download}
  c: {path: "azureml:iris:1"}
  d: {path: "runs:/abc/model", type: mlflow_model, mode: direct}
""",
    )
    assert {name: (one.type, one.mode) for name, one in job.spec.data.items()} == {
        "a": ("uri_folder", "ro_mount"),
        "b": ("uri_file", "download"),
        "c": ("uri_folder", "ro_mount"),
        "d": ("mlflow_model", "direct"),
    }


def test_a_remote_address_may_lie_on_this_machine(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "iris.csv").write_text("a\n1\n")
    prefix = "wasbs://datasets@azuremlexamples.blob.core.windows.net"
    text = f"command: cat ${{{{inputs.iris}}}}\ninputs:\n  iris: {{type: uri_file, path: {prefix}/iris.csv}}\n  lit: {prefix}/iris.csv\n"
    path = place / "job.yml"
    path.write_text(text)
    job = job_of(path, places={prefix: str(place / "data")})
    assert job.spec.context == {"inputs": {"iris": "file", "lit": "file"}}
    assert [file.path for file in job.files] == ["iris.csv", "iris.csv"]


def test_words_of_yaml_are_texts_where_texts_are_meant(place: Path) -> None:
    job = read(
        place,
        "command: a b\ndisplay_name: off\ntags: {date: 2024-01-31, on: yes}\n"
        "inputs: {flag: yes, rate: 1e-3, when: 2024-01-31}\nenvironment_variables: {A: no}\n",
    )
    assert job.spec.name == "off"
    assert job.spec.tags == {"date": "2024-01-31", "on": "yes"}
    assert job.spec.params == {"flag": "True", "rate": "1e-3", "when": "2024-01-31"}
    assert job.spec.env == {"A": "False"}


def test_what_has_no_meaning_here_is_said(place: Path) -> None:
    job = read(
        place,
        SCHEMA
        + """command: sleep 1
services:
  my_jupyter: {type: jupyter_lab}
  my_tb: {type: tensor_board, log_dir: logs}
identity: {type: user_identity}
queue_settings: {job_tier: Spot, priority: High}
resources: {instance_type: Standard_D2, instance_count: 2, shm_size: 8g}
limits: {timeout: 60}
odd: 1
""",
    )
    assert job.spec.priority == 10
    assert job.spec.timeout_s == 60
    assert job.warnings == [
        "'odd' is not known here and is left out",
        "'services' are not started: my_jupyter (jupyter_lab), my_tb (tensor_board)",
        "'identity' is left out: a job acts as the account that submitted it",
        "'queue_settings.job_tier' is left out: the compute says what it costs",
        "'resources.instance_type' is left out: it is of a cloud",
        "'resources.shm_size' is left out: it is of a cloud",
        "'resources.instance_count' is 2: the job runs on one node",
    ]


def test_a_key_that_was_mistyped_is_told_which_was_meant(place: Path) -> None:
    job = read(place, "command: sleep 1\ncomput: big\nfrobnicate: 1\n")
    assert job.warnings == [
        "'comput' is not known here and is left out: did you mean 'compute'?",
        "'frobnicate' is not known here and is left out",
    ]


def test_files_of_an_environment_are_found_by_what_people_call_them(place: Path) -> None:
    (place / "reqs.txt").write_text("six==1.16.0\n")
    (place / "pyproject.toml").write_text("[project]\nname = 'x'\ndependencies = ['six']\n")
    for text, found in (
        ("{requirements: reqs.txt}", {"requirements": "six==1.16.0\n"}),
        ("{requirements: 'six==1.16.0'}", {"requirements": "six==1.16.0"}),
        ("{pyproject_file: pyproject.toml}", {"pyproject": (place / "pyproject.toml").read_text()}),
    ):
        job = read(place, f"command: sleep 1\nenvironment: {text}\n")
        assert isinstance(job.spec.environment, EnvironmentDefinition)
        assert job.spec.environment.model_dump(exclude_defaults=True) == found
        assert job.warnings == []
    with pytest.raises(BadJob, match=r"'environment\.conda' is not known here.*did you mean 'conda_file'\?"):
        read(place, "command: sleep 1\nenvironment: {conda: conda.yml}\n")


def test_a_job_called_conda_is_no_conda_file_of_the_image_beside_it(place: Path) -> None:
    (place / "conda.yml").write_text("command: echo\n")
    with pytest.raises(FileNotThere, match="Dockerfile"):
        read(place, "command: sleep 1\nenvironment: {build: {path: .}}\n")


def test_a_kind_that_is_not_known_is_said(place: Path) -> None:
    job = read(place, "type: frobnicate\ncommand: sleep 1\n")
    assert job.warnings == ["'type: frobnicate' is left out: the rest of the file is a command job"]
    assert read(place, "type: command\ncommand: sleep 1\n").warnings == []


@pytest.mark.parametrize(
    ("compute", "name"),
    [
        ("azureml:cpu-cluster", "cpu-cluster"),
        ("cpu-cluster", "cpu-cluster"),
        ("azureml:serverless", "local"),
        ("local", "local"),
        ("azureml:/subscriptions/s/resourceGroups/g/providers/p/workspaces/w/computes/big", "big"),
    ],
)
def test_computes_are_named_in_any_form(place: Path, compute: str, name: str) -> None:
    assert read(place, f"command: a b\ncompute: {compute}\n").spec.compute == name


def test_values_are_changed_from_the_command_line(place: Path) -> None:
    text = "command: a ${{inputs.rate}}\ninputs: {rate: 1}\n"
    job = read(place, text, "inputs.rate=0.5", "compute=local", "resources.cores=2", "display_name=other")
    assert (job.spec.params, job.spec.resources.cores, job.spec.name) == ({"rate": "0.5"}, 2, "other")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("inputs.rat=1", r"no input 'rat'\. It has: rate, path"),
        ("compue=local", "'compue' is no key"),
        ("inputs.rate.x=1", "'rate' of inputs.rate.x is no mapping"),
        ("rate", "no change"),
        (".x=1", "no key"),
    ],
)
def test_a_change_of_what_a_job_does_not_have_is_refused(place: Path, change: str, says: str) -> None:
    text = "command: a ${{inputs.rate}}\ninputs: {rate: 1, path: x}\n"
    with pytest.raises(BadJob, match=says) as refused:
        read(place, text, change)
    assert refused.value.field == "set"


def test_an_inline_environment_is_described(place: Path) -> None:
    (place / "conda.yml").write_text("dependencies: [python=3.11, pip: [numpy]]\n")
    spec = read(place, "command: a b\nenvironment:\n  image: mcr/x\n  conda_file: conda.yml\n").spec
    assert isinstance(spec.environment, EnvironmentDefinition)
    assert (spec.environment.image, spec.environment.conda) == ("mcr/x", "dependencies: [python=3.11, pip: [numpy]]\n")
    inline = read(place, "command: a b\nenvironment: {conda_file: {dependencies: [python=3.11]}}\n").spec.environment
    assert isinstance(inline, EnvironmentDefinition)
    assert inline.conda == "dependencies:\n- python=3.11\n"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ({"$schema": "http://azureml/sdk-2-0/SweepJob.json"}, "sweep"),
        ({"$schema": "x/autoMLJob.schema.json"}, "automl"),
        ({"inputs": {}, "type": "pipeline"}, "pipeline"),
        ({"jobs": {}}, "pipeline"),
        ({"trial": {}}, "sweep"),
        ({"$schema": "x/data.schema.json", "path": "a"}, "data"),
        ({"$schema": "x/managedOnlineDeployment.schema.json"}, "online deployment"),
        ({"$schema": "x/amlCompute.schema.json"}, "compute"),
        ({"type": "azure_blob"}, "datastore"),
        ({}, ""),
    ],
)
def test_the_kind_of_a_file_is_found(raw: dict, kind: str) -> None:
    assert kind_of(raw) == kind


@pytest.mark.parametrize(
    ("path", "patterns", "out"),
    [
        ("a.log", ["*.log"], True),
        ("a/b.log", ["/*.log"], False),
        ("data/x/y", ["data/"], True),
        ("data", ["data/"], False),
        ("src/keep.log", ["*.log", "!keep.log"], False),
        ("data/keep.log", ["data/", "!data/keep.log"], True),
        ("a/b/c/d.txt", ["a/**/d.txt"], True),
        ("x/a/d.txt", ["**/a"], True),
        ("docs/a/b.md", ["docs/*.md"], False),
        ("f1.txt", ["f[0-9].txt"], True),
        ("fa.txt", ["f[!0-9].txt"], True),
        ("#x", [r"\#x"], True),
        ("a/b", ["a/b"], True),
        ("z/a/b", ["a/b"], False),
    ],
)
def test_ignore_files_have_the_grammar_of_git(path: str, patterns: list[str], out: bool) -> None:
    assert ignored(path, patterns) is out
