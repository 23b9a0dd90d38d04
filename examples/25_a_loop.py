"""A loop in a pipeline: a step that runs again while it is not good enough, each turn from where the one before stopped."""

from pathlib import Path

from studiolo import Studio
from studiolo.sdk.pipelines import Out, loop, pipeline, step

studio = Studio()


@step
def begin(guess: Out, of: float) -> None:
    (guess / "value.txt").write_text(str(of))


@step
def improve(before: Path, guess: Out, of: float, within: float = 1e-6) -> bool:
    value = float((before / "value.txt").read_text())
    better = (value + of / value) / 2  # Heron's way to a square root
    (guess / "value.txt").write_text(str(better))
    return abs(better * better - of) > within


@step
def tell(guess: Path) -> float:
    return round(float((guess / "value.txt").read_text()), 6)


@pipeline(experiment="examples")
def root(of: float):  # type: ignore[no-untyped-def]
    improved = improve(begin(of)["guess"], of=of)
    found = loop(improved, again=improved.result, give={"guess": "before"}, at_most=50)
    return {"root": tell(found["guess"]).result}


run = studio.pipelines.wait(studio.pipelines.submit(root(2.0)).run.id).run
print(f"{run.state}")
for one in studio.pipelines.steps(run.id):
    print(f"  {one.path}: {one.state}")
print(f"the root of 2 is {studio.pipelines.step(run.id, 'tell').outputs['result'].value}")
