"""The SDK part of environments."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studiolo.kernel.http import Transport
from studiolo.studio.experiments.environments.schemas import EnvironmentDetail, EnvironmentVersion, Recipe, Space
from studiolo.studio.experiments.job_files import environments as files
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition

Versions = list[EnvironmentVersion]
Recipes = list[Recipe]


class Environments:
    """What jobs have of Python: `studio.experiments.environments`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        name: str,
        *,
        packages: Sequence[str] | None = None,
        file: str | Path | None = None,
        python: str = "",
        description: str = "",
    ) -> EnvironmentVersion:
        """Register an environment from packages, or from a conda.yml, requirements.txt, pyproject.toml or YAML of Azure ML."""
        if file is not None:
            found, _ = files.from_file(Path(file))
        else:
            found = EnvironmentDefinition(packages=list(packages or []))
        given: dict[str, Any] = {"name": name or found.name, "description": description or found.description}
        return self.register(found.model_copy(update={**given, "python": python or found.python}))

    def register(self, definition: EnvironmentDefinition) -> EnvironmentVersion:
        """Register a definition as the next version of its name."""
        body = definition.model_dump(mode="json", exclude_none=True)
        return EnvironmentVersion.model_validate(self._transport.post("experiments/environments", json=body))

    def list(self, *, archived: bool = False) -> Versions:
        """Return environments by name, each with its newest version."""
        found = self._transport.get("experiments/environments", archived=archived)
        return [EnvironmentVersion.model_validate(item) for item in found]

    def get(self, name: str, version: int | None = None) -> EnvironmentDetail:
        """Return a version with its lock, the newest for None."""
        where = {"version": version} if version is not None else {}
        return EnvironmentDetail.model_validate(self._transport.get(f"experiments/environments/{name}", **where))

    def versions(self, name: str) -> Versions:
        """Return the versions of an environment, newest first."""
        found = self._transport.get(f"experiments/environments/{name}/versions")
        return [EnvironmentVersion.model_validate(item) for item in found]

    def archive(self, name: str, version: int | None = None) -> Versions:
        """Hide versions (all for None) from lists and from `@latest`."""
        return self._changed(name, "archive", version)

    def restore(self, name: str, version: int | None = None) -> Versions:
        """Show archived versions again."""
        return self._changed(name, "restore", version)

    def recipes(self) -> Recipes:
        """Return the curated names that the studio knows recipes for."""
        return [Recipe.model_validate(item) for item in self._transport.get("experiments/environment-recipes")]

    def space(self) -> Space:
        """Return what environments, and uv's cache beside them, take of the disk of the studio's machine."""
        return Space.model_validate(self._transport.get("experiments/environment-space"))

    def _changed(self, name: str, verb: str, version: int | None) -> Versions:
        where = {"version": version} if version is not None else {}
        found = self._transport.post(f"experiments/environments/{name}/{verb}", **where)
        return [EnvironmentVersion.model_validate(item) for item in found]
