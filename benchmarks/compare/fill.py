"""Fill a studio with runs to compare: params, metrics with histories, tags, files, code. Writes by the store's own verbs.

    python benchmarks/compare/fill.py HOME [--runs 200] [--metrics 50] [--steps 1000]

prints the ids of the runs, one a line; the studio in HOME may be running.
"""

import argparse
import random
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import update

from studiolo.kernel.context import Context
from studiolo.studio.experiments import artifacts, catalog, client_runs, tracking
from studiolo.studio.experiments.tables import runs as runs_table
from studiolo.testing.context import context_in, make_services

OPTIMIZERS = ("adam", "adamw", "sgd", "lion")


def main() -> None:
    """Make the runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--metrics", type=int, default=50)
    parser.add_argument("--steps", type=int, default=1000)
    asked = parser.parse_args()
    services = make_services(asked.home)
    ctx = context_in(services)
    chance = random.Random(7)
    experiment = catalog.create(ctx, f"compare {ctx.clock.now():%H:%M:%S}")
    for n in range(asked.runs):
        sys.stdout.write(a_run(ctx, chance, n, experiment, asked.metrics, asked.steps) + "\n")
    services.db.close()


def a_run(ctx: Context, chance: random.Random, n: int, experiment: str, metrics: int, steps: int) -> str:
    """Make one run whose results follow from its params, as those of real ones do."""
    rate = 10 ** chance.uniform(-4.5, -1.5)
    depth, optimizer, dropout = chance.randint(2, 12), chance.choice(OPTIMIZERS), round(chance.uniform(0, 0.5), 3)
    quality = np.exp(-((np.log10(rate) + 3) ** 2)) * (0.7 + 0.02 * depth) * (1 - 0.4 * dropout)
    params = {"learning_rate": f"{rate:.3g}", "depth": str(depth), "optimizer": optimizer, "dropout": str(dropout)}
    params |= {"seed": "7", "batch_size": str(2 ** chance.randint(4, 9)), "epochs": str(steps)}
    noise = np.random.default_rng(n)
    begun = ctx.clock.now() - timedelta(minutes=steps / 60 + chance.random() * 600)
    run_id = client_runs.create(ctx, experiment, name=f"trial-{n:03d}", start=begun, user="benchmark", tags={})
    x = np.arange(steps)
    start = int(begun.timestamp() * 1000)
    points = []
    for m in range(metrics):
        name = ("loss/train", "loss/valid", "accuracy", "auc")[m] if m < 4 else f"group{m % 6}/metric{m:02d}"
        falling = 2.3 * np.exp(-x * quality / (steps / 4)) + 1 - quality + 0.05 * m
        curve = falling if "loss" in name else 1 - falling / 4
        curve = curve + noise.normal(0, 0.03, steps)
        points += [(name, float(value), step, start + 1000 * step) for step, value in enumerate(curve)]
    with ctx.db.begin() as tx:
        seq = tx.execute(runs_table.select().where(runs_table.c.id == run_id)).one().seq
        tracking.record(tx, ctx, seq, params=params, metrics=points, tags={"team": chance.choice(("red", "blue"))})
        tracking.record(
            tx, ctx, seq, tags={"mlflow.source.name": "train.py", "mlflow.source.git.commit": f"{n // 40:040x}"}
        )
        code = f"rate = {rate:.3g}\n" + "".join(f"step_{k}()\n" for k in range(40)) + f"depth = {depth}\n"
        needs = f"numpy==2.{n % 3}.0\nscikit-learn==1.{5 + n % 2}.0\nlightgbm==4.6.0\n"
        files = {
            "code/train.py": code,
            "requirements.txt": needs,
            "report.csv": f"metric,value\nquality,{quality:.4f}\n",
        }
        stored = [(path, ctx.blobs.put(text.encode())) for path, text in files.items()]
        artifacts.put_all(tx, ctx, run_id, stored)
        ended = begun + timedelta(seconds=steps)
        tx.execute(
            update(runs_table)
            .where(runs_table.c.id == run_id)
            .values(state="Completed", started_at=begun, ended_at=ended)
        )
    return run_id


if __name__ == "__main__":
    main()
