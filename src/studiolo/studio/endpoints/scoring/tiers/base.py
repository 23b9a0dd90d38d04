"""What a tier is, and how the best one of a model is chosen."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from studiolo.studio.endpoints.scoring.bodies import Table
from studiolo.studio.endpoints.scoring.deployment import Deployment
from studiolo.studio.endpoints.scoring.inputs import Inputs

Kind = Literal["compiled", "pyfunc"]


@dataclass(slots=True)
class Prediction:
    """What a model said of some rows.

    predictions: one per row, ready for JSON. probabilities: for classes, one object per row.
    framed: the model's own answer is a table with the column `prediction`. records: the rows of another table.
    """

    predictions: Any
    probabilities: list[dict[str, float]] | None = None
    framed: bool = False
    records: list[dict[str, Any]] | None = None


class Tier(Protocol):
    """A loaded model. `why` says why it is this tier that answers."""

    kind: Kind
    why: str
    inputs: Inputs
    labels: list[Any]
    task: str

    def predict(self, table: Table) -> Prediction:
        """Check the rows and predict; runs in any thread. Raises the problems of `problems`."""
        ...


class Uncompilable(Exception):
    """The model has no compiled form that may be used; the text says why."""


def load(deployment: Deployment) -> Tier:
    """Load the model in the best tier that it has, or in the one asked for."""
    folder = Path(deployment.model)
    if deployment.tier != "pyfunc":
        from studiolo.studio.endpoints.scoring.tiers import compiled

        try:
            return compiled.load(folder, deployment.extra)
        except Uncompilable as reason:
            if deployment.tier == "compiled":
                raise
            why = str(reason)
    else:
        why = "the deployment asks for the original model"
    from studiolo.studio.endpoints.scoring.tiers import original  # brings pandas, which a compiled worker never loads

    return original.load(folder, why, deployment.extra, deployment.batch_rows)
