"""What can go wrong with pipelines and components."""

from collections.abc import Sequence
from typing import Any

from studiolo.kernel.errors import Conflict, Invalid, NotFound


class BadPipeline(Invalid):
    """A pipeline that cannot be run as it is written; the body has `problems`, all that is wrong with it."""

    code, title = "pipelines.bad_pipeline", "The pipeline cannot be run"

    def __init__(self, detail: str, hint: str = "", *, field: str = "", problems: Sequence[Any] = ()) -> None:
        super().__init__(detail, hint, field=field, extra={"problems": list(problems)} if problems else None)


class PipelineNotFound(NotFound):
    """No pipeline has a run of this id."""

    code, title = "pipelines.not_found", "Pipeline not found"

    def __init__(self, run_id: str) -> None:
        super().__init__(
            f"There is no run '{run_id[:80]}' of a pipeline.", "List them: studiolo pipelines list", field="run_id"
        )


class StepNotFound(NotFound):
    """The pipeline has no such step, or it has not come to it."""

    code, title = "pipelines.step_not_found", "Step not found"

    def __init__(self, path: str, known: Sequence[str]) -> None:
        hint = f"It has: {', '.join(known[:20])}." if known else "It has none yet."
        super().__init__(f"The run has no step '{path[:200]}'.", hint, field="path")


class OutputNotFound(NotFound):
    """The step has no such output, or no file of that name is in it."""

    code, title = "pipelines.output_not_found", "Output not found"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        hint = f"There are: {', '.join(known[:20])}." if known else "There is none: the step has not completed."
        super().__init__(f"There is no '{name[:200]}' here.", hint, field="output")


class ComponentNotFound(NotFound):
    """No component has this name and version."""

    code, title = "pipelines.component_not_found", "Component not found"

    def __init__(self, reference: str, *, field: str = "component") -> None:
        super().__init__(
            f"There is no component '{reference[:200]}'.",
            "List them: studiolo pipelines components list; register one: studiolo apply -f component.yml",
            field=field,
        )


class ComponentExists(Conflict):
    """A version never changes: the same version with another content is refused."""

    code, title = "pipelines.component_exists", "Component version exists"

    def __init__(self, reference: str) -> None:
        super().__init__(
            f"The component '{reference}' exists, with another content.",
            "Write another version, or none: the studio takes the next number.",
            field="version",
        )


class BadComponent(Invalid):
    """A component that cannot be registered."""

    code, title = "pipelines.bad_component", "The component cannot be registered"
