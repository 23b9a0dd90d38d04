"""Finds plug-ins: one file each in a folder of ours, or an entry point of somebody else's package."""

import importlib
import pkgutil
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

from studiolo.kernel.errors import StudioloError

_found: dict[str, dict[str, ModuleType]] = {}


class BadPlugin(StudioloError):
    """A plug-in file that does not keep the contract of its family."""

    code, status, title = "plugins.bad", 500, "A plug-in cannot be used"


def find(package: str, spec_type: type[Any]) -> dict[str, ModuleType]:
    """Return the modules of a family by the `name` of their `SPEC`, in order of name.

    package: full name, e.g. `studiolo.studio.datasets.formats`; it is also the entry point group for third parties.
    Files `base.py`, private ones and folders are left out. The scan runs once per process.
    Raises BadPlugin when a file has no SPEC of the family's type or two share a name.
    """
    if package in _found:
        return _found[package]
    folder = importlib.import_module(package)
    modules = [
        importlib.import_module(f"{package}.{info.name}")
        for info in pkgutil.iter_modules(folder.__path__)
        if not info.ispkg and not info.name.startswith("_") and info.name != "base"
    ]
    modules += [_load(entry) for entry in entry_points(group=package)]
    family: dict[str, ModuleType] = {}
    for module in modules:
        spec = getattr(module, "SPEC", None)
        if not isinstance(spec, spec_type):
            raise BadPlugin(f"{module.__name__} has no SPEC of type {spec_type.__name__}.")
        name = str(spec.name)
        if name in family:
            raise BadPlugin(f"{module.__name__} and {family[name].__name__} are both named '{name}'.")
        family[name] = module
    _found[package] = dict(sorted(family.items()))
    return _found[package]


def one(package: str, name: str, spec_type: type[Any]) -> ModuleType:
    """Return the module of one name. While the family was not looked for, the file of that name is enough; raises KeyError."""
    if package not in _found and name.isidentifier() and name != "base" and not name.startswith("_"):
        with suppress(ModuleNotFoundError):
            module = importlib.import_module(f"{package}.{name}")
            spec = getattr(module, "SPEC", None)
            if isinstance(spec, spec_type) and spec.name == name:
                return module
    return find(package, spec_type)[name]


def _load(entry: EntryPoint) -> ModuleType:
    try:
        module: ModuleType = entry.load()
    except Exception as error:  # somebody else's package: whatever it raises, the sentence must name it
        distribution = entry.dist.name if entry.dist else entry.module
        raise BadPlugin(
            f"The plug-in '{entry.name}' of the package {distribution} cannot be loaded: {error!r}.",
            f"Update or remove the package: pip uninstall {distribution}",
        ) from error
    return module
