"""The noun of Spark jobs on the wire."""

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Spark(BaseModel):
    """file: a Python script of the code, or class_name: the main class in the first of `jars`; exactly one of the two.

    py_files, jars, files, archives: paths in the code, or addresses that Spark itself reads. conf: Spark's settings.
    """

    model_config = ConfigDict(extra="forbid")

    file: str = Field("", max_length=1000)
    class_name: str = Field("", max_length=1000)
    py_files: list[str] = []
    jars: list[str] = []
    files: list[str] = []
    archives: list[str] = []
    conf: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_entry(self) -> "Spark":
        if bool(self.file) == bool(self.class_name):
            raise ValueError("A Spark job begins with a file or with a class, and not with both.")
        return self
