"""A pipeline in Python: plain functions as steps, joined by what they make; once more with another rate, its first step reused."""

import tempfile
from pathlib import Path

from studiolo import Studio
from studiolo.sdk.pipelines import Out, pipeline, step

studio = Studio()


@step
def prepare(raw: Path, clean: Out) -> int:
    rows = [line for line in raw.read_text().splitlines() if line.strip()]
    (clean / "rows.txt").write_text("\n".join(rows))
    return len(rows)


@step(warm=True)  # may begin where what it imports is loaded already
def weigh(rows: Path, rate: float) -> float:
    return rate * sum(float(line) for line in (rows / "rows.txt").read_text().splitlines())


@pipeline(experiment="examples")
def learn(raw: Path, rate: float = 0.1):  # type: ignore[no-untyped-def]
    prepared = prepare(raw)
    return {"rows": prepared.result, "weight": weigh(prepared["clean"], rate).result}


with tempfile.TemporaryDirectory() as folder:
    raw = Path(folder) / "raw.txt"
    raw.write_text("1\n2\n\n3\n")
    for rate in (0.5, 2.0):
        run = studio.pipelines.wait(studio.pipelines.submit(learn(raw, rate=rate)).run.id).run
        print(f"rate {rate}: {run.state}")
        for one in studio.pipelines.steps(run.id):
            print(f"  {one.path}: {one.state}")
    again = studio.pipelines.step(run.id, "weigh").reuse
    why = again.text if again else ""
    print(f"why weigh ran again: {why}")
