"""The noun of parallel jobs on the wire."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

_SIZE = re.compile(r"\s*(\d+)\s*(b|kb|mb|gb|)\s*", re.IGNORECASE)
_UNITS = {"b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30}


class Parallel(BaseModel):
    """How data is cut and worked on; the first word of the job's command is the script, the others its arguments.

    data: the input that is cut. mini_batch_size: files, or bytes with a unit (`10mb`). mini_batch_error_threshold, error_threshold: failed
    mini-batches and items that are let pass; -1: any number. max_concurrency: workers at once; 0: one for each core, or GPU.
    max_retries: of one mini-batch; timeout_s: of one. append_row_to: the output that gets what `run` returned, row by row.
    """

    model_config = ConfigDict(extra="forbid")

    data: str
    mini_batch_size: str = "1"
    mini_batch_error_threshold: int = Field(-1, ge=-1)
    error_threshold: int = Field(-1, ge=-1)
    max_concurrency: int = Field(0, ge=0, le=1024)
    max_retries: int = Field(2, ge=0, le=100)
    timeout_s: float = Field(60, gt=0)
    logging_level: Literal["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"] = "INFO"
    append_row_to: str = ""

    @field_validator("mini_batch_size", mode="before")
    @classmethod
    def _sized(cls, given: object) -> str:
        found = _SIZE.fullmatch(str(given))
        if found is None or int(found[1]) == 0:
            raise ValueError("write a number of files, such as 10, or of bytes with a unit, such as 10mb")
        return f"{int(found[1])}{found[2].lower()}"

    def size(self) -> tuple[int, int]:
        """Return files and bytes of a mini-batch; the one that does not count is 0.

        >>> Parallel(data="x", mini_batch_size="10 KB").size(), Parallel(data="x", mini_batch_size=3).size()
        ((0, 10240), (3, 0))
        """
        found = _SIZE.fullmatch(self.mini_batch_size)
        assert found is not None
        unit = found[2].lower()
        return (0, int(found[1]) * _UNITS[unit]) if unit else (int(found[1]), 0)
