"""Which engine is found, what is said where none answers, and what it is told. Without any engine."""

import dataclasses
import json
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.kernel.settings import load
from studiolo.runner import attempt, containers
from studiolo.studio.experiments import service as runs
from studiolo.studio.experiments.environments import engines, service
from studiolo.studio.experiments.environments.errors import BadEnvironment, NoEngine
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition
from studiolo.studio.experiments.schemas import JobSpec

DOCKER = {"ServerVersion": "28.2.2", "MemoryLimit": True, "CpuCfsQuota": True, "InitBinary": "docker-init"}
PODMAN = {"version": {"Version": "4.3.1"}, "host": {"cgroupControllers": ["memory"], "security": {"rootless": True}}}


def program(folder: Path, name: str, version: str, info: str, code: int = 0) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n[ $1 = --version ] && echo '{version}' && exit 0\n{info}\nexit {code}\n")
    path.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/sbin/nothing")
    return folder


def test_an_engine_that_answers_goes_before_one_that_does_not(path: Path, tmp_path: Path) -> None:
    program(
        path, "docker", "Docker version 28.2.2, build e6534b4", "echo 'Cannot connect to the Docker daemon.' >&2", 1
    )
    settings = load({}, home=tmp_path)
    with pytest.raises(NoEngine) as refused:
        engines.here(settings)
    assert refused.value.detail == (
        "No container engine answers: docker does not answer (Cannot connect to the Docker daemon); "
        "there is no program 'podman'."
    )
    program(path, "podman", "podman version 4.3.1", f"echo '{json.dumps(PODMAN)}'")
    found = engines.here(settings, fresh=True)
    assert (found.kind, found.rootless, found.memory, found.cpus) == ("podman", True, True, False)
    program(path, "docker", "Docker version 28.2.2, build e6534b4", f"echo '{json.dumps(DOCKER)}'")
    found = engines.here(settings, fresh=True)
    assert (found.kind, found.title, found.rootless, found.memory, found.init) == (
        "docker",
        "Docker 28.2.2",
        False,
        True,
        True,
    )


def test_none_is_no_engine(path: Path, tmp_path: Path) -> None:
    with pytest.raises(NoEngine, match="STUDIOLO_CONTAINER_ENGINE=none"):
        engines.here(load({}, home=tmp_path).model_copy(update={"container_engine": "none"}))


@pytest.fixture
def without(ctx: Context) -> Context:
    return dataclasses.replace(ctx, settings=ctx.settings.model_copy(update={"container_engine": "none"}))


def test_an_image_is_refused_where_no_engine_answers(without: Context) -> None:
    with pytest.raises(BadEnvironment, match="CONTAINER_ENGINE=none") as refused:
        service.create(without, EnvironmentDefinition(name="mine", image="me/mine:1"))
    assert "Start Docker or Podman" in refused.value.hint
    with pytest.raises(BadEnvironment):
        runs.submit(without, JobSpec(command=["x"], environment=EnvironmentDefinition(image="me/mine:1")))
    assert service.list_(without) == []


def test_packages_beside_an_image_suffice_where_no_engine_answers(without: Context) -> None:
    made = service.create(without, EnvironmentDefinition(name="mine", image="me/mine:1", packages=[]))
    assert (made.container, made.source) == (False, "packages")
    assert any("the image me/mine:1 is not used" in note for note in made.notes)
    with pytest.raises(BadEnvironment):
        service.create(without, EnvironmentDefinition(name="mine", image="me/mine:1", packages=[], container=True))


def engine(ctx: Context, path: Path, kind: str = "docker") -> Context:
    said = DOCKER if kind == "docker" else PODMAN
    program(path, kind, f"{kind} version 1", f"echo '{json.dumps(said)}'")
    settings = ctx.settings.model_copy(update={"container_engine": str(path / kind)})
    return dataclasses.replace(ctx, settings=settings)


def test_requirements_go_on_top_of_the_image(ctx: Context, path: Path) -> None:
    given = EnvironmentDefinition(name="mine", image="me/mine:1", conda="dependencies: [numpy=1.26, {pip: [tqdm]}]")
    made = service.create(engine(ctx, path), given)
    assert (made.container, made.source, made.packages, made.image) == (True, "image and conda.yml", 2, "me/mine:1")
    lock = service.get(ctx, "mine").lock
    assert lock.startswith("FROM me/mine:1\nUSER 0\nCOPY studiolo-requirements.txt")
    recipe = service.create(engine(ctx, path), EnvironmentDefinition(name="r", image="x/sklearn-1.5:1", container=True))
    assert (recipe.container, recipe.source) == (True, "image")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"image": "me/mine:1\nRUN x"}, "image"),
        ({"build": {"context": "!"}}, "build.context"),
        ({"build": {"context": ""}}, "build.context"),
    ],
)
def test_what_is_no_image_is_named(ctx: Context, path: Path, given: dict[str, object], field: str) -> None:
    with pytest.raises(BadEnvironment) as refused:
        service.create(engine(ctx, path), EnvironmentDefinition.model_validate({"name": "mine", **given}))
    assert refused.value.field == field


def test_an_engine_that_is_gone_when_a_job_is_submitted_is_told(ctx: Context, path: Path) -> None:
    service.create(engine(ctx, path), EnvironmentDefinition(name="mine", image="me/mine:1"))
    gone = dataclasses.replace(ctx, settings=ctx.settings.model_copy(update={"container_engine": "none"}))
    with pytest.raises(BadJob, match="mine:1 is a container image"):
        runs.submit(gone, JobSpec(command=["x"], environment="mine"))


def test_limits_account_and_gpus_are_told_to_the_engine(tmp_path: Path) -> None:
    attempt.write_json(str(tmp_path), "studiolo.json", {"image": "sha256:1"})
    given = {
        "program": "/usr/bin/docker", "memory": True, "cpus": True, "names": ["A"], "literal": {"HOME": "/tmp"}, "read": [],
        "options": ["--user=1:1", '--gpus="device=0,2"'], "ready": str(tmp_path / "studiolo.json"),
    }  # fmt: skip
    container = containers.Container(given, "run/1", "/place")
    order = {"argv": ["/bin/bash", "-c", "echo $A"], "memory_limit": 1 << 30, "cores": 2, "cwd": "/place/work"}
    made = container.order(order, {"A": "secret", "KEY": "x", "STUDIOLO_ATTEMPT": "run/1"}, ["KEY"])
    words = made["argv"]
    for word in ("--memory=1073741824", "--cpus=2", '--gpus="device=0,2"', "--volume=/place:/place", "--user=1:1"):
        assert word in words
    assert words[:6] == ["/usr/bin/docker", "run", "--name", "studiolo-run-1", "--label", "studiolo.attempt=run/1"]
    assert [words[at + 1] for at, word in enumerate(words) if word == "--env"] == [
        "A", "KEY", "HOME=/tmp", "STUDIOLO_ATTEMPT=run/1"
    ]  # fmt: skip
    assert "secret" not in " ".join(words)
    assert made["env"] == {"A": "secret", "KEY": "x"}
    assert words[-5:-3] == ["--entrypoint=/bin/sh", "sha256:1"]
    with pytest.raises(ValueError, match="DOCKER_HOST"):
        container.order(order, {}, ["DOCKER_HOST"])
