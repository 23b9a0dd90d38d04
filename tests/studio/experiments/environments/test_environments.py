"""Environments: registered once, locked once, built when a job needs them. Without any network, from wheels made here."""

import dataclasses
import io
import os
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.studio.experiments.environments.wheels import wheel
from tests.studio.experiments.jobs import ended, log_of
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.kernel.storage import references
from studiolo.studio.experiments import overview
from studiolo.studio.experiments import service as runs
from studiolo.studio.experiments.environments import building, locking, service, sweeping, tool
from studiolo.studio.experiments.environments.errors import EnvironmentNotFound, NotLocked
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition
from studiolo.studio.experiments.schemas import JobSpec, Run
from studiolo.studio.workspace.vault import service as vault
from studiolo.studio.workspace.vault.schemas import SecretSet

BESIDE = "/w/default/api/experiments"
API = f"{BESIDE}/environments"


def make(ctx: Context, name: str = "tiny", **given: object) -> service.EnvironmentVersion:
    return service.create(ctx, EnvironmentDefinition.model_validate({"name": name, "packages": ["tinya"], **given}))


def run(ctx: Context, command: str, environment: object) -> Run:
    return ended(ctx, runs.submit(ctx, JobSpec(command=[f"{command} "], environment=environment)))  # type: ignore[arg-type]


SHOW = 'python -c "import tinya; print(tinya.VERSION)"'


def test_versions_are_locked_once_and_never_change(any_ctx: Context, wheels: Path) -> None:
    first = make(any_ctx)
    assert (first.version, first.packages, first.built, first.python) == (1, 1, False, tool.PYTHON)
    again = make(any_ctx)
    assert again.version == 1, "the same definition is the same version"
    wheel(wheels, "tinya", "1.3")
    assert "tinya==1.2" in service.get(any_ctx, "tiny", 1).lock, "what is newer now does not matter"
    second = make(any_ctx, packages=["tinya<1.1"])
    assert second.version == 2
    assert second.lock_hash != first.lock_hash
    assert [one.version for one in service.versions(any_ctx, "tiny")] == [2, 1]
    assert [(one.name, one.version) for one in service.list_(any_ctx)] == [("tiny", 2)]
    with any_ctx.db.read() as tx:
        assert service.repository.version(tx, any_ctx, "tiny", 1).lock in references.named(tx, "")


def test_a_job_runs_in_its_environment(ctx: Context) -> None:
    make(ctx, packages=["tinyb"])
    done = run(ctx, f"{SHOW}; which python", "azureml:tiny@latest")
    lines = log_of(ctx, done).splitlines()
    own = [line for line in lines if not line.startswith("[studio]")]
    folder = service.folder(ctx) / service.get(ctx, "tiny").lock_hash
    assert own == ["1.0", str(folder / "bin" / "python")]
    assert any("Environment tiny:1" in line for line in lines), "the build is part of the job's log"
    assert any("Built in" in line for line in lines)
    found = service.get(ctx, "tiny")
    assert (found.built, "uv venv" in found.build_log) == (True, True)
    assert overview.overview(ctx, done.id).tags["studiolo.environment"] == "tiny:1"
    second = run(ctx, SHOW, "tiny")
    assert not any("Built in" in line for line in log_of(ctx, second).splitlines()), "it is built once"


def test_an_environment_is_described_inside_of_a_job(ctx: Context) -> None:
    done = run(ctx, SHOW, EnvironmentDefinition(packages=["tinya==1.0"]))
    assert "1.0" in log_of(ctx, done).splitlines()
    assert service.list_(ctx) == [], "such a one has no name, and is not listed"


def test_pip_install_in_a_command_changes_its_own_run_only(ctx: Context, wheels: Path) -> None:
    make(ctx, packages=["tinya<1.1"])
    install = f"pip install -q --no-index --find-links {wheels} tinya==1.2 && {SHOW}"
    assert log_of(ctx, run(ctx, install, "tiny")).splitlines()[-1] == "1.2"
    assert log_of(ctx, run(ctx, SHOW, "tiny")).splitlines()[-1] == "1.0"


def test_a_requirement_that_does_not_exist_is_named_before_anything_is_made(ctx: Context) -> None:
    with pytest.raises(NotLocked, match="no-such-thing") as refused:
        make(ctx, packages=["tinya", "no-such-thing>=2"])
    assert refused.value.detail.startswith("The requirements cannot be met together: ")
    assert "cause" not in refused.value.detail
    with pytest.raises(NotLocked, match="tinya"):
        make(ctx, packages=["tinya>=1.2", "tinyb"])
    assert service.list_(ctx) == []


def test_a_wheel_that_is_gone_fails_the_job_as_its_environment(ctx: Context, wheels: Path) -> None:
    make(ctx)
    for path in wheels.iterdir():
        path.unlink()
    failed = run(ctx, SHOW, "tiny")
    assert (failed.state, failed.failure) == ("Failed", "environment")
    assert "tiny:1 cannot be built" in (failed.error or "")
    assert "tinya" in (failed.error or "")
    left = [path.name for path in service.folder(ctx).iterdir() if path.is_dir() and path.name != "cache"]
    assert left == [], "nothing half-made stays"


def test_several_jobs_build_it_once(ctx: Context) -> None:
    made = make(ctx)
    said: list[str] = []
    folder, lock = service.folder(ctx), service.get(ctx, "tiny").lock

    def build() -> Path:
        return building.ensure(folder, made.lock_hash, lock, made.python, said.append)

    with ThreadPoolExecutor(3) as pool:
        places = {future.result() for future in [pool.submit(build) for _ in range(3)]}
    assert places == {folder / made.lock_hash}
    assert len([line for line in said if line.startswith("Built in")]) == 1


def test_equal_packages_are_one_environment_and_others_share_the_bytes_of_theirs(ctx: Context) -> None:
    make(ctx, "one", packages=["tinya<1.1"])
    make(ctx, "same", packages=["tinya<1.1", "tinyc; python_version < '3'"], description="other")
    make(ctx, "two", packages=["tinyb"])
    hashes = {name: service.get(ctx, name).lock_hash for name in ("one", "same", "two")}
    assert hashes["one"] == hashes["same"] != hashes["two"]
    for name in ("one", "two"):
        assert run(ctx, SHOW, name).state == "Completed"
    files = [list((service.folder(ctx) / hashes[name]).rglob("tinya.py")) for name in ("one", "two")]
    assert len({file.stat().st_ino for [file] in files}) == 1


def cached(cache: Path, module: str) -> list[Path]:
    return list(cache.rglob(f"{module}.py"))


def test_what_another_environment_has_stays_in_the_cache(ctx: Context) -> None:
    places = {name: service.folder(ctx) / make(ctx, name, packages=[name]).lock_hash for name in ("tinya", "tinyb")}
    for name in places:
        run(ctx, "true", name)
    old = (ctx.clock.now() - timedelta(days=60)).timestamp()
    os.utime(places["tinyb"] / building.READY, (old, old))
    cache = service.folder(ctx) / "cache"
    assert sweeping.sweep(ctx) == [places["tinyb"].name]
    deadline = time.monotonic() + 30
    while cached(cache, "tinyb") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (bool(cached(cache, "tinya")), cached(cache, "tinyb")) == (True, [])


def test_who_waited_for_a_lock_that_was_removed_takes_the_new_one(tmp_path: Path) -> None:
    entered: list[bool] = []

    def other() -> None:
        with building.hold(tmp_path, "x", lambda _: waiting.set()) as held:
            entered.append(held and (tmp_path / "x.lock").exists())

    waiting = threading.Event()
    with building.hold(tmp_path, "x") as held:
        assert held
        thread = threading.Thread(target=other)
        thread.start()
        assert waiting.wait(30)
        with building.hold(tmp_path, "x") as second:
            assert not second
        (tmp_path / "x.lock").unlink()
    thread.join(30)
    assert entered == [True]


def test_what_no_job_used_for_long_goes_and_comes_back(ctx: Context) -> None:
    made = make(ctx)
    run(ctx, SHOW, "tiny")
    place = service.folder(ctx) / made.lock_hash
    assert sweeping.sweep(ctx) == []
    old = (ctx.clock.now() - timedelta(days=60)).timestamp()
    os.utime(place / building.READY, (old, old))
    waiting = runs.submit(ctx, JobSpec(command=["true "], environment="tiny"))
    assert sweeping.sweep(ctx) == [], "a job that has not ended needs it"
    ended(ctx, waiting)
    os.utime(place / building.READY, (old, old))
    cache = service.folder(ctx) / "cache"
    assert cached(cache, "tinya")
    assert sweeping.sweep(ctx) == [made.lock_hash]
    assert not place.exists()
    assert {path.name for path in service.folder(ctx).iterdir()} - {"space.json"} == {"cache"}, (
        "lock, log and list go too"
    )
    deadline = time.monotonic() + 30
    while cached(cache, "tinya") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not cached(cache, "tinya"), "its packages leave the cache"
    assert run(ctx, SHOW, "tiny").state == "Completed"


def test_archived_versions_are_found_by_their_number_only(any_ctx: Context) -> None:
    make(any_ctx)
    make(any_ctx, packages=["tinya<1.1"])
    service.set_archived(any_ctx, "tiny", 2, True)
    assert service.get(any_ctx, "tiny").version == 1
    chosen = service.choose(any_ctx, "tiny:2")
    assert chosen is not None
    assert chosen.reference == "tiny:2"
    service.set_archived(any_ctx, "tiny", None, True)
    assert service.list_(any_ctx) == []
    assert [(one.name, one.archived) for one in service.list_(any_ctx, archived=True)] == [("tiny", True)]
    with pytest.raises(EnvironmentNotFound):
        service.choose(any_ctx, "tiny")
    service.set_archived(any_ctx, "tiny", 1, False)
    assert (service.get(any_ctx, "tiny").version, service.get(any_ctx, "tiny").archived) == (1, False)
    assert [(one.version, one.archived) for one in service.versions(any_ctx, "tiny")] == [(2, True), (1, False)]


def test_a_curated_name_has_a_recipe_until_somebody_registers_another(ctx: Context, wheels: Path) -> None:
    wheel(wheels, "mlflow_skinny", "3.0")
    curated = "azureml://registries/azureml/environments/minimal/labels/latest"
    chosen = service.choose(ctx, curated)
    assert chosen is not None
    assert chosen.reference == "minimal:1"
    make(ctx, "minimal", packages=["tinya"])
    chosen = service.choose(ctx, curated)
    assert chosen is not None
    assert chosen.reference == "minimal:2"


def test_the_studios_own_python_needs_no_environment(ctx: Context) -> None:
    assert service.choose(ctx, "") is None
    assert service.choose(ctx, "studio") is None


def test_earlier_versions_than_the_first_are_taken_when_they_are_asked_for(ctx: Context, wheels: Path) -> None:
    wheel(wheels, "tinya", "1.4rc1")
    make(ctx)
    assert "tinya==1.2" in service.get(ctx, "tiny").lock
    make(ctx, "early", packages=["--pre", "tinya"])
    assert "tinya==1.4rc1" in service.get(ctx, "early").lock


def test_no_code_of_a_package_runs_while_its_versions_are_found(ctx: Context, wheels: Path, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": f"import pathlib\npathlib.Path({str(ran)!r}).touch()\n",
        "PKG-INFO": "Metadata-Version: 2.1\nName: tinyd\nVersion: 1.0\n",
    }
    with tarfile.open(wheels / "tinyd-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            about = tarfile.TarInfo(f"tinyd-1.0/{name}")
            about.size = len(text)
            archive.addfile(about, io.BytesIO(text.encode()))
    with pytest.raises(NotLocked, match="tinyd") as refused:
        make(ctx, packages=["tinyd"])
    assert "Only wheels are taken" in refused.value.hint
    assert "--no-build" not in refused.value.detail
    assert not ran.exists()


def test_only_some_are_locked_at_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = threading.BoundedSemaphore(1)
    monkeypatch.setattr(locking, "_places", taken)
    monkeypatch.setattr(locking, "PATIENCE", 0.0)
    with taken:
        busy = client.post(API, json={"name": "tiny", "packages": ["tinya"]})
    assert (busy.status_code, busy.json()["code"]) == (503, "experiments.environments_busy")
    assert client.post(API, json={"name": "tiny", "packages": ["tinya"]}).status_code == 201


def test_finding_versions_has_bounded_memory(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "MEMORY", 8 << 20)
    with pytest.raises(NotLocked):
        make(ctx)


def test_no_variable_of_a_job_changes_how_its_environment_is_built(ctx: Context, tmp_path: Path) -> None:
    evil = tmp_path / "evil"
    evil.mkdir()
    (evil / "sitecustomize.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write('x')\n")
    wheel(evil, "tinya", "1.2", code="VERSION = 'evil'\n")
    vault.set_(ctx, "links", SecretSet(value=SecretStr(str(evil))))
    make(ctx)
    job = JobSpec(
        command=[f"env | grep -c UV_ ; env -u PYTHONPATH {SHOW} "],
        environment="tiny",
        env={"UV_CACHE_DIR": str(evil / "cache"), "PIP_INDEX_URL": f"file://{evil}", "PYTHONPATH": str(evil)},
        secrets={"UV_FIND_LINKS": "links", "UV_CONSTRAINT": "links"},
    )
    done = ended(ctx, runs.submit(ctx, job))
    own = [line for line in log_of(ctx, done).splitlines() if not line.startswith("[studio]")]
    assert (done.state, own[-1]) == ("Completed", "1.2"), log_of(ctx, done)
    assert int(own[-2]) >= 3, "the command itself has them"
    assert not (tmp_path / "ran").exists()
    assert not (evil / "cache").exists()


def test_over_http(client: TestClient) -> None:
    made = client.post(API, json={"name": "tiny", "packages": ["tinya"]})
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert client.get(f"{API}/tiny").json()["lock"].startswith("tinya==1.2")
    refused = client.post(API, json={"name": "bad/name", "packages": ["tinya"]})
    assert (refused.status_code, refused.json()["field"]) == (422, "name")
    missing = client.post(API, json={"name": "none", "packages": ["no-such-thing"]})
    assert (missing.status_code, missing.json()["code"]) == (422, "experiments.environment_not_locked")
    assert client.get(f"{API}/none").status_code == 404
    assert client.post(API, json={"name": "recipes", "packages": ["tinya"]}).status_code == 201
    assert client.get(f"{API}/recipes").json()["name"] == "recipes"
    assert "sklearn-1.5" in {one["name"] for one in client.get(f"{BESIDE}/environment-recipes").json()}


def test_from_the_command_line(cli, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("tinya<1.1  # why\n")
    made: Result = cli("experiments", "environments", "create", "tiny", "-f", str(tmp_path / "requirements.txt"))
    assert made.exit_code == 0, made.output
    assert "tinya==1.0" in cli("experiments", "environments", "lock", "tiny").output
    assert "tiny" in cli("experiments", "environments", "list").output
    assert "sklearn-1.5" in cli("experiments", "environments", "recipes").output


def test_what_the_cache_holds_alone_counts_and_goes_first_and_environments_keep_their_files(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = service.folder(ctx)
    place = root / make(ctx, "tiny").lock_hash
    run(ctx, SHOW, "tiny")
    alone = root / "cache" / "archive-v0" / "left" / "big.bin"
    alone.parent.mkdir()
    alone.write_bytes(b"x" * (1 << 20))
    sweeping._look(ctx, root)
    found = service.disk(ctx)
    assert found.built == 1
    assert found.cache_bytes > 1 << 20
    assert found.bytes > 0
    [shared] = place.rglob("tinya.py")
    assert shared.stat().st_nlink > 1, "it is counted once, as the environment's"
    monkeypatch.setattr(sweeping, "_SMALL", 0)
    tight = ctx.settings.model_copy(update={"environment_bytes": found.bytes})
    sweeping._look(dataclasses.replace(ctx, settings=tight), root)
    assert service.disk(ctx).cache_bytes < 1 << 20
    assert not alone.exists()
    done = run(ctx, SHOW, "tiny")
    assert (done.state, shared.exists()) == ("Completed", True)


def test_an_image_that_is_not_used_is_said_in_the_log(ctx: Context) -> None:
    done = run(ctx, "true", EnvironmentDefinition(image=f"python:{tool.PYTHON}-slim"))
    assert f"[studio] Note: the image python:{tool.PYTHON}-slim is not used" in log_of(ctx, done)
    again = run(ctx, "true", EnvironmentDefinition(image=f"python:{tool.PYTHON}-slim"))
    assert "`container: true` beside `image`" in log_of(ctx, again), "also when it is built already"
