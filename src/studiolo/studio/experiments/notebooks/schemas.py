"""The noun of notebook jobs on the wire."""

from pydantic import BaseModel, ConfigDict, Field


class Notebook(BaseModel):
    """path: of the .ipynb in the code. texts: parameters that are texts whatever they look like; cell_timeout_s: of one cell, none for any time."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1, max_length=1000)
    texts: list[str] = []
    cell_timeout_s: float | None = Field(None, gt=0)
