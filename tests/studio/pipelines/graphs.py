"""Pipelines of shell commands, driven by the ticks of the controller."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from studiolo.kernel.context import Context
from studiolo.studio.experiments import reconcile as experiments_tick
from studiolo.studio.experiments.schemas import TERMINAL
from studiolo.studio.pipelines import reconcile, service
from studiolo.studio.pipelines.schemas import Graph, PipelineRun, PipelineSpec, StepState

T = TypeVar("T")


def step(command: str = "true ", **given: Any) -> dict[str, Any]:
    """A command step; its interface is what is given: `inputs` and `makes` as {name: type}."""
    declares = given.pop("declares", None)
    makes = {name: {"type": kind} for name, kind in given.pop("makes", {}).items()}
    inputs = given.get("inputs", {})
    if declares is None:
        declares = {
            name: {"type": "uri_folder" if ".outputs." in str(value) else "string"} for name, value in inputs.items()
        }
    declares = {name: port if isinstance(port, dict) else {"type": port} for name, port in declares.items()}
    text = command if " " in command else f"{command} "
    return {"task": {"command": [text]}, "declares": declares, "makes": makes, **given}


def output(step_: str, name: str = "out") -> str:
    return f"${{{{parent.jobs.{step_}.outputs.{name}}}}}"


def parent(name: str) -> str:
    return f"${{{{parent.inputs.{name}}}}}"


def pipeline(steps: dict[str, Any], **rest: Any) -> PipelineSpec:
    graph = {"steps": steps, "inputs": rest.pop("inputs", {}), "outputs": rest.pop("outputs", {})}
    return PipelineSpec.model_validate({"name": "p", "graph": graph, **rest})


def diamond(word: str = "a", **rest: Any) -> PipelineSpec:
    """Three steps and one that reads two of them: each writes its name into its output."""
    steps = {
        "first": step(
            "echo ${{inputs.word}} > ${{outputs.out}}/f.txt",
            inputs={"word": parent("word")},
            makes={"out": "uri_folder"},
        ),
        "left": step(
            "sed s/^/left-/ ${{inputs.a}}/f.txt > ${{outputs.out}}/f.txt",
            inputs={"a": output("first")},
            makes={"out": "uri_folder"},
        ),
        "right": step(
            "sed s/^/right-/ ${{inputs.a}}/f.txt > ${{outputs.out}}/f.txt",
            inputs={"a": output("first")},
            makes={"out": "uri_folder"},
        ),
        "last": step(
            "cat ${{inputs.a}}/f.txt ${{inputs.b}}/f.txt > ${{outputs.out}}/f.txt",
            inputs={"a": output("left"), "b": output("right")},
            makes={"out": "uri_folder"},
            outputs={"out": {"bind": "result"}},
        ),
    }
    return pipeline(
        steps,
        inputs={"word": {"type": "string"}},
        values={"word": word},
        outputs={"result": {"type": "uri_folder"}},
        **rest,
    )


def tick(ctx: Context) -> bool:
    """One round of the controller, as far as jobs and pipelines go."""
    changed = experiments_tick.tick(ctx)
    return reconcile.tick(ctx) or changed


def wait_for(ctx: Context, condition: Callable[[], T], seconds: float = 60) -> T:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        if not tick(ctx):
            time.sleep(0.01)
    return found


def ended(ctx: Context, run: PipelineRun, seconds: float = 30) -> PipelineRun:
    wait_for(ctx, lambda: service.get_run(ctx, run.run.id).run.state in TERMINAL, seconds)
    return service.get_run(ctx, run.run.id)


def states(ctx: Context, run: PipelineRun) -> dict[str, str]:
    return {one.path: one.state for one in service.steps(ctx, run.run.id)}


def by_path(ctx: Context, run: PipelineRun) -> dict[str, StepState]:
    return {one.path: one for one in service.steps(ctx, run.run.id)}


def text_of(ctx: Context, run: PipelineRun, path: str, name: str = "f.txt", out: str = "out") -> str:
    return service.file(ctx, run.run.id, path, out, name)[0].read_text()


def graph_of(steps: dict[str, Any], **rest: Any) -> Graph:
    return pipeline(steps, **rest).graph
