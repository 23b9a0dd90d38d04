"""Secrets of jobs: in the environment of the job's processes, and nowhere else."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from studiolo.kernel.context import Context
from studiolo.kernel.errors import StudioloError
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.workspace.vault import service as vault
from studiolo.studio.workspace.vault.schemas import SecretSet
from tests.studio.experiments.jobs import ended, job_of, log_of, submit, wait_for

CANARY = "kanarie-0815/with+signs&more"
PROGRAM = """
import base64, os, sys, time
from pathlib import Path
value = os.environ["PW"]
print("plain", value)
print("basic", base64.b64encode(b"user:" + value.encode()).decode())
for letter in value:
    sys.stdout.write(letter); sys.stdout.flush()
print()
print("length", len(value), flush=True)
Path("started").touch()
for _ in range(6000):
    if Path("go").exists():
        break
    time.sleep(0.01)
raise SystemExit(f"cannot sign in with {value}")
"""


def put(ctx: Context, name: str, value: str) -> None:
    vault.set_(ctx, name, SecretSet(value=SecretStr(value)))


def holding(root: Path, value: str) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and value.encode() in path.read_bytes()]


def processes_with(value: str, file: str) -> set[int]:
    found = set()
    for place in Path("/proc").iterdir():
        try:
            if place.name.isdigit() and value.encode() in (place / file).read_bytes():
                found.add(int(place.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_a_value_is_in_the_jobs_environment_and_nowhere_else(ctx: Context) -> None:
    put(ctx, "db", CANARY)
    run = submit(ctx, PROGRAM, secrets={"PW": "db"})
    place = ctx.settings.attempts / run.id / "1"
    wait_for(ctx, (place / "work" / "started").exists)
    assert processes_with(CANARY, "cmdline") == set()
    inside = processes_with(CANARY, "environ")
    assert len(inside) == 1, "the job's process, not its runner's nor the studio's"
    wait_for(ctx, lambda: "length" in log_of(ctx, run))
    assert holding(ctx.settings.home, CANARY) == []
    (place / "work" / "go").touch()
    run = ended(ctx, run)
    assert run.error is not None
    assert "cannot sign in with [secret]" in run.error
    log = log_of(ctx, run)
    plain, basic, letters, length = log.splitlines()[:4]
    assert (plain, letters, length) == ("plain [secret]", "[secret]", f"length {len(CANARY)}")
    assert "[secret]" in basic
    assert holding(ctx.settings.home, CANARY) == []
    assert holding(ctx.settings.home, "kanarie-0815") == []
    (use,) = vault.uses(ctx, "db").items
    assert (use.run_id, use.attempt, use.env) == (run.id, 1, "PW")


@pytest.mark.slow
def test_what_is_gone_when_the_job_starts_fails_it_with_a_sentence(ctx: Context) -> None:
    put(ctx, "db", CANARY)
    run = submit(ctx, "print('never')", secrets={"PW": "db"})
    vault.delete(ctx, "db")
    run = ended(ctx, run)
    assert (run.state, run.failure) == ("Failed", "environment")
    assert run.error is not None
    assert "no secret 'db'" in run.error


@pytest.mark.slow
def test_much_output_is_complete_and_in_order(ctx: Context) -> None:
    put(ctx, "db", CANARY)
    program = "import os\nfor i in range(50000): print(i, os.environ['PW'] if i % 1000 == 0 else '')"
    run = ended(ctx, submit(ctx, program, secrets={"PW": "db"}))
    lines = log_of(ctx, run).splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(50000))
    assert [line for line in lines if "[secret]" in line] == [f"{i} [secret]" for i in range(0, 50000, 1000)]


@pytest.mark.parametrize(
    ("secrets", "field"),
    [
        ({"PATH": "db"}, "secrets.PATH"),
        ({"LD_PRELOAD": "db"}, "secrets.LD_PRELOAD"),
        ({"STUDIOLO_TOKEN": "db"}, "secrets.STUDIOLO_TOKEN"),
        ({"A B": "db"}, "secrets.A B"),
        ({"PW": "no/such"}, "secrets.PW"),
        ({"PW": "absent"}, "secrets.PW"),
        ({"PW": "db:9"}, "secrets.PW"),
        ({"BOTH": "db"}, "secrets.BOTH"),
        ({"STORE": "datastore:workspaceblobstore"}, "secrets.STORE"),
        ({"STUDIOLO_STORE_ABSENT": "datastore:absent"}, "datastore"),
    ],
)
def test_what_cannot_be_handed_is_refused_when_it_is_submitted(
    ctx: Context, secrets: dict[str, str], field: str
) -> None:
    put(ctx, "db", CANARY)
    with pytest.raises(StudioloError) as refused:
        submit(ctx, "pass", secrets=secrets, env={"BOTH": "x"})
    assert refused.value.field == field


@pytest.mark.slow
def test_a_datastore_comes_as_a_document(ctx: Context) -> None:
    program = "import json, os; print(json.loads(os.environ['STUDIOLO_STORE_WORKSPACEBLOBSTORE'])['name'])"
    reference = {"STUDIOLO_STORE_WORKSPACEBLOBSTORE": "datastore:workspaceblobstore"}
    run = ended(ctx, submit(ctx, program, secrets=reference))
    assert log_of(ctx, run) == "workspaceblobstore\n"


def test_a_file_of_a_job_names_secrets(tmp_path: Path) -> None:
    file = tmp_path / "job.yml"
    file.write_text("command: python train.py\nsecrets:\n  PW: db-password:2\n")
    job = job_of(file)
    assert job.spec.secrets == {"PW": "db-password:2"}
    assert job.warnings == []
    file.write_text("command: python train.py\nsecrets: [db]\n")
    with pytest.raises(BadJob, match="secrets"):
        job_of(file)
