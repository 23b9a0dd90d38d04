"""What a person waits for imports little: measured as the list of modules, not as time."""

import json
import subprocess
import sys

import pytest

HEAVY = {"fastapi", "starlette", "sqlalchemy", "pandas", "numpy", "sklearn", "duckdb", "pyarrow", "lightgbm", "onnx"}
HEAVY |= {"onnxruntime", "scipy", "mlflow", "alembic", "uvicorn", "matplotlib"}
PROGRAM = "import json, sys; {}; print(json.dumps(sorted(name.split('.')[0] for name in sys.modules)))"


def loaded(statement: str) -> set[str]:
    command = [sys.executable, "-c", PROGRAM.format(statement)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_loads_next_to_nothing() -> None:
    extra = loaded("import studiolo") - loaded("pass") - {"studiolo"}
    assert extra <= {"__future__"}, extra


@pytest.mark.parametrize(
    "statement",
    [
        "from studiolo import Studio",
        "from studiolo.cli import app; app.attach_slices()",
        "from studiolo.cli import up",
        "import studiolo.runner.journal",
    ],
    ids=["the SDK", "the command tree", "up", "a job's journal"],
)
def test_the_client_side_stays_light(statement: str) -> None:
    assert not loaded(statement) & HEAVY


def test_version_loads_no_server() -> None:
    program = "import sys; sys.argv = ['studiolo', '--version']; from studiolo.cli.app import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
    program += "import json; print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    version, modules = done.stdout.splitlines()
    assert version.startswith("studiolo ")
    assert not set(json.loads(modules)) & HEAVY


@pytest.mark.parametrize(("words", "owners"), [("compute list", {"compute"}), ("submit", {"experiments", "pipelines"})])
def test_a_command_loads_the_commands_of_its_slice_alone(words: str, owners: set[str]) -> None:
    program = f"import sys; sys.argv = 'studiolo {words} --help'.split(); from studiolo.cli.app import main\ntry:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
    program += "import json; print(json.dumps([name for name in sys.modules if name.startswith('studiolo.studio.') and name.endswith('.cli') and name.count('.') == 3]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert f"Usage: studiolo {words} " in done.stdout
    assert set(json.loads(done.stdout.splitlines()[-1])) == {f"studiolo.studio.{name}.cli" for name in owners}


def test_what_the_client_side_refuses_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from studiolo.cli import app

    monkeypatch.setattr(sys, "argv", ["studiolo", "--url", "http://127.0.0.1:9", "datasets", "keep", "x", "--days=-1"])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert (ended.value.code, capsys.readouterr().err) == (1, "error (keep_days): Input should be greater than 0.\n")


def test_commands_beside_the_slices_are_found_where_they_are() -> None:
    program = "from studiolo.cli.app import OWNERS; from studiolo.studio.slices import parts\n"
    program += "assert {verb: name for name, module in parts('cli') for verb in getattr(module, 'root_commands', {})} == OWNERS"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_runner_is_standard_library_only() -> None:
    extra = loaded("import studiolo.runner.main") - loaded("pass")
    known = set(sys.stdlib_module_names) | {"studiolo"}
    assert {name for name in extra if not name.startswith("_")} <= known, extra - known


def test_the_web_process_loads_nothing_that_trains() -> None:
    """The server must never train, profile or unpickle: it does not even import what could."""
    assert not loaded("import studiolo.server.app; studiolo.server.app.slice_routers('router')") & {
        "sklearn",
        "lightgbm",
        "duckdb",
        "onnx",
        "onnxruntime",
        "scipy",
        "joblib",
        "cloudpickle",
    }


def test_a_scorer_knows_no_control_plane() -> None:
    found = loaded("import studiolo.studio.endpoints.scoring.app")
    assert not found & {"fastapi", "sqlalchemy", "pandas", "alembic", "sklearn"}


def test_jobs_over_datasets_load_nothing_of_the_server() -> None:
    """A backfill starts one for each window: what it imports is most of what a small one costs."""
    window = loaded("import studiolo.studio.datasets.monitors.jobs")
    assert not window & {"sqlalchemy", "argon2", "fastapi", "starlette", "httpx"}
    assert not loaded("import studiolo.studio.datasets.quality.jobs") & {"argon2", "fastapi", "starlette", "httpx"}
