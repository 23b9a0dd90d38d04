"""The noun of parallel jobs on the wire."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

_SIZE = re.compile(r"\s*(\d+)\s*(b|kb|mb|gb|)\s*", re.IGNORECASE)
_UNITS = {"b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30}


class Parallel(BaseModel):
    """How data is cut and worked on; the first word of the job's command is the script, the others its arguments.

    data: the input that is cut. cut: by its files, or by the rows of the table in it; auto: by rows where an MLTable in it says how its files
    are read. mini_batch_size: files or rows, or bytes with a unit (`10mb`); empty: one file, or 1mb of a table. partition_keys: columns; a
    mini-batch for each group of rows with the same values in them, whatever its size. mini_batch_error_threshold, error_threshold: failed
    mini-batches and items that are let pass; -1: any number. max_concurrency: workers at once; 0: one for each core, or GPU.
    max_retries: of one mini-batch; timeout_s: of one. append_row_to: the output that gets what `run` returned, row by row. model: the
    input whose folder scripts find as AZUREML_MODEL_DIR.
    """

    model_config = ConfigDict(extra="forbid")

    data: str
    cut: Literal["auto", "files", "table"] = "auto"
    mini_batch_size: str = ""
    partition_keys: list[str] = Field(default=[], max_length=50)
    mini_batch_error_threshold: int = Field(-1, ge=-1)
    error_threshold: int = Field(-1, ge=-1)
    max_concurrency: int = Field(0, ge=0, le=1024)
    max_retries: int = Field(2, ge=0, le=100)
    timeout_s: float = Field(60, gt=0)
    logging_level: Literal["CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"] = "INFO"
    append_row_to: str = ""
    model: str = ""

    @field_validator("mini_batch_size", mode="before")
    @classmethod
    def _sized(cls, given: object) -> str:
        if given == "":
            return ""
        found = _SIZE.fullmatch(str(given))
        if found is None or int(found[1]) == 0:
            raise ValueError("write a number of files or rows, such as 10, or of bytes with a unit, such as 10mb")
        return f"{int(found[1])}{found[2].lower()}"

    @field_validator("partition_keys")
    @classmethod
    def _named(cls, given: list[str]) -> list[str]:
        if any(not key.strip() for key in given) or len(set(given)) < len(given):
            raise ValueError("write the name of each column once, such as [store, brand]")
        return given

    def size(self, default: str = "1") -> tuple[int, int]:
        """Return items and bytes of a mini-batch; the one that does not count is 0. default: what nothing said means.

        >>> Parallel(data="x", mini_batch_size="10 KB").size(), Parallel(data="x", mini_batch_size=3).size()
        ((0, 10240), (3, 0))
        """
        found = _SIZE.fullmatch(self.mini_batch_size or default)
        assert found is not None
        unit = found[2].lower()
        return (0, int(found[1]) * _UNITS[unit]) if unit else (int(found[1]), 0)
