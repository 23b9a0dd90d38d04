"""Jobs in container images, by a real Podman: what they see, how they end, and that nothing of them stays."""

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from studiolo.kernel.context import Context
from studiolo.runner import attempt
from studiolo.studio.experiments import artifacts, overview, reconcile
from studiolo.studio.experiments import service as runs
from studiolo.studio.experiments.environments import images, service
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition
from studiolo.studio.experiments.schemas import JobSpec, Run
from studiolo.studio.workspace.vault import service as vault
from studiolo.studio.workspace.vault.schemas import SecretSet
from studiolo.testing.podman import IMAGE
from tests.studio.experiments.jobs import ended, in_state, log_of, wait_for

TINY = EnvironmentDefinition(image=IMAGE)


def submit(ctx: Context, script: str, **spec: Any) -> Run:
    return runs.submit(ctx, JobSpec(**{"command": [f"{script} "], "environment": TINY, **spec}))


def containers(program: Path, run: Run | None = None) -> list[str]:
    words = [
        "ps",
        "--all",
        "--quiet",
        "--filter",
        f"label=studiolo.attempt={run.id}/1" if run else "label=studiolo.attempt",
    ]
    return subprocess.run([program, *words], capture_output=True, check=True, text=True).stdout.split()


def own(ctx: Context, run: Run) -> list[str]:
    return [line for line in log_of(ctx, run).splitlines() if not line.startswith("[studio]")]


def test_a_job_sees_the_image_its_code_inputs_and_variables_and_leaves_its_outputs(
    contained: Context, podman_program: Path
) -> None:
    blob = contained.blobs.put(b"given\n").digest
    script = (
        "ls /bin/busybox; ls /usr 2>/dev/null; cat ${{inputs.data}} code.txt; echo $SAID $HOME; id -u; pwd; "
        "echo made > ${{outputs.out}}/made.txt; echo beside > outputs/beside.txt"
    )
    done = ended(
        contained,
        submit(
            contained,
            script,
            env={"SAID": "two\nlines", "HOME": "/somewhere"},
            code=[{"path": "code.txt", "digest": contained.blobs.put(b"code\n").digest}],
            inputs={"data": [{"path": "data.txt", "digest": blob}]},
        ),
    )
    assert (done.state, done.error) == ("Completed", None), log_of(contained, done)
    place = contained.settings.attempts / done.id / "1" / "work"
    assert own(contained, done) == [
        "/bin/busybox", "given", "code", "two lines /somewhere", str(os.getuid()), str(place)
    ]  # fmt: skip
    assert artifacts.open_(contained, done.id, "out/made.txt").read_text() == "made\n"
    assert artifacts.open_(contained, done.id, "beside.txt").read_text() == "beside\n"
    assert artifacts.open_(contained, done.id, "environment/Dockerfile").read_text() == f"FROM {IMAGE}\n"
    tags = overview.overview(contained, done.id).tags
    assert tags["studiolo.image"] == IMAGE
    assert len(tags["studiolo.image_digest"]) > 60
    assert containers(podman_program) == []


def test_the_exit_code_and_a_signal_are_the_jobs(contained: Context) -> None:
    failed = ended(contained, submit(contained, "echo last words; exit 7"))
    assert (failed.state, failed.failure, failed.exit_code) == ("Failed", "user_error", 7)
    assert "last words" in (failed.error or "")
    killed = ended(contained, submit(contained, "sh -c 'kill -SEGV $$'; exit $?"))
    assert "signal 11 (SIGSEGV)" in (killed.error or "")


def test_a_program_that_the_image_lacks_is_told(contained: Context, podman_program: Path) -> None:
    failed = ended(contained, submit(contained, "", command=["/no/such/program", "x"]))
    assert (failed.state, failed.failure) == ("Failed", "environment"), failed.error
    assert "/no/such/program" in (failed.error or "")
    assert containers(podman_program) == []


def test_too_much_memory_is_told_as_such(contained: Context, podman_program: Path) -> None:
    spec = {"resources": {"memory_bytes": 48 << 20}}
    failed = ended(contained, submit(contained, "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo ${#x}", **spec))
    assert (failed.state, failed.failure) == ("Failed", "oom"), failed.error
    assert containers(podman_program) == []


def test_a_secret_is_in_the_container_and_in_no_command_line_or_file(contained: Context) -> None:
    vault.set_(contained, "key", SecretSet(value=SecretStr("s3cret-of-the-job")))
    run = submit(contained, "echo it is $KEY; echo up; while [ ! -e go ]; do sleep 0.1; done", secrets={"KEY": "key"})
    wait_for(contained, lambda: "up" in log_of(contained, run))
    place = contained.settings.attempts / run.id / "1"
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    assert any(b"studiolo.attempt=" + run.id.encode() in line for line in lines)
    assert not any(b"s3cret-of-the-job" in line for line in lines)
    (place / "work" / "go").touch()
    done = ended(contained, run)
    assert done.state == "Completed"
    assert "s3cret" not in log_of(contained, done)
    assert "it is" in log_of(contained, done)
    assert not any(b"s3cret-of-the-job" in path.read_bytes() for path in place.rglob("*") if path.is_file())
    taken = ended(contained, submit(contained, "echo no", secrets={"DOCKER_HOST": "key"}))
    assert "'DOCKER_HOST' is a variable of the container engine itself" in (taken.error or "")


def test_the_tracking_address_of_the_studio_is_reached(contained: Context) -> None:
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"here\n")

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings = contained.settings.model_copy(update={"url": f"http://127.0.0.1:{server.server_port}"})
    contained = dataclasses.replace(contained, settings=settings)
    script = 'wget -q -O - --header "Authorization: $MLFLOW_TRACKING_TOKEN" $MLFLOW_TRACKING_URI/health'
    done = ended(contained, submit(contained, script))
    server.shutdown()
    assert own(contained, done) == ["here"], done.error
    assert asked[0]


def test_a_cancel_gives_the_grace_and_leaves_no_container(contained: Context, podman_program: Path) -> None:
    script = "trap 'echo saved; exit 0' TERM; echo up; while true; do sleep 0.1; done"
    run = submit(contained, script)
    wait_for(contained, lambda: "up" in log_of(contained, run))
    assert len(containers(podman_program, run)) == 1
    runs.cancel(contained, run.id)
    assert ended(contained, run).state == "Canceled"
    assert "saved" in log_of(contained, run)
    assert containers(podman_program) == []


def test_a_killed_runner_is_lost_and_its_container_goes(contained: Context, podman_program: Path) -> None:
    run = submit(contained, "trap '' TERM; echo up; while true; do sleep 0.1; done")
    wait_for(contained, lambda: "up" in log_of(contained, run))
    in_state(contained, run, "Running")
    claim = attempt.read_json(str(contained.settings.attempts / run.id / "1"), attempt.CLAIM)
    assert claim is not None
    os.kill(int(claim["pid"]), signal.SIGKILL)
    lost = ended(contained, run)
    assert lost.failure == "lost"
    assert "were ended" in (lost.error or "")
    assert containers(podman_program) == []
    assert not any(run.id.encode() in environ for environ in _environs())


def _environs() -> list[bytes]:
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended, or is not ours
            found.append(path.read_bytes())
    return found


def test_a_folder_with_a_dockerfile_is_built_once_and_goes_with_its_environment(
    contained: Context, podman_program: Path, tmp_path: Path
) -> None:
    from studiolo.studio.experiments.job_files.environments import from_file

    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "greeting.txt").write_text("hello from the image\n")
    (folder / "My.Dockerfile").write_text(
        f"FROM {IMAGE}\nCOPY greeting.txt /greeting.txt\nRUN echo built > /built.txt\n"
    )
    file = tmp_path / "environment.yml"
    file.write_text("name: greeting\nbuild:\n  path: context\n  dockerfile_path: My.Dockerfile\n")
    definition, warnings = from_file(file)
    assert warnings == []
    made = service.create(contained, definition)
    assert (made.source, made.container, made.built) == ("Dockerfile", True, False)
    assert service.create(contained, definition).version == 1, "the same folder is the same version"
    first = ended(contained, submit(contained, "cat /greeting.txt /built.txt", environment="greeting"))
    assert own(contained, first) == ["hello from the image", "built"], log_of(contained, first)
    assert "STEP" in log_of(contained, first), "what the engine says is in the log"
    second = ended(contained, submit(contained, "cat /built.txt", environment="greeting"))
    assert "STEP" not in log_of(contained, second)
    found = service.get(contained, "greeting")
    assert found.built
    assert found.bytes
    assert "RUN echo built" in found.lock
    assert "STEP" in found.build_log
    images.remove(service.folder(contained) / found.lock_hash)
    third = ended(contained, submit(contained, "cat /built.txt", environment="greeting"))
    assert "STEP" in log_of(contained, third), "what the engine lost is built again"


def test_an_image_that_cannot_be_had_fails_the_job_as_its_environment(contained: Context) -> None:
    image = "127.0.0.1:9/no/such:1"
    failed = ended(contained, submit(contained, "echo no", environment=EnvironmentDefinition(image=image)))
    assert (failed.state, failed.failure) == ("Failed", "environment")
    assert f"The image {image} cannot be pulled" in (failed.error or "")


def test_jobs_that_need_the_studios_python_are_refused(contained: Context) -> None:
    with pytest.raises(BadJob, match="container image"):
        submit(contained, "python a.py", warm=True, command=["python", "a.py"])


def test_a_controller_that_comes_later_goes_on(contained: Context) -> None:
    run = submit(contained, "echo up; while [ ! -e go ]; do sleep 0.1; done; echo end")
    wait_for(contained, lambda: "up" in log_of(contained, run))
    reconcile.tick(contained)
    (contained.settings.attempts / run.id / "1" / "work" / "go").touch()
    assert ended(contained, run).state == "Completed"
    assert own(contained, run) == ["up", "end"]


def test_several_processes_run_with_the_python_of_the_image(contained: Context) -> None:
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    assert python
    folders = [folder for folder in ("/usr", "/lib", "/lib64") if Path(folder).exists()]
    options = " ".join(
        f"--volume={folder}:{folder}:ro" for folder in folders
    )  # an image with a Python, for the price of none
    settings = contained.settings.model_copy(update={"container_options": options})
    contained = dataclasses.replace(contained, settings=settings)
    distribution = {"type": "pytorch", "processes": 2}
    done = ended(contained, submit(contained, "echo rank $RANK of $WORLD_SIZE", distribution=distribution))
    assert done.state == "Completed", log_of(contained, done)
    assert {"rank 0 of 2", "rank 1 of 2"} <= {line.partition("] ")[2] or line for line in own(contained, done)}
