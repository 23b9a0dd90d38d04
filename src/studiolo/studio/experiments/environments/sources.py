"""From a definition to requirements: what conda.yml, requirements.txt and pyproject.toml ask of Python. Pure."""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from studiolo.studio.experiments.environments import curated, requirements
from studiolo.studio.experiments.environments.errors import BadEnvironment
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition

_CONDA_NAMES = {  # conda's name: PyPI's
    "pytorch": "torch",
    "pytorch-cpu": "torch",
    "py-xgboost": "xgboost",
    "matplotlib-base": "matplotlib",
    "tensorflow-gpu": "tensorflow",
    "tensorflow-cpu": "tensorflow",
    "py-opencv": "opencv-python-headless",
    "opencv": "opencv-python-headless",
    "faiss-cpu": "faiss-cpu",
    "msgpack-python": "msgpack",
    "ruamel_yaml": "ruamel.yaml",
    "pytables": "tables",
    "python-graphviz": "graphviz",
    "graphviz-python": "graphviz",
    "seaborn-base": "seaborn",
    "dask-core": "dask",
    "ray-core": "ray",
    "ray-default": "ray[default]",
    "importlib_resources": "importlib-resources",
    "pyarrow-core": "pyarrow",
    "mlflow-skinny": "mlflow-skinny",
    "pydot-ng": "pydot-ng",
}
_NOT_PYTHON = frozenset(  # what conda installs beside Python: no wheel brings it
    [
        "cudatoolkit",
        "cudnn",
        "cuda",
        "cuda-toolkit",
        "nccl",
        "mkl",
        "mkl-service",
        "openssl",
        "libgcc",
        "libgcc-ng",
        "libstdcxx-ng",
        "gcc",
        "gxx",
        "gcc_linux-64",
        "gxx_linux-64",
        "cmake",
        "make",
        "openmpi",
        "mpich",
        "libblas",
        "openblas",
        "blas",
        "nomkl",
        "ffmpeg",
        "git",
        "git-lfs",
        "nodejs",
        "openjdk",
        "r-base",
        "r-essentials",
        "ca-certificates",
        "sqlite",
        "zlib",
        "boost",
        "libxml2",
        "hdf5",
        "postgresql",
        "unixodbc",
        "pytorch-cuda",
        "cpuonly",
    ]
)
_DROPPED = {"pip", "setuptools", "wheel", "conda", "nomkl", "cpuonly"}
_AZURE = {  # Azure's own packages: their part is played here by others
    "azureml-mlflow": "mlflow-skinny>=2.10,<4",
    "azureml-defaults": "",
    "azureml-core": "",
    "azureml-inference-server-http": "",
    "azureml-dataset-runtime": "",
    "azureml-dataprep": "",
    "azureml-telemetry": "",
}
_CONDA = re.compile(r"(?:[\w.-]+::)?\s*([A-Za-z0-9_.-]+)(\[[^\]]*\])?\s*(.*)", re.DOTALL)
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


@dataclass(slots=True)
class Asked:
    """What a definition asks for. python: such as 3.10, empty for any; source: which form it had; notes: what was left out."""

    requirements: list[str]
    python: str = ""
    source: str = "packages"
    notes: list[str] = field(default_factory=list)


def asked(given: EnvironmentDefinition, indexes: Collection[str] = ()) -> Asked:
    """Return what a definition asks for; raises BadEnvironment. indexes: that pip is configured with."""
    forms = [name for name in ("conda", "requirements", "pyproject", "packages") if getattr(given, name) is not None]
    if len(forms) > 1:
        raise BadEnvironment(
            f"The environment is described by {' and '.join(forms)} at once.", "Keep one of them.", field=forms[1]
        )
    if not forms:
        found = _of_image(given.image)
    elif forms[0] == "conda":
        found = of_conda(given.conda or "")
    elif forms[0] == "requirements":
        found = Asked(_lines(given.requirements or ""), source="requirements.txt")
    elif forms[0] == "pyproject":
        found = of_pyproject(given.pyproject or "")
    else:
        found = Asked(_lines("\n".join(given.packages or [])))
    form = forms[0] if forms else "image"
    found.requirements = requirements.taken(found.requirements, form, indexes, found.notes)
    found.requirements = [line for one in found.requirements if (line := _here(one, found.notes))]
    if given.python:
        found.python = given.python
    if found.python and not re.fullmatch(r"\d+(\.\d+){0,2}", found.python):
        raise BadEnvironment(f"'{found.python}' is no version of Python.", "Write it as 3.11.", field="python")
    found.python = ".".join(found.python.split(".")[:2])
    if forms and given.image and not curated.plain(given.image):
        found.notes.append(f"the image {given.image} is not used: its packages come from {found.source}")
    return found


def _of_image(image: str) -> Asked:
    if not image:
        raise BadEnvironment(
            "The environment says nothing of its packages.",
            "Give conda, requirements, pyproject or packages.",
            field="packages",
        )
    if known := curated.recipe(image):
        return Asked(list(known[1].packages), source=f"recipe {known[0]}", notes=[curated.instead(image)])
    if curated.plain(image):
        return Asked([], curated.python_of(image), source="image", notes=[curated.instead(image)])
    raise BadEnvironment(
        f"The image '{image[:200]}' has no recipe here, and the studio runs jobs without containers.",
        "Describe its packages: packages, or conda_file beside the image.",
        field="image",
    )


def of_conda(text: str) -> Asked:
    """Read a conda.yml: the pip part as it is, the other names as PyPI calls them. Raises BadEnvironment for the rest."""
    from studiolo.kernel import yaml_text

    try:
        raw = yaml_text.read(text)
    except yaml_text.NotYaml as error:
        raise BadEnvironment(f"The conda file is no YAML that can be read: {error}.", field="conda") from None
    listed = raw.get("dependencies") if isinstance(raw, dict) else None
    if not isinstance(listed, list):
        raise BadEnvironment("The conda file has no list `dependencies`.", field="conda")
    found, refused = Asked([], source="conda.yml"), []
    for item in listed:
        if isinstance(item, dict):
            found.requirements += _lines("\n".join(str(line) for line in item.get("pip") or []))
            continue
        match = _CONDA.fullmatch(str(item).strip())
        if not match:
            refused.append(str(item))
            continue
        name, constraint = match[1].lower(), match[3].strip()
        if name == "python":
            versions = re.findall(r"\d+(?:\.\d+)+", constraint)
            found.python = versions[0] if versions else ""
        elif name in _DROPPED:
            continue
        elif name in _NOT_PYTHON or name.startswith(("lib", "_", "r-")):
            refused.append(str(item))
        else:
            found.requirements.append(f"{_CONDA_NAMES.get(name, match[1])}{match[2] or ''}{_constraint(constraint)}")
    if refused:
        raise BadEnvironment(
            f"These come from conda alone, and no Python package brings them: {', '.join(refused)}.",
            "Leave them out, or install them on the machine.",
            field="conda",
        )
    return found


def _constraint(text: str) -> str:
    """Return conda's way to say a version as pip says it.

    >>> _constraint("=1.22"), _constraint("==1.22.3"), _constraint(">=1,<2"), _constraint("1.5.*"), _constraint("=1.2=py310_0")
    ('==1.22.*', '==1.22.3', '>=1,<2', '==1.5.*', '==1.2')
    """
    text = text.replace(" ", "")
    if not text or text == "*":
        return ""
    if text[0] == "=" and not text.startswith("=="):
        version, _, build = text[1:].partition("=")
        return f"=={version}" if build or version.endswith("*") else f"=={version}.*"
    return f"=={text}" if text[0].isdigit() else text


def of_pyproject(text: str) -> Asked:
    """Read `[project] dependencies` and `requires-python`; raises BadEnvironment."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadEnvironment(f"The pyproject file is no TOML: {error}", field="pyproject") from None
    project: Any = raw.get("project")
    if not isinstance(project, dict) or not isinstance(project.get("dependencies", []), list):
        raise BadEnvironment("The pyproject file has no [project] with dependencies.", field="pyproject")
    return Asked(_lines("\n".join(map(str, project.get("dependencies", [])))), source="pyproject.toml")


def _lines(text: str) -> list[str]:
    """Return the lines of requirements without comments and hashes."""
    found = []
    for raw in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(^|\s)#.*$", "", raw).strip()
        if line := re.sub(r"\s--hash=\S+", "", line):
            found.append(line)
    return found


def _here(line: str, notes: list[str]) -> str:
    """Return a requirement as it is met here, empty when it is not needed."""
    match = _NAME.match(line)
    name = re.sub(r"[-_.]+", "-", match[1]).lower() if match else ""
    if name in _AZURE:
        notes.append(f"{name} is left out" if not _AZURE[name] else f"{name} is {_AZURE[name].split('>')[0]} here")
        return _AZURE[name]
    return line
