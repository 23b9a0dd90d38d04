"""Keys that this process has worked out before: the same step of the same graph, given the same, has the same key.

What a key is made of is looked up here anew only where it may be another thing at another time: the environment by its name. A step whose
inputs are addresses of data is not remembered, since what they come to is found out when it starts.
"""

from collections.abc import Hashable, Mapping

from studiolo.kernel.context import Context
from studiolo.studio.experiments import job_resolution
from studiolo.studio.experiments.job_schemas import EnvironmentDefinition
from studiolo.studio.pipelines import led_above
from studiolo.studio.pipelines.held import Held
from studiolo.studio.pipelines.plans import BODY, Plan

_MANY = 4000
_known: dict[Hashable, tuple[dict[str, str], str]] = {}


def sign(ctx: Context, plan: Plan, name: str, given: Mapping[str, Held]) -> Hashable | None:
    """Return what the key of a step depends on, None where it is more than can be told here."""
    step = plan.step(name)
    environment = step.environment or (step.task.environment if step.task else "")
    if isinstance(environment, EnvironmentDefinition) or step.outputs or step.kind in led_above.KINDS:
        return None
    inputs: list[Hashable] = []
    for port, value in given.items():
        if value.data is not None:
            return None
        files = tuple((file.path, file.digest, file.manifest) for file in value.files)
        inputs.append((port, value.type, type(value.value), value.value, files))
    of = name if name in plan.graph.steps else BODY
    return ctx.workspace_id, plan.digest, of, job_resolution.lock_of(ctx, environment), *inputs


def recall(sign: Hashable | None) -> tuple[dict[str, str], str] | None:
    """Return the parts of a key, and the key."""
    return _known.get(sign) if sign is not None else None


def remember(sign: Hashable | None, parts: dict[str, str], key: str) -> None:
    """Keep a key."""
    if sign is None:
        return
    if len(_known) >= _MANY:
        _known.clear()
    _known[sign] = parts, key
