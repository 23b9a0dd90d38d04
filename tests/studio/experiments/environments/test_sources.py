"""What definitions of environments ask for, and what of it is refused."""

from pathlib import Path

import pytest
from tests.kernel.test_yaml_text import bomb

from studiolo.studio.experiments.environments import curated, tool
from studiolo.studio.experiments.environments.errors import BadEnvironment
from studiolo.studio.experiments.environments.sources import asked
from studiolo.studio.experiments.job_files import environments
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition

CONDA = """
name: model-env
channels: [conda-forge]
dependencies:
  - python=3.10.4
  - numpy=1.22
  - conda-forge::scikit-learn>=1.0,<2
  - pytorch-cpu
  - pip=21
  - pip:
      - inference-schema[numpy-support]==1.3.0
      - azureml-defaults==1.0
      - azureml-mlflow
"""


def test_a_conda_file_is_taken_apart() -> None:
    found = asked(EnvironmentDefinition(conda=CONDA))
    assert found.python == "3.10"
    assert found.requirements == [
        "numpy==1.22.*",
        "scikit-learn>=1.0,<2",
        "torch",
        "inference-schema[numpy-support]==1.3.0",
        "mlflow-skinny>=2.10,<4",
    ]
    assert found.notes == ["azureml-defaults is left out", "azureml-mlflow is mlflow-skinny here"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"conda": "dependencies: [python, cudatoolkit=11, libgcc, numpy]"}, r"cudatoolkit=11, libgcc\."),
        ({"conda": "dependencies: 3"}, "no list"),
        ({"conda": "a: ["}, "no YAML"),
        ({"conda": bomb("dependencies")}, "its aliases stand for"),
        ({"pyproject": "[tool.x]"}, "no .project."),
        ({"pyproject": "["}, "no TOML"),
        ({"requirements": "-r other.txt"}, "cannot be followed"),
        ({"requirements": "./local.whl"}, "a place on a machine"),
        ({"packages": ["x @ file:///srv/x.whl"]}, "a place on a machine"),
        ({"packages": ["x@../x"]}, "a place on a machine"),
        ({"packages": ["~/x"]}, "a place on a machine"),
        ({"packages": ["dist/x.whl"]}, "no requirement"),
        ({"packages": ["x-1.0-py3-none-any.whl"]}, "no requirement"),
        ({"packages": ["x.tar.gz[all]"]}, "no requirement"),
        ({"packages": ["x --config-settings=a=b"]}, "no requirement"),
        ({"packages": ["${HOME}"]}, "no requirement"),
        ({"packages": ["x @ https://a.org/x.whl"]}, "an address of its own"),
        ({"requirements": "git+https://a.org/x.git"}, "an address of its own"),
        ({"requirements": "x[all] @ git+ssh://a.org/x.git"}, "an address of its own"),
        ({"requirements": "https://a.org/x.whl"}, "an address of its own"),
        ({"requirements": "-e ."}, "cannot be followed"),
        ({"requirements": "--index-url=https://b.org/simple"}, "an index of its own"),
        ({"requirements": "-i http://127.0.0.1/simple"}, "an index of its own"),
        ({"requirements": "--extra-index-url file:///srv/wheels"}, "an index of its own"),
        ({"requirements": "-f /srv/wheels"}, "an index of its own"),
        ({"requirements": "--find-links https://a.org/wheels"}, "an index of its own"),
        ({"requirements": "--no-binary :all:"}, "wheels only"),
        ({"conda": 'dependencies: ["numpy\\n--find-links /srv/wheels"]'}, "no requirement"),
        ({"conda": "dependencies: [{pip: [x, -f /srv/wheels]}]"}, "an index of its own"),
        ({"packages": ["a"], "conda": "dependencies: []"}, "at once"),
        ({}, "nothing of its packages"),
        ({"image": "me/mine:1"}, "no recipe"),
        ({"packages": ["tinya"], "python": "three"}, "no version of Python"),
    ],
)
def test_what_cannot_be_an_environment_is_said(given: dict, says: str) -> None:
    with pytest.raises(BadEnvironment, match=says):
        asked(EnvironmentDefinition.model_validate(given), {"https://a.org/simple"})


def test_an_index_that_pip_is_configured_with_may_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://me:pw@a.org/simple/ https://b.org/whl")
    monkeypatch.setenv("UV_INDEX_URL", "https://c.org/simple")
    found = tool.indexes(tmp_path)
    assert found == {"https://a.org/simple", "https://b.org/whl", "https://c.org/simple"}
    text = "--extra-index-url https://a.org/simple\n--trusted-host a.org\n--only-binary :all:\n-i https://c.org/simple/\nx>=2\n"
    read = asked(EnvironmentDefinition(requirements=text), found)
    assert read.requirements == ["x>=2"]
    assert len(read.notes) == 4


def test_a_pyproject_and_a_plain_image_are_read() -> None:
    text = '[project]\nname = "x"\ndependencies = ["numpy>=2", "pandas"]\n'
    assert asked(EnvironmentDefinition(pyproject=text)).requirements == ["numpy>=2", "pandas"]
    assert asked(EnvironmentDefinition(image="library/python:latest")).requirements == []
    assert (
        "scikit-learn~=1.5.0"
        in asked(EnvironmentDefinition(image="mcr.microsoft.com/azureml/curated/sklearn-1.5:9")).requirements
    )


def test_an_image_alone_that_is_not_used_says_what_there_is_instead() -> None:
    plain = asked(EnvironmentDefinition(image="docker.io/library/python:3.11-slim"))
    assert (plain.python, plain.notes) == ("3.11", [curated.instead("docker.io/library/python:3.11-slim")])
    assert "`container: true`" in plain.notes[0]
    known = asked(EnvironmentDefinition(image="mcr.microsoft.com/azureml/curated/sklearn-1.5:9"))
    assert "recipe sklearn-1.5" in known.notes[0]
    with_packages = asked(EnvironmentDefinition(image="ubuntu:22.04", packages=["tinya"]))
    assert with_packages.notes == [], "Azure ML's usual pair: an image of a system, and the packages"


def test_who_sends_a_job_file_is_told_of_an_image_that_is_not_used(tmp_path: Path) -> None:
    _, warnings = environments.of({"image": "python:3.11"}, tmp_path)
    assert warnings == [curated.instead("python:3.11")]
    for other in ({"image": "python:3.11", "container": True}, {"image": "python:3.11", "packages": ["tinya"]}):
        assert environments.of(other, tmp_path)[1] == []
