"""From a prediction to the JSON of an answer."""

from typing import Any

import orjson

from studiolo.studio.endpoints.scoring.tiers.base import Prediction

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


def score(found: Prediction) -> bytes:
    """`/score`: labels or numbers, and for classes the probability of each."""
    if found.probabilities is None:
        return dumps({"predictions": found.predictions})
    return dumps({"predictions": found.predictions, "probabilities": found.probabilities})


def invocations(found: Prediction) -> bytes:
    """`/invocations`: what `predict` of the MLflow model returns, as MLflow's own server writes it."""
    if found.records is not None:
        return dumps({"predictions": found.records})
    if not found.framed:
        return dumps({"predictions": found.predictions})
    if found.probabilities is None:
        return dumps({"predictions": [{"prediction": value} for value in found.predictions]})
    return dumps(
        {
            "predictions": [
                {"prediction": label, **{f"proba_{name}": chance for name, chance in chances.items()}}
                for label, chances in zip(found.predictions, found.probabilities, strict=True)
            ]
        }
    )


def dumps(value: Any) -> bytes:
    """Write JSON; numpy values as numbers, anything unknown as text."""
    return orjson.dumps(value, option=_OPTIONS, default=str)
