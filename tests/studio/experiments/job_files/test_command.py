"""Azure ML's command jobs as jobs of the studio."""

from pathlib import Path

import pytest
from tests.studio.experiments.jobs import job_of

from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files.command import CommandJob
from studiolo.studio.experiments.job_files.document import FileNotThere


def job(folder: Path, text: str) -> CommandJob:
    path = folder / "job.yml"
    path.write_text(text)
    return job_of(path)


def test_a_whole_job_is_read(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("print(1)")
    (tmp_path / "data.csv").write_text("a\n1\n")
    found = job(
        tmp_path,
        """
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: python train.py --rate ${{inputs.rate}} --data ${{inputs.data}} --on ${{inputs.flag}} --out ${{outputs.model}}
code: src
environment: azureml:sklearn-1.5@latest
environment_variables: {LEVEL: 3}
inputs:
  rate: 0.1
  flag: true
  data: {type: uri_file, path: data.csv}
outputs:
  model: {type: uri_folder}
  note: {type: uri_file}
compute: azureml:local
display_name: tryout
experiment_name: trees
description: How trees do
limits: {timeout: 60}
distribution: {type: PyTorch, process_count_per_instance: 4}
resources: {instance_count: 2}
""",
    )
    spec = found.spec
    assert (spec.name, spec.experiment, spec.compute, spec.timeout_s) == ("tryout", "trees", "local", 60)
    assert spec.env == {"LEVEL": "3"}
    assert spec.params == {"rate": "0.1", "flag": "True"}
    assert spec.tags == {"mlflow.note.content": "How trees do"}
    assert spec.context == {"inputs": {"data": "file"}}
    assert {name: output.type for name, output in spec.outputs.items()} == {"model": "uri_folder", "note": "uri_file"}
    assert spec.environment == "azureml:sklearn-1.5@latest"
    assert spec.distribution is not None
    assert (spec.distribution.processes, spec.distribution.nodes) == (4, 2)
    assert [(file.slot, file.path) for file in found.files] == [("data", "data.csv"), (None, "train.py")]
    assert found.warnings == []


def test_the_least_job_needs_a_command_only(tmp_path: Path) -> None:
    found = job(tmp_path, "command: echo hello\n")
    assert (found.spec.command, found.spec.name, found.spec.experiment) == (["echo hello"], "job", "Default")
    assert found.warnings == []


def test_a_command_of_one_word_is_run_by_the_shell_too(tmp_path: Path) -> None:
    assert job(tmp_path, "command: ls\n").spec.command == ["ls "]


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        ("command: [", "file", "no YAML"),
        ("- command", "file", "no job"),
        ("", "file", "no job"),
        ("code: .", "command", "no command"),
        ("command: 3", "command", "no command"),
        ("type: pipeline\njobs: {}", "type", "is a pipeline"),
        ("$schema: x/sweepJob.schema.json\ncommand: a b", "$schema", "is a sweep"),
        ("command: echo ${{inputs.lr}}", "command", "no such input"),
        ("command: echo ${{outputs.m}}", "command", "no such output"),
        ("command: a b\ncode: nowhere", "code", "does not exist"),
        ("command: a b\ninputs: {d: {type: uri_file, path: nowhere.csv}}", "inputs.d", "does not exist"),
        ("command: a b\ninputs: {d: {path: 'wasbs://c@a.net/x'}}", "inputs.d", "does not reach by itself"),
        ("command: a b\ninputs: {d: {path: x, mode: odd}}", "inputs.d", "unknown mode 'odd'"),
        ("command: a b\ninputs: {d: {type: uri_file, path: .}}", "inputs.d", "is a folder"),
        ("command: a b\ninputs: {d: {type: integer, value: 1.5}}", "inputs.d", "declared as integer"),
        ("command: a b\ninputs: {d: {type: uri_file}}", "inputs.d", "has no path"),
        ("command: a b\noutputs: {o: {type: odd}}", "outputs.o", "unknown type 'odd'"),
        ("command: a b\noutputs: {o: '${{parent.outputs.x}}'}", "outputs.o", "only a step of a pipeline"),
        ("command: a b\ncode: git+https://example.org/x.git", "code", "not on this machine"),
        ("command: a b\nqueue_settings: {priority: soon}", "queue_settings.priority", "no priority"),
        ("command: a b\nenvironment: {conda_file: none.yml}", "environment.conda_file", "does not exist"),
        ("command: a b\ninputs: {d: {type: odd, path: x}}", "inputs.d", "unknown type 'odd'"),
        ("command: a b\ninputs: [1]", "inputs", "must be a mapping"),
        ("command: a b\nlimits: {timeout: -3}", "file", "timeout_s"),
        ("command: a b\nresources: {cores: none}", "file", "cores"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, field: str, says: str) -> None:
    with pytest.raises((BadJob, FileNotThere), match=says) as error:
        job(tmp_path, text)
    assert error.value.field == field


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotThere, match=r"none\.yml"):
        job_of(tmp_path / "none.yml")


def test_code_leaves_out_caches_and_what_the_ignore_file_names(tmp_path: Path) -> None:
    code = tmp_path / "code"
    for name in ("a.py", "b.log", "data/big.bin", "deep/x/y.py", "__pycache__/a.pyc", ".venv/bin/python", "deep/b.log"):
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text("x")
    (code / ".amlignore").write_text("# big\ndata/\n*.log\n/deep/x\n")
    found = job(tmp_path, "command: a b\ncode: code\n")
    assert [file.path for file in found.files] == [".amlignore", "a.py"]


def test_an_optional_part_needs_no_input(tmp_path: Path) -> None:
    assert job(tmp_path, "command: a $[[--seed ${{inputs.seed}}]] b").spec.params == {}
