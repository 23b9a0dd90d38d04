"""The nouns of published pipelines on the wire."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from studiolo.kernel.wording import ASSET_NAME
from studiolo.studio.experiments.schemas import State
from studiolo.studio.pipelines.schemas import Given, OutputPort, PipelineSpec, Port

Slot = Literal["primary", "secondary"]


class Publish(BaseModel):
    """A pipeline to publish: the first version of a name, or the next one. default: whether calls without a version get it.

    Components and environments are fixed now; its values are what a start may leave out.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, pattern=ASSET_NAME)
    spec: PipelineSpec
    description: str | None = Field(None, max_length=10_000)
    note: str = Field("", max_length=10_000)
    default: bool = True


class PublishedPatch(BaseModel):
    """What changes; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    description: str | None = Field(None, max_length=10_000)
    enabled: bool | None = None
    default_version: int | None = Field(None, ge=1)


class PublishedVersion(BaseModel):
    """A version, which never changes. given: inputs that a start may leave out; runs_as: whose rights its runs have.

    values: what those inputs are then, in the form in which a start gives them.
    """

    number: int
    note: str = ""
    inputs: dict[str, Port] = {}
    outputs: dict[str, OutputPort] = {}
    given: list[str] = []
    values: dict[str, Given] = {}
    steps: int
    runs_as: str
    created_at: datetime


class PublishedKey(BaseModel):
    """A key as it is kept: its last characters, when it was made and last used."""

    slot: Slot
    hint: str
    created_at: datetime
    used_at: datetime | None = None


class Published(BaseModel):
    """A published pipeline. url: where a start is posted to."""

    name: str
    description: str = ""
    enabled: bool
    default_version: int
    newest: int
    url: str
    created_at: datetime
    created_by: str
    updated_at: datetime


class PublishedDetail(Published):
    """A published pipeline with its versions, newest first, and its keys."""

    versions: list[PublishedVersion]
    keys: list[PublishedKey]


class MadeKey(BaseModel):
    """A key that was made just now; its text is shown this once."""

    slot: Slot
    key: str


class PublishedMade(PublishedDetail):
    """What came of publishing. new_keys: of a new name."""

    new_keys: list[MadeKey] = []


class Start(BaseModel):
    """A start. inputs: values by the pipeline's inputs; version: none for the default one."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, Given] = {}
    version: int | None = Field(None, ge=1)
    name: str = Field("", max_length=500)
    tags: dict[str, str] = {}


class PublishedRun(BaseModel):
    """A run that was started so. url: its page; state_url: where its state is asked for with the key; by: who started it."""

    run_id: str
    name: str
    state: State
    version: int
    by: str
    error: str | None = None
    url: str
    state_url: str
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
