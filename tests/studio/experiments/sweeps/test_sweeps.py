"""Sweeps: what is tried, what is ended early, and what the best one leaves."""

import json
import math
import threading
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from studiolo.kernel.context import Context
from studiolo.studio.experiments import attempts, claims, service
from studiolo.studio.experiments.errors import BadJob
from studiolo.studio.experiments.job_files import document, sweep
from studiolo.studio.experiments.schemas import JobSpec
from studiolo.studio.experiments.sweeps import driver, policies, space
from studiolo.studio.experiments.sweeps.driver import Driver
from studiolo.studio.experiments.sweeps.schemas import Policy, Sweep

SPACE = {"x": {"type": "uniform", "min_value": 0, "max_value": 1}, "kind": {"type": "choice", "values": ["a", "b"]}}


def a_sweep(**given: object) -> Sweep:
    return Sweep.model_validate({"space": SPACE, "metric": "loss", "max_trials": 4, **given})


def values(found: Sweep, count: int = 50) -> list[dict]:
    points = space.points(found)
    return [one for _ in range(count) if (one := points.ask()) is not None]


@pytest.mark.parametrize("sampling", ["random", "sobol"])
def test_values_lie_in_their_space_and_a_seed_repeats_them(sampling: str) -> None:
    found = values(a_sweep(sampling=sampling, seed=3), 64)
    assert all(0 <= one["x"] <= 1 and one["kind"] in ("a", "b") for one in found)
    assert found == values(a_sweep(sampling=sampling, seed=3), 64)
    assert len({one["x"] for one in found}) > 60
    if sampling == "sobol":
        assert sum(one["x"] < 0.5 for one in found) == 32, "it fills the space evenly"


def test_a_grid_is_gone_through_once() -> None:
    choices = {"a": {"type": "choice", "values": [1, 2]}, "b": {"type": "choice", "values": ["x", "y", "z"]}}
    assert len(values(a_sweep(sampling="grid", space=choices))) == 6


def test_bayesian_sampling_learns() -> None:
    pytest.importorskip("optuna", reason="optuna is not installed (studiolo[sweep])")
    points = space.points(a_sweep(sampling="bayesian", seed=1, max_trials=40))
    last = []
    for number in range(40):
        one = points.ask()
        assert one is not None
        points.tell(number, (one["x"] - 0.3) ** 2)
        last.append(one["x"])
    assert abs(sum(last[-10:]) / 10 - 0.3) < abs(sum(last[:10]) / 10 - 0.3) + 0.05


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"x": {"type": "odd"}}, "unknown distribution"),
        ({"x": {"type": "uniform", "min_value": 0}}, "without max_value"),
        ({"x": {"type": "uniform", "min_value": 2, "max_value": 1}}, "begins after its end"),
        ({"x": {"type": "choice", "values": []}}, "no values"),
        ({"x": {"type": "normal", "mu": "a", "sigma": 1}}, "no number"),
        ({"x": {"type": "normal", "mu": True, "sigma": 1}}, "no number"),
        ({"x": {"type": "uniform", "min_value": 0, "max_value": 10**400}}, "no number"),
        ({"x": {"type": "uniform", "min_value": -1e308, "max_value": 1e308}}, "farther than numbers"),
        ({"x": {"type": "quniform", "min_value": 0, "max_value": 1, "q": 0}}, "a q that"),
        ({"x": {"type": "qnormal", "mu": 0, "sigma": 1, "q": -1}}, "a q that"),
        ({"x": {"type": "qlognormal", "mu": 600, "sigma": 1, "q": 1e-300}}, "a q that"),
        ({"x": {"type": "normal", "mu": 0, "sigma": -1}}, "sigma below 0"),
        ({"x": {"type": "randint", "upper": 0}}, "no count"),
        ({"x": {"type": "randint", "upper": 1.5}}, "no count"),
        ({"x": {"type": "loguniform", "min_value": 1, "max_value": 1000}}, "exponents beyond"),
        ({"x": {"type": "lognormal", "mu": 0, "sigma": 200}}, "exponents beyond"),
    ],
)
def test_a_space_that_cannot_be_sampled_is_refused(ctx: Context, given: dict, says: str) -> None:
    job = JobSpec(kind="sweep", command=["echo ${{search_space.x}} "], sweep=a_sweep(space=given))
    with pytest.raises(BadJob, match=says) as error:
        service.submit(ctx, job)
    assert error.value.field == "sweep.space.x"


@pytest.mark.parametrize(
    "given",
    [
        {"type": "lognormal", "mu": 650, "sigma": 7},
        {"type": "loguniform", "min_value": -700, "max_value": 700},
        {"type": "qloguniform", "min_value": -3, "max_value": 3, "q": 0.5},
        {"type": "qnormal", "mu": 0, "sigma": 0, "q": 2},
        {"type": "randint", "upper": 1},
        {"type": "quniform", "min_value": 2, "max_value": 2, "q": 1e-9},
    ],
)
def test_what_is_accepted_can_be_sampled_everywhere(given: dict) -> None:
    space.check(a_sweep(space={"x": given}))
    for u in (0.0, 1e-12, 0.5, 1 - 1e-16):
        assert math.isfinite(space.at(given, u))


def test_a_grid_of_numbers_is_refused(ctx: Context) -> None:
    with pytest.raises(BadJob, match="needs choices"):
        service.submit(ctx, JobSpec(kind="sweep", command=["a b"], sweep=a_sweep(sampling="grid")))
    with pytest.raises(BadJob, match="no other does"):
        service.submit(ctx, JobSpec(command=["a b"], sweep=a_sweep()))


@pytest.mark.parametrize(
    ("policy", "points", "out"),
    [
        ({"type": "bandit", "slack_factor": 0.1}, {0: [0.9], 1: [0.8]}, True),
        ({"type": "bandit", "slack_factor": 0.2}, {0: [0.9], 1: [0.8]}, False),
        ({"type": "bandit", "slack_amount": 0.05}, {0: [0.9], 1: [0.8]}, True),
        ({"type": "bandit", "slack_amount": 0.05, "delay": 1}, {0: [0.9], 1: [0.8]}, False),
        ({"type": "bandit", "slack_amount": 0.05, "interval": 2}, {0: [0.9], 1: [0.8]}, False),
        ({"type": "median_stopping"}, {0: [0.9], 1: [0.2], 2: [0.8], 3: [0.7]}, True),
        ({"type": "median_stopping"}, {0: [0.1], 1: [0.2], 2: [0.15], 3: [0.1]}, False),
        ({"type": "truncation_selection", "truncation_percentage": 50}, {0: [0.9], 1: [0.1], 2: [0.2]}, True),
        ({"type": "truncation_selection", "truncation_percentage": 50}, {0: [0.9], 1: [0.3], 2: [0.2]}, False),
        ({"type": "bandit", "slack_factor": 0.1}, {1: [0.8]}, False),
    ],
)
def test_policies_end_what_does_badly(policy: dict, points: dict, out: bool) -> None:
    assert policies.bad(Policy.model_validate(policy), "maximize", 1, points, 0) is out


def test_to_minimize_turns_it_round() -> None:
    policy = Policy(type="bandit", slack_amount=0.05)
    assert policies.bad(policy, "minimize", 1, {0: [0.1], 1: [0.3]}, 0)
    assert not policies.bad(policy, "minimize", 1, {0: [0.3], 1: [0.1]}, 0)


YAML = """
$schema: https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json
type: sweep
trial:
  code: src
  command: >-
    python main.py --data ${{inputs.data}} --x ${{search_space.x}}
  environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest
inputs: {data: 7}
compute: azureml:cpu-cluster
sampling_algorithm: {type: random, rule: Sobol, seed: 5}
search_space:
  x: {type: LogUniform, min_value: -6, max_value: -1}
objective: {goal: Maximize, primary_metric: auc}
limits: {max_total_trials: 12, max_concurrent_trials: 3, timeout: 7200, trial_timeout: 60}
early_termination: {type: median_stopping, delay_evaluation: 5, evaluation_interval: 2}
display_name: tuning
secrets: {PW: db}
odd: 1
"""


def test_a_sweep_of_azure_ml_is_read(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.py").write_text("")
    job = sweep.of(document.parse(YAML, "sweep.yml"), tmp_path / "sweep.yml", {})
    spec = job.spec
    assert (spec.kind, spec.name, spec.compute, spec.timeout_s, spec.params) == (
        "sweep",
        "tuning",
        "cpu-cluster",
        7200,
        {"data": "7"},
    )
    assert spec.sweep == Sweep(
        sampling="sobol",
        seed=5,
        space={"x": {"type": "loguniform", "min_value": -6, "max_value": -1}},
        metric="auc",
        goal="maximize",
        max_trials=12,
        max_concurrent=3,
        trial_timeout_s=60,
        policy=Policy(type="median_stopping", interval=2, delay=5),
    )
    assert job.warnings == ["'odd' is not known here and is left out"]
    assert spec.secrets == {"PW": "db"}
    assert [file.path for file in job.files] == ["main.py"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("type: sweep\n", "no trial"),
        ("trial: {command: a b}\nsearch_space: {x: 3}\n", "no mapping"),
        ("trial: {command: a b}\nsearch_space: {}\n", "space"),
        ("trial: {command: a b}\nsearch_space: {x: {type: choice, values: [1]}}\n", "metric"),
    ],
)
def test_a_sweep_that_lacks_something_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadJob, match=says):
        sweep.of(document.parse(text, "s.yml"), tmp_path / "s.yml", {})


def test_no_number_of_trials_is_the_usual_one(tmp_path: Path) -> None:
    text = YAML.replace("max_total_trials: 12", "max_total_trials: ").replace("  code: src\n", "")
    found = sweep.of(document.parse(text, "s.yml"), tmp_path / "s.yml", {}).spec.sweep
    assert found is not None
    assert found.max_trials == 20


def driver_of(place: Path, command: str, history: Callable[[str, str], list[float] | None], **given: object) -> Driver:
    for name in ("work", "outputs"):
        (place / name).mkdir()
    choices = {"x": {"type": "choice", "values": [1, 2]}}
    tried = a_sweep(sampling="grid", space=choices, **given).model_dump(mode="json")
    return Driver(place, {"sweep": tried, "command": command, "outputs": ["m"], "folders": ["m"]}, history)


def children(place: Path) -> dict[str, str]:
    lines = [json.loads(line) for line in (place / "journal.jsonl").read_text().splitlines()]
    return {line["name"]: line["state"] for line in lines if line["kind"] == "child"}


def test_a_try_that_ends_while_the_server_is_away_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "_LOOK", 0.0)
    asked: dict[str, int] = {}

    def history(run_id: str, _: str) -> list[float] | None:
        asked[run_id] = asked.get(run_id, 0) + 1
        return [] if asked[run_id] == 1 else [0.5] if asked[run_id] > 5 else None

    assert driver_of(tmp_path, "true", history).run() == 0
    assert children(tmp_path) == {"trial 0": "Completed", "trial 1": "Completed"}


def test_a_sweep_that_is_told_to_end_keeps_the_best_so_far(tmp_path: Path) -> None:
    command = f"test ${{{{search_space.x}}}} = 1 && echo best > {tmp_path}/outputs/trials/@TRIAL@/m/m && exit; "
    command += f"touch {tmp_path}/second; exec sleep 60"
    made = driver_of(tmp_path, command, lambda *_: [1.0])

    def tell() -> None:
        deadline = time.monotonic() + 30
        while not (tmp_path / "second").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        made.tell_to_end()

    thread = threading.Thread(target=tell)
    thread.start()
    begun = time.monotonic()
    assert made.run() == 0
    thread.join()
    assert time.monotonic() - begun < 40
    assert children(tmp_path) == {"trial 0": "Completed", "trial 1": "Canceled"}
    assert (tmp_path / "outputs" / "m" / "m").read_text() == "best\n"


def test_what_a_try_says_of_secrets_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("work", "outputs"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PW", "kanarie-0815")
    monkeypatch.setenv("STUDIOLO_STORE_A", json.dumps({"name": "a", "credentials": {"key": "kanarie-4711"}}))
    choices = {"x": {"type": "choice", "values": [1]}}
    plan = {
        "sweep": a_sweep(sampling="grid", space=choices).model_dump(mode="json"),
        "command": 'echo begin $PW; echo "$STUDIOLO_STORE_A" | cut -c 34-; printf $PW | base64; echo end',
        "outputs": [],
        "folders": [],
        "secrets": ["PW", "STUDIOLO_STORE_A"],
    }
    assert Driver(tmp_path, plan, lambda *_: [1.0]).run() == 0
    said = (tmp_path / "outputs" / "trials" / "0" / "log.txt").read_text()
    assert said.splitlines()[0] == "begin [secret]"
    assert said.splitlines()[-1] == "end"
    assert "kanarie" not in said
    assert said.count("[secret]") == 3


def test_the_plan_of_a_sweep_names_the_secrets_of_its_command(ctx: Context) -> None:
    store = "workspaceblobstore"
    given = JobSpec(
        kind="sweep",
        command=["echo ${{search_space.x}} "],
        sweep=a_sweep(),
        secrets={f"STUDIOLO_STORE_{store.upper()}": f"datastore:{store}"},
    )
    run = service.submit(ctx, given)
    with ctx.db.read() as tx:
        [claim] = claims.live(tx, ctx.workspace_id)
    attempts.prepare(ctx, claim)
    attempts.order(ctx, claim, None)
    plan = json.loads((attempts.folder(ctx, claim) / "sweep.json").read_text())
    assert (claim.id, plan["secrets"]) == (run.id, [f"STUDIOLO_STORE_{store.upper()}"])
    (attempts.folder(ctx, claim) / "trials" / "0").mkdir(parents=True)
    attempts.tidy(ctx, claim, completed=False)
    left = {path.name for path in attempts.folder(ctx, claim).iterdir() if path.is_dir()}
    assert left == {"work"}, "copies for tries that were cut off go; of a job that failed its work folder stays"


def test_the_driver_tries_follows_and_keeps_the_best(tmp_path: Path) -> None:
    """With files in the place of the server: each try writes its points where the history is read from."""
    for name in ("work", "outputs"):
        (tmp_path / name).mkdir()
    (tmp_path / "work" / "main.sh").write_text('echo "$1" > points-$MLFLOW_RUN_ID; cp points-* ../../outputs/')
    command = f"cp main.sh x.sh; echo $(( {'${{search_space.x}}'} * 2 )) > {tmp_path}/points.$MLFLOW_RUN_ID; "
    command += f"echo m{'${{inputs.x}}'} > {tmp_path}/outputs/trials/@TRIAL@/model/m; test {'${{search_space.x}}'} != 3"
    plan = {
        "sweep": a_sweep(
            sampling="grid", space={"x": {"type": "choice", "values": [1, 2, 3]}}, goal="maximize", max_concurrent=2
        ).model_dump(mode="json"),
        "command": command,
        "outputs": ["model"],
        "folders": ["model"],
    }

    def history(run_id: str, _: str) -> list[float]:
        path = tmp_path / f"points.{run_id}"
        return [float(path.read_text())] if path.exists() else []

    assert Driver(tmp_path, plan, history).run() == 0
    assert (tmp_path / "outputs" / "model" / "m").read_text() == "m2\n", "the third had the best value, but failed"
    lines = [json.loads(line) for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    states = {line["name"]: line["state"] for line in lines if line["kind"] == "child"}
    assert states == {"trial 0": "Completed", "trial 1": "Completed", "trial 2": "Failed"}
    [board] = [line["value"] for line in lines if line["kind"] == "document"]
    assert [one["number"] for one in islice(board["board"], 2)] == [1, 0]
    assert list((tmp_path / "trials").iterdir()) == []
