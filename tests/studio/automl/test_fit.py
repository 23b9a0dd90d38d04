"""A whole fit, with real trial processes on small tables."""

import csv
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studiolo.studio.automl import fit
from studiolo.studio.automl.fit_command import main
from studiolo.studio.automl.spec import FitSpec, Silent
from tests.studio.automl import tables


class Recorder(Silent):
    """Keeps what a fit reports."""

    def __init__(self) -> None:
        self.documents: dict[str, Any] = {}
        self.children: dict[str, list[str]] = {}
        self.boards: list[Any] = []

    def child(self, id: str, name: str, state: str, **fields: Any) -> None:  # noqa: A002
        self.children.setdefault(name, []).append(state)

    def document(self, name: str, value: Any) -> None:
        self.documents[name] = json.loads(json.dumps(value, allow_nan=False))
        if name == "automl/leaderboard":
            self.boards.append(self.documents[name])


def spec(
    tmp_path: Path, table: dict[str, list[Any]], target: str, task: str = "classification", **more: Any
) -> FitSpec:
    train = tables.write(tmp_path / "train.csv", table)
    options = {"time_limit": None, "max_trials": 3, "cores": 2, "work": tmp_path / "work"} | more
    return FitSpec(train=train, target=target, task=task, **options)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[fit.FitResult, Recorder, Path]:
    folder = tmp_path_factory.mktemp("fit")
    test = tables.write(folder / "test.csv", tables.without(tables.people(80, seed=1), "spent"))
    asked = spec(
        folder, tables.without(tables.people(), "spent"), "bought", test=test, model_dir=folder / "model", max_trials=6,
        blocked=("catboost", "xgboost"),
    )  # fmt: skip
    report = Recorder()
    return fit.run(asked, report), report, folder


def test_the_leaderboard_ranks_the_trials_and_the_ensemble(fitted: Any) -> None:
    result, report, _ = fitted
    rows = result.leaderboard["rows"]
    scores = [row["score"] for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert rows[0]["score"] > 0.75
    assert [row["kind"] for row in rows].count("ensemble") == 1
    assert sum(row["kind"] == "trial" for row in rows) == 6
    assert abs(sum(member["weight"] for member in result.summary["members"]) - 1) < 1e-9
    assert report.children["lightgbm"][0] == "Running"
    assert all(states[-1] == "Completed" for states in report.children.values())


def test_columns_and_guardrails_say_what_was_done(fitted: Any) -> None:
    _, report, _ = fitted
    kinds = {column["name"]: column["kind"] for column in report.documents["automl/columns"]["columns"]}
    assert kinds == {
        "key": "dropped",
        "age": "number",
        "job": "category",
        "pay": "number",
        "since": "date",
        "planet": "dropped",
    }
    rails = {rail["name"]: rail for rail in report.documents["automl/guardrails"]["items"]}
    assert rails["useless_columns"]["columns"] == ["key", "planet"]
    assert rails["missing_values"]["columns"] == ["pay"]
    assert rails["leaks"]["state"] == "passed"


def test_charts_and_importance_are_reported(fitted: Any) -> None:
    result, report, _ = fitted
    drawn = report.documents[f"automl/charts/{result.leaderboard['rows'][0]['id']}"]
    assert {"roc", "precision_recall", "lift", "gains", "calibration", "confusion_matrix"} <= set(drawn)
    assert sum(map(sum, drawn["confusion_matrix"])) == 400
    ranked = [entry["column"] for entry in report.documents["automl/importance"]["permutation"]]
    assert set(ranked[:2]) == {"age", "job"}


def test_the_compiled_model_equals_the_native_one_on_all_rows(fitted: Any) -> None:
    result, _, folder = fitted
    export = result.summary["export"]
    assert export["onnx"], export["reason"]
    assert export["max_difference"] <= 1e-4
    assert export["test_rows"] == 80
    assert export["edge_rows"] > 100
    assert (folder / "model/model/model.onnx").exists()


def test_the_model_answers_in_plain_mlflow_without_studiolo(fitted: Any) -> None:
    result, _, folder = fitted
    code = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == 'studiolo':
            raise ImportError('studiolo is not here')
sys.meta_path.insert(0, Refuse())
import json, mlflow, pandas as pd
model = mlflow.pyfunc.load_model({str(folder / "model")!r})
frame = pd.read_csv({str(folder / "test.csv")!r})
frame["age"] = frame["age"].astype("int64")
found = model.predict(frame)
print(json.dumps([list(found.columns), found["prediction"].tolist(), found["proba_yes"].tolist()]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    columns, predicted, chances = json.loads(done.stdout.strip().splitlines()[-1])
    assert columns == ["prediction", "proba_no", "proba_yes"]
    np.testing.assert_allclose(chances, result.test_scores[:, 1], atol=1e-9)
    assert predicted == ["yes" if chance > 0.5 else "no" for chance in chances]


def test_the_same_seed_and_number_of_trials_give_the_same_leaderboard(tmp_path: Path) -> None:
    table = tables.without(tables.people(300), "bought")
    found = []
    for place in range(2):
        (tmp_path / f"{place}").mkdir()
        asked = spec(
            tmp_path / f"{place}",
            table,
            "spent",
            "regression",
            seed=5,
            cores=1 + place,
            time_limit=None if place else 600,
        )
        found.append(fit.run(asked))
    assert found[0].summary["digest"] == found[1].summary["digest"]
    assert found[0].leaderboard["rows"][0]["score"] == found[1].leaderboard["rows"][0]["score"]
    assert found[0].summary["metrics"]["r2_score"] > 0.9


def test_a_fit_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    asked = spec(tmp_path, tables.without(tables.people(200), "spent"), "bought", max_trials=2)
    first = fit.run(asked)
    times = {file: file.stat().st_mtime_ns for file in (tmp_path / "work/trials").rglob("result.json")}
    assert len(times) == 2
    again = fit.run(FitSpec(**{**vars(asked), "max_trials": 3}))
    assert all(file.stat().st_mtime_ns == time for file, time in times.items())
    ids = {row["name"]: row["id"] for row in first.leaderboard["rows"] if row["kind"] == "trial"}
    assert ids.items() <= {row["name"]: row["id"] for row in again.leaderboard["rows"]}.items()


def test_a_trial_that_dies_is_a_failed_row_and_not_a_failed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studiolo.studio.automl import portfolio

    broken = portfolio.Config("broken", "extra_trees", {"max_features": "nonsense"})
    monkeypatch.setattr(portfolio, "FROZEN", (broken, *portfolio.FROZEN))
    result = fit.run(spec(tmp_path, tables.without(tables.people(200), "spent"), "bought", max_trials=3))
    row = next(row for row in result.leaderboard["rows"] if row["name"] == "broken")
    assert row["state"] == "failed"
    assert "max_features" in row["reason"]
    assert result.summary["trials"]["completed"] == 2


def test_the_command_writes_predictions_in_the_order_of_the_test_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = tables.write(tmp_path / "a.csv", tables.without(tables.people(200), "spent"))
    test = tables.write(tmp_path / "b.csv", tables.without(tables.people(30, seed=3), "spent", "bought"))
    out = tmp_path / "preds.csv"
    asked = ["--train", train, "--test", test, "--target", "bought", "--task", "classification", "--metric", "accuracy"]
    assert main([str(part) for part in [*asked, "--max-trials", "1", "--seed", "1", "--cores", "1", "--out", out]]) == 0
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["prediction", "proba_no", "proba_yes"]
    assert len(rows) == 30
    assert all(math.isclose(float(row["proba_no"]) + float(row["proba_yes"]), 1, abs_tol=1e-6) for row in rows)
    assert "lightgbm-quick" in capsys.readouterr().out


@pytest.mark.slow
def test_a_time_limit_of_five_seconds_gives_a_model_in_time_or_a_clear_refusal(tmp_path: Path) -> None:
    import time

    train = tables.write(tmp_path / "a.csv", tables.without(tables.people(200), "spent"))
    command = [sys.executable, "-m", "studiolo.studio.automl.fit_command", "--train", str(train), "--target", "bought"]
    started = time.monotonic()
    done = subprocess.run(
        [*command, "--task", "classification", "--time", "5"], capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        assert "time limit" in done.stderr
    else:
        assert "ensemble" in done.stdout
        assert time.monotonic() - started < 10
