"""Pipelines of 100 steps beside Prefect, Dagster and Metaflow, in one run.

    .venv/bin/python benchmarks/pipelines/run.py [--steps 100] [--peers prefect,dagster,metaflow] [--only WORD]

Starts `studiolo up` with an empty home, and each peer as pip installs it, in a virtual environment of its own beside this file. Every step does
nothing: what is measured is what surrounds it. Before each row a bare `python -c pass` is timed, since the machine is never the same twice.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from studiolo.kernel.http import Transport
from studiolo.sdk.pipelines import pipeline, step
from studiolo.studio.experiments.client import Experiments
from studiolo.studio.experiments.warm_start import TAG
from studiolo.studio.pipelines.client import Pipelines
from studiolo.studio.pipelines.functions import Step
from studiolo.studio.pipelines.schemas import PipelineSpec
from studiolo.testing.studio import Started, started

HERE = Path(__file__).parent
VERSIONS = {
    "prefect": ["prefect==3.8.8", "fastapi<0.140"],
    "dagster": ["dagster==1.13.27"],
    "metaflow": ["metaflow==2.19.39"],
}
BARS = {"isolated": 1.5, "warm ms": 10.0, "reused ms": 1.0, "all reused s": 0.5}


@step(reuse=False)
def cold(x: int) -> int:
    """Import what many steps import, in an interpreter of its own."""
    import pandas as pd

    assert pd.__version__

    return x + 1


@step(reuse=False, warm=True)
def warm(x: int) -> int:
    """Do the same where it is loaded already."""
    import pandas as pd

    assert pd.__version__

    return x + 1


def row_of(one: Step, steps: int) -> Any:
    """Return a chain of a function."""

    @pipeline
    def row(x: int) -> Any:
        for _ in range(steps):
            x = one(x)
        return x

    return row(0)


class Row(NamedTuple):
    """A measurement. bare: milliseconds of `python -c pass` just before; steps: how many it was divided by."""

    who: str
    what: str
    bare: float
    seconds: float
    steps: int

    @property
    def each(self) -> float:
        """Milliseconds of a step."""
        return 1000 * self.seconds / self.steps


def bare() -> float:
    """Return milliseconds of a bare interpreter, the median of nine."""
    took = []
    for _ in range(9):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        took.append(time.perf_counter() - begun)
    return 1000 * statistics.median(took)


def chain(steps: int, word: str) -> PipelineSpec:
    """Steps that read one another; word: makes results another."""
    made = {"s0": _step({"w": word})}
    for number in range(1, steps):
        made[f"s{number}"] = _step({"x": f"${{{{parent.jobs.s{number - 1}.outputs.o}}}}"}, str(number))
    return PipelineSpec.model_validate({"name": "chain", "graph": {"steps": made}})


def fan(steps: int, word: str) -> PipelineSpec:
    """Steps beside one another, and one after them."""
    made = {f"s{number}": _step({"w": f"{word} {number}"}) for number in range(steps)}
    made["last"] = {"task": {"command": ["true "]}, "after": list(made)}
    return PipelineSpec.model_validate({"name": "fan", "graph": {"steps": made}})


def _step(inputs: dict[str, str], word: str = "") -> dict[str, object]:
    names = " ".join(f"${{{{inputs.{name}}}}}" for name in inputs)
    command = f"python -c pass; echo '{word}' {names} > ${{{{outputs.o}}}}/f"
    return {"task": {"command": [command]}, "inputs": inputs, "makes": {"o": {"type": "uri_folder"}}}


def two(word: str) -> PipelineSpec:
    """Two shell commands."""
    steps = {
        "a": {"task": {"command": [f"echo {word} > ${{{{outputs.o}}}}/f"]}, "makes": {"o": {"type": "uri_folder"}}}
    }
    steps["b"] = {"task": {"command": ["cat ${{inputs.x}}/f"]}, "inputs": {"x": "${{parent.jobs.a.outputs.o}}"}}
    return PipelineSpec.model_validate({"name": "two", "graph": {"steps": steps}})


def ours(studio: Started, steps: int, only: str) -> list[Row]:
    """Measure the studio."""
    pipelines, runs = Pipelines(Transport(home=studio.home)), Experiments(Transport(home=studio.home))

    def is_warm(run_id: str) -> bool:
        return all(TAG in runs.overview(str(one.run_id)).tags for one in pipelines.steps(run_id))

    def heated() -> None:
        while not is_warm(pipelines.wait(pipelines.submit(row_of(warm, 1)).run.id).run.id):
            pass

    def run(spec: Any, what: str, count: int) -> Row:
        yard = bare()
        begun = time.perf_counter()
        submitted = pipelines.submit(spec)
        found = pipelines.wait(submitted.run.id)
        seconds = time.perf_counter() - begun
        if "reused" in what:
            assert found.counts.reused == found.counts.total, found.counts
        if "warm" in what:
            assert is_warm(found.run.id)
        return Row("studiolo", what, yard, seconds, count)

    pipelines.wait(pipelines.submit(two("warm")).run.id)
    cases: list[tuple[str, Callable[[], Row]]] = [
        (
            "two shell commands",
            lambda: min((run(two(f"w{n}"), "two shell commands", 2) for n in range(3)), key=lambda row: row.seconds),
        ),
        (f"chain {steps}", lambda: run(chain(steps, "a"), f"chain {steps}", steps)),
        (f"chain {steps}, all reused", lambda: run(chain(steps, "a"), f"chain {steps}, all reused", steps)),
        (f"fan {steps}", lambda: run(fan(steps, "a"), f"fan {steps}", steps)),
        (
            f"import of pandas, chain {steps}",
            lambda: run(row_of(cold, steps), f"import of pandas, chain {steps}", steps),
        ),
        (
            f"import of pandas, chain {steps}, warm",
            lambda: (heated(), run(row_of(warm, steps), f"import of pandas, chain {steps}, warm", steps))[1],
        ),
        (f"fan {steps}, all reused", lambda: run(fan(steps, "a"), f"fan {steps}, all reused", steps)),
    ]
    return [_said(case()) for what, case in cases if only in what]


def peers(names: list[str], steps: int, only: str) -> list[Row]:
    """Measure the peers, each in an environment of its own."""
    rows = []
    for name in names:
        python = _environment(name)
        for shape in ("chain", "fan", "chain, all reused"):
            if only not in shape or ("reused" in shape and name != "prefect"):
                continue
            yard = bare()
            with tempfile.TemporaryDirectory() as home:
                took = subprocess.run(
                    [
                        python,
                        HERE / f"peer_{name}.py",
                        shape.partition(",")[0],
                        str(steps),
                        "reused" if "reused" in shape else "run",
                    ],
                    capture_output=True,
                    text=True,
                    cwd=home,
                    check=False,
                    timeout=1800,
                )
            if took.returncode:
                sys.stderr.write(f"{name} {shape}: {took.stderr[-600:]}\n")
                continue
            seconds = float(took.stdout.strip().splitlines()[-1])
            rows.append(
                _said(
                    Row(
                        name,
                        f"{shape.replace('chain', f'chain {steps}').replace('fan', f'fan {steps}')}",
                        yard,
                        seconds,
                        steps,
                    )
                )
            )
    return rows


def _environment(name: str) -> Path:
    folder = HERE / f".venv-{name}"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *VERSIONS[name]], check=True)
    return python


def _said(row: Row) -> Row:
    times = f"{row.each / row.bare:.2f} × bare"
    sys.stdout.write(f"| {row.who} | {row.what} | {row.bare:.1f} | {row.seconds:.3f} | {row.each:.2f} | {times} |\n")
    sys.stdout.flush()
    return row


def main() -> int:
    """Print a table; the exit code says whether the bars were kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--peers", default="prefect,dagster,metaflow")
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    sys.stdout.write("| | | bare `python -c pass`, ms | s | ms a step | |\n|---|---|---|---|---|---|\n")
    with tempfile.TemporaryDirectory() as folder, started(Path(folder) / "home") as studio:
        rows = ours(studio, asked.steps, asked.only)
    rows += peers([name for name in asked.peers.split(",") if name], asked.steps, asked.only)
    missed = [row for row in rows if row.who == "studiolo" and not _kept(row)]
    for row in missed:
        sys.stdout.write(f"missed: {row.what}\n")
    return 1 if missed else 0


def _kept(row: Row) -> bool:
    if "reused" in row.what:
        return row.each <= BARS["reused ms"] or row.seconds <= BARS["all reused s"] * row.steps / 100
    if "warm" in row.what:
        return row.each <= BARS["warm ms"]
    if row.what.startswith("import"):
        return True  # what the row below it is to be seen beside
    if row.what.startswith("two"):
        return row.seconds < 2
    return row.each <= BARS["isolated"] * row.bare + row.bare  # the step itself is a bare interpreter


if __name__ == "__main__":
    sys.exit(main())
