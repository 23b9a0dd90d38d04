"""The nouns of components on the wire."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.pipelines.schemas import Graph, OutputPort, Port


class ComponentCreate(BaseModel):
    """A component to register. version: empty for the next number. task: of a command or sweep; graph: of a pipeline."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=255, pattern=r"[A-Za-z0-9_][\w.-]*")
    version: str = Field("", max_length=60, pattern=r"[\w.-]*")
    kind: Literal["command", "sweep", "parallel", "notebook", "spark", "pipeline"] = "command"
    display_name: str = Field("", max_length=500)
    description: str = Field("", max_length=10_000)
    tags: dict[str, str] = {}
    is_deterministic: bool = True
    inputs: dict[str, Port] = {}
    outputs: dict[str, OutputPort] = {}
    task: JobSpec | None = None
    graph: Graph | None = None


class Component(BaseModel):
    """A registered version, which never changes. reference: `name:version`; latest: made last of its name and not archived.

    versions: how many its name has.
    """

    name: str
    version: str
    reference: str
    kind: Literal["command", "sweep", "parallel", "notebook", "spark", "pipeline"]
    display_name: str = ""
    description: str = ""
    tags: dict[str, str] = {}
    is_deterministic: bool = True
    inputs: dict[str, Port] = {}
    outputs: dict[str, OutputPort] = {}
    archived: bool = False
    latest: bool = False
    versions: int = 1
    created_at: datetime
    created_by: str


class ComponentDetail(Component):
    """A component with what it runs. task: of a command or sweep; graph: of a pipeline."""

    task: JobSpec | None = None
    graph: Graph | None = None


class Archive(BaseModel):
    """Put a component out of the lists, or back; steps that name its version still find it."""

    model_config = ConfigDict(extra="forbid")

    archived: bool
