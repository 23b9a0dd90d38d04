"""Comparing runs through the SDK and the command line."""

import json
import math
from collections.abc import Callable

import pytest
from typer.testing import Result

from studiolo.kernel.context import Context
from studiolo.sdk.studio import Studio
from studiolo.studio.experiments import artifacts, tracking
from tests.studio.experiments.runs import a_run


@pytest.fixture
def pair(ctx: Context) -> tuple[str, str]:
    ids = []
    for n, loss in enumerate((0.5, 0.25)):
        run_id, seq = a_run(ctx)
        blob = ctx.blobs.put(f"rate: {n}".encode())
        with ctx.db.begin() as tx:
            tracking.record(tx, ctx, seq, params={"lr": str(n), "seed": "7"}, metrics=[("loss", loss, 0, 1)])
            tracking.record(tx, ctx, seq, metrics=[("broken", math.nan, 0, 1)])
            artifacts.put(tx, ctx, run_id, "config.yaml", blob)
        ids.append(run_id)
    return ids[0], ids[1]


def test_records_make_a_table(studio: Studio, pair: tuple[str, str]) -> None:
    found = studio.experiments.compare(pair)
    first, second = found.records()
    assert (first["run_id"], first["params.lr"], first["metrics.loss"]) == (pair[0], "0", 0.5)
    assert math.isnan(second["metrics.broken"])
    assert "params.seed" not in found.records(only_different=True)[0]
    assert studio.experiments.compare_artifacts(pair).files[0].differs
    assert studio.experiments.compare_code(pair).packages == []
    assert studio.experiments.diff(*pair, "config.yaml").added == 1
    assert studio.experiments.keep_selection(pair).run_ids == list(pair)


def test_the_command_shows_what_differs_and_counts_from_a_baseline(
    cli: Callable[..., Result], pair: tuple[str, str]
) -> None:
    done = cli("experiments", "compare", *pair, "--baseline", pair[0])
    assert done.exit_code == 0, done.output
    assert "params.lr" in done.stdout
    assert "params.seed" not in done.stdout
    assert "-0.25 (-50.0%)" in done.stdout
    assert "params.seed" in cli("experiments", "compare", *pair, "--all").stdout
    plain = json.loads(cli("experiments", "compare", *pair, "f" * 32, "--output", "json").stdout)
    assert plain["missing"] == ["f" * 32]
    refused = cli("experiments", "compare", *pair, "--statistic", "mean")
    assert "no statistic" in str(refused.exception)


def test_two_runs_files_are_compared(cli: Callable[..., Result], pair: tuple[str, str]) -> None:
    assert "config.yaml" in cli("experiments", "diff", *pair).stdout
    assert cli("experiments", "diff", *pair, "config.yaml").stdout == "- rate: 0\n+ rate: 1\n"
    assert "The same." in cli("experiments", "diff", pair[0], pair[0], "config.yaml").stdout
