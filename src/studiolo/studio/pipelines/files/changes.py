"""What a step of a file asks for instead of the component that it brings along: resources, and processes on several nodes."""

from typing import Any

from studiolo.kernel.errors import StudioloError
from studiolo.studio.experiments.job_files import command
from studiolo.studio.experiments.job_files.document import first_error, mapping, text
from studiolo.studio.experiments.job_schemas import Distribution
from studiolo.studio.pipelines.errors import BadPipeline
from studiolo.studio.pipelines.files.reading import Found


def taken(name: str, task: dict[str, Any] | None, raw: dict[str, Any], found: Found) -> tuple[str, ...]:
    """Change the job of a component; returns the keys of the step that this was, none where its job is not known here.

    Raises BadPipeline, which names the step.
    """
    if task is None or task.get("kind", "command") != "command":
        return ()
    asked = mapping(raw, "resources")
    if own := {key: asked[key] for key in command.OURS if asked.get(key) is not None}:
        task["resources"] = {**task.get("resources", {}), **own}
    before, nodes = task.get("distribution"), asked.get("instance_count")
    try:
        if mapping(raw, "distribution"):
            count = nodes or (before or {}).get("nodes", 1)
            given = command.distribution({**raw, "resources": {"instance_count": count}})
        elif before is not None and nodes is not None:
            which = "processes" if before.get("type") == "ray" else "nodes"
            given = Distribution.model_validate({**before, which: nodes})
        else:
            if text(nodes) not in ("", "1"):
                found.warn([f"'resources.instance_count' is {nodes}: the job runs on one node"], name)
            return ("resources", "distribution")
    except StudioloError as error:
        error.detail, error.field = f"Step '{name}': {error.detail}", f"jobs.{name}.{error.field}"
        raise
    except ValueError as error:  # pydantic's
        raise BadPipeline(f"Step '{name}': {first_error(error)}", field=f"jobs.{name}.distribution") from None
    assert given is not None
    task["distribution"] = given.model_dump(mode="json", exclude_defaults=True)
    return ("resources", "distribution")
