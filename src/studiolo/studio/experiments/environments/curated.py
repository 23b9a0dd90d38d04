"""Recipes for the names of curated environments and images that public examples use.

A recipe is what the image's own list of packages says, as far as scripts rely on it, for the Pythons that are here. Who wants
another one registers an environment under the name: that one goes first.
"""

import re
from dataclasses import dataclass

_SKLEARN = (  # Azure/azureml-assets, training/general/environments/sklearn-1.5
    "numpy~=1.22; python_version < '3.12'",
    "numpy<3; python_version >= '3.12'",
    "pandas~=1.5.3; python_version < '3.12'",
    "pandas>=2.1,<3; python_version >= '3.12'",
    "scipy~=1.10",
    "joblib~=1.2",
    "matplotlib~=3.5",
    "mlflow-skinny>=2.10,<4",
    "ipykernel>=6,<8",
)
_TORCH = (
    "torch>=2.2,<3",
    "torchvision",
    "numpy<3",
    "pandas>=2,<3",
    "matplotlib~=3.5",
    "mlflow-skinny>=2.10,<4",
    "ipykernel>=6,<8",
)
_TENSORFLOW = ("tensorflow>=2.15,<3", "numpy<3", "pandas>=2,<3", "mlflow-skinny>=2.10,<4", "ipykernel>=6,<8")


@dataclass(frozen=True, slots=True)
class Known:
    """packages: requirements; none: what such an image brings beyond Python is nothing that a job here could use."""

    title: str
    packages: tuple[str, ...]


RECIPES: dict[str, Known] = {
    "sklearn-1.5": Known("scikit-learn 1.5 with pandas and matplotlib", ("scikit-learn~=1.5.0", *_SKLEARN)),
    "sklearn-1.1": Known("scikit-learn, as near to 1.1 as Python allows", ("scikit-learn>=1.1,<1.6", *_SKLEARN)),
    "sklearn-1.0": Known("scikit-learn, as near to 1.0 as Python allows", ("scikit-learn>=1.0,<1.6", *_SKLEARN)),
    "sklearn-0.24": Known("scikit-learn, as near to 0.24 as Python allows", ("scikit-learn<1.6", *_SKLEARN)),
    "lightgbm-3.3": Known("LightGBM with scikit-learn", ("lightgbm>=3.3,<5", "scikit-learn<1.6", *_SKLEARN)),
    "acpt-pytorch": Known("PyTorch", _TORCH),
    "pytorch": Known("PyTorch", _TORCH),
    "tensorflow": Known("TensorFlow", _TENSORFLOW),
    "responsibleai": Known("Responsible AI", ("scikit-learn<1.6", *_SKLEARN)),
    "minimal": Known("Python and MLflow's client", ("mlflow-skinny>=2.10,<4",)),
}
_PLAIN = re.compile(  # images of an operating system or a bare Python: the studio's own environment is as good
    r"(.*/)?(python|ubuntu|debian|busybox|alpine|openmpi[\d.]+-(cuda[\d.]+-cudnn\d+-)?ubuntu[\d.]+|minimal-ubuntu[\w.-]*|mambaforge|miniconda3?)(:.*)?"
)
_ALIASES = (
    (re.compile(r"azureml[-_]?(.*)", re.IGNORECASE), r"\1"),
    (re.compile(r"(sklearn-\d+\.\d+).*"), r"\1"),
    (re.compile(r"(lightgbm-\d+\.\d+).*"), r"\1"),
    (re.compile(r"(acpt-pytorch|pytorch|tensorflow|responsibleai|minimal)\b.*"), r"\1"),
)


def recipe(name: str) -> tuple[str, Known] | None:
    """Return the recipe that a curated name or an image stands for.

    >>> recipe("AzureML-sklearn-1.0-ubuntu20.04-py38-cpu")[0], recipe("mcr.microsoft.com/azureml/curated/sklearn-1.5:12")[0]
    ('sklearn-1.0', 'sklearn-1.5')
    >>> recipe("my-own") is None
    True
    """
    short = name.strip().lower().rpartition("/")[2].partition(":")[0].partition("@")[0]
    for pattern, target in _ALIASES:
        if found := pattern.fullmatch(short):
            short = found.expand(target)
    return (short, RECIPES[short]) if short in RECIPES else None


_PYTHON = re.compile(r"(.*/)?python:(\d+\.\d+)\b.*")


def python_of(image: str) -> str:
    """Return the version of Python that an image of a bare Python has by its name, else an empty text.

    >>> python_of("docker.io/library/python:3.11-slim"), python_of("python:latest"), python_of("ubuntu:22.04")
    ('3.11', '', '')
    """
    found = _PYTHON.fullmatch(image.strip().lower())
    return found[2] if found else ""


def instead(image: str) -> str:
    """Say what a job gets that names an image alone which is not used; empty when the image is.

    >>> instead("me/mine:1")
    ''
    """
    if known := recipe(image):
        return f"the image {image} is not used: the packages of the recipe {known[0]} are installed here"
    if plain(image):
        return f"the image {image} is not used: it runs in an empty environment of a Python here, and `container: true` beside `image` runs it in the image"
    return ""


def plain(image: str) -> bool:
    """Say whether an image brings nothing but an operating system or a Python.

    >>> plain("library/python:latest"), plain("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest"), plain("me/mine:1")
    (True, True, False)
    """
    return _PLAIN.fullmatch(image.strip().lower()) is not None
