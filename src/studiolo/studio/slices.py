"""The slices in the order of the house, and the parts that each brings to a process: its routes, its tick, its commands."""

import importlib
import importlib.util
from collections.abc import Iterator
from types import ModuleType

SLICES = ("workspace", "datastores", "compute", "experiments", "datasets", "models", "automl", "endpoints")


def parts(file: str) -> Iterator[tuple[str, ModuleType]]:
    """Import and yield, by slice, the modules of a name that slices have: `router`, `reconcile` or `cli`."""
    for name in SLICES:
        module = f"studiolo.studio.{name}.{file}"
        if importlib.util.find_spec(module) is not None:
            yield name, importlib.import_module(module)
