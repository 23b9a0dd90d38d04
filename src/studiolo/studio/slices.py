"""The slices in the order of the house, and the parts that each brings to a process: its routes, its tick, its commands."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator, Sequence
from types import ModuleType

SLICES = (
    "workspace",
    "datastores",
    "compute",
    "experiments",
    "datasets",
    "models",
    "pipelines",
    "schedules",
    "automl",
    "endpoints",
)


def parts(file: str, slices: Sequence[str] = SLICES) -> Iterator[tuple[str, ModuleType]]:
    """Import and yield, by slice, the modules of a name that slices have: `router`, `reconcile` or `cli`."""
    for name in slices:
        module = f"studiolo.studio.{name}.{file}"
        if importlib.util.find_spec(module) is not None:
            yield name, importlib.import_module(module)


def load_tables() -> None:
    """Import the tables of every slice, whatever of it this process has used."""
    for name in SLICES:
        package = importlib.import_module(f"studiolo.studio.{name}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if found.name.endswith("tables"):
                importlib.import_module(found.name)
