"""The nouns of a pipeline's file that a browser sends."""

from pydantic import BaseModel, ConfigDict, Field

from studiolo.studio.experiments.schemas import InputFile
from studiolo.studio.pipelines.schemas import PipelineSpec, Problem


class SentPipeline(BaseModel):
    """The file of a pipeline, and its folder as it was sent. main: path of the file in it; text: what it holds, if not as it was sent."""

    model_config = ConfigDict(extra="forbid")

    main: str = Field("pipeline.yml", min_length=1, max_length=1000)
    text: str = Field("", max_length=1_000_000)
    files: list[InputFile] = Field([], max_length=20_000)


class PipelineRead(BaseModel):
    """What a file says. spec: null when it cannot be read, and problems say why; warnings: what in it has no meaning here."""

    spec: PipelineSpec | None = None
    problems: list[Problem] = []
    warnings: list[str] = []
