"""The nouns of a job's data and surroundings on the wire: references, declared outputs, definitions of environments."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

DataType = Literal["uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model"]
FILE_TYPES = frozenset({"uri_file"})
COMMANDS = frozenset({"command", "sweep", "parallel", "notebook", "spark"})  # kinds of jobs whose command is a user's


class DataInput(BaseModel):
    """Data that is somewhere else: a dataset, a model, a datastore, another job's output, an address of the web.

    path: `azureml:<name>:<version>`, `azureml:<name>:<version>@<part>` of a split, `azureml:<name>@latest`, `azureml://datastores/<name>/paths/<path>`,
    `azureml://jobs/<run>/outputs/<output>/paths/<path>`, `runs:/<run>/<path>`, `https://…`.
    mode: `direct` hands the address itself to the command; the others place the files, read-only, before it starts.
    """

    model_config = ConfigDict(extra="forbid")

    type: DataType = "uri_folder"
    path: str = Field(min_length=1, max_length=4000)
    mode: Literal["ro_mount", "download", "direct", "eval_mount", "eval_download"] = "ro_mount"


class JobOutput(BaseModel):
    """Where a job leaves something. path: a folder of a datastore that it is copied to at the end; empty: the run keeps it.

    name, version: registers it as a dataset or model when the job has completed; the studio numbers versions itself, and
    keeps one that is asked for as a tag.
    """

    model_config = ConfigDict(extra="forbid")

    type: DataType = "uri_folder"
    mode: Literal["rw_mount", "mount", "upload", "direct"] = "rw_mount"
    path: str = Field("", max_length=4000)
    name: str = Field("", max_length=255)
    version: str = Field("", max_length=60)
    description: str = Field("", max_length=10_000)


class OwnRay(BaseModel):
    """The Ray beside a command. address: of one that is there already, which is used instead.

    port: of its head, a free one when left out; head_args, worker_args: more options of `ray start`.
    """

    model_config = ConfigDict(extra="forbid")

    address: str = Field("", max_length=255, pattern=r"^([\w.:\[\]-]+:\d{1,5}|auto)?$")
    port: int | None = Field(None, ge=1024, le=65535)
    dashboard: bool = False
    dashboard_port: int | None = Field(None, ge=1024, le=65535)
    head_args: list[Annotated[str, Field(max_length=1000)]] = Field(default_factory=list, max_length=50)
    worker_args: list[Annotated[str, Field(max_length=1000)]] = Field(default_factory=list, max_length=50)


class Distribution(BaseModel):
    """How many processes run the command together, on each of so many nodes. type: whose habits their variables follow.

    nodes: of a Slurm, or of a cluster; elsewhere groups of processes on the machine that runs the job, which gives it so many times
    its resources. ray: the command runs once, beside a Ray of so many nodes, which is the job's own and ends with it.
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["pytorch", "mpi", "tensorflow", "ray"] = "pytorch"
    processes: int = Field(1, ge=1, le=256)
    nodes: int = Field(1, ge=1, le=256)
    ray: OwnRay | None = None


class EnvironmentBuild(BaseModel):
    """The folder that an image is built from. context: a tar of it, compressed by gzip, in base64; dockerfile: its path in there."""

    model_config = ConfigDict(extra="forbid")

    context: str = Field("", max_length=14_000_000)
    dockerfile: str = Field("Dockerfile", max_length=500)


class EnvironmentDefinition(BaseModel):
    """What an environment is made of; exactly one of the sources, or an image alone.

    conda: the text of a conda.yml; requirements: of a requirements.txt; pyproject: of a pyproject.toml; packages:
    requirements one by one; python: such as `3.11`; image: of a container, for whose name there may be a recipe here; build: instead
    of an image. container: run in the image also where there is a recipe for its name.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=255)
    description: str = Field("", max_length=10_000)
    tags: dict[str, str] = {}
    python: str = Field("", max_length=20)
    conda: str | None = Field(None, max_length=200_000)
    requirements: str | None = Field(None, max_length=200_000)
    pyproject: str | None = Field(None, max_length=200_000)
    packages: list[str] | None = Field(None, max_length=1000)
    image: str = Field("", max_length=500)
    build: EnvironmentBuild | None = None
    container: bool = False
