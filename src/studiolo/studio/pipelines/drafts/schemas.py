"""The nouns of drafts on the wire."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from studiolo.studio.pipelines.schemas import PipelineSpec
from studiolo.studio.pipelines.sent_schemas import SentPipeline


class DraftSave(BaseModel):
    """What to keep. file: as it is written, with its folder; spec: what is to run, which a submission takes before the file.

    version: of the draft that was changed; none makes a new one.
    """

    model_config = ConfigDict(extra="forbid")

    description: str = Field("", max_length=10_000)
    file: SentPipeline | None = None
    spec: PipelineSpec | None = None
    version: int | None = Field(None, ge=1)


class Draft(BaseModel):
    """A draft. steps: null as long as its file cannot be read; run_id: of its last submission."""

    name: str
    description: str = ""
    steps: int | None = None
    version: int
    run_id: str | None = None
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class DraftDetail(Draft):
    """A draft with what it holds."""

    file: SentPipeline | None = None
    spec: PipelineSpec | None = None
