"""A pipeline that trains once for each of some values, side by side, and goes on with the best only if it is good enough."""

import json
from pathlib import Path
from typing import Any

from studiolo import Studio
from studiolo.sdk.pipelines import Out, each, if_else, parallel_for, pipeline, step

studio = Studio()


@step
def candidates(most: int) -> list[dict[str, int]]:
    return [{"depth": depth} for depth in range(1, most + 1)]


@step
def train(depth: int, model: Out) -> float:
    from sklearn.datasets import load_wine
    from sklearn.model_selection import cross_val_score
    from sklearn.tree import DecisionTreeClassifier

    x, y = load_wine(return_X_y=True)
    (model / "depth.json").write_text(json.dumps(depth))
    return float(cross_val_score(DecisionTreeClassifier(max_depth=depth, random_state=0), x, y, cv=5).mean())


@step
def best(scores: Path, models: Path, chosen: Out, bar: float = 0.85) -> bool:
    found = {one.name: float((one / "result").read_text()) for one in scores.iterdir()}
    name = max(found, key=found.__getitem__)
    print(f"the best of {len(found)} has {found[name]:.3f}")
    (chosen / "depth.json").write_text((models / name / "depth.json").read_text())
    return found[name] > bar


@step
def tell(chosen: Path) -> str:
    return f"depth {json.loads((chosen / 'depth.json').read_text())} is good enough"


@step
def sorry() -> str:
    return "none is good enough"


@pipeline(experiment="examples")
def choose(most: int, bar: float) -> Any:
    trained = parallel_for(train(each), candidates(most), max_concurrency=2)
    found = best(trained.result, trained["model"], bar=bar)
    if_else(found, true_block=tell(found["chosen"]), false_block=sorry())


for bar in (0.85, 1.0):
    run = studio.pipelines.wait(studio.pipelines.submit(choose(3, bar)).run.id).run
    steps = {one.path: one for one in studio.pipelines.steps(run.id)}
    ran = "tell" if steps["tell"].state == "Completed" else "sorry"
    print(f"{run.state}: {studio.pipelines.step(run.id, ran).outputs['result'].value}")
