"""When a try that does badly is ended early: decided from the points that all of them have logged so far. Pure."""

from collections.abc import Mapping, Sequence
from statistics import median

from studiolo.studio.experiments.sweeps.schemas import Policy


def bad(policy: Policy, goal: str, number: int, points: Mapping[int, Sequence[float]], judged: int) -> bool:
    """Say whether a try is to be ended. points: by try, in order; judged: how many of its points were judged before.

    Source: Azure ML's descriptions of bandit, median stopping and truncation selection.
    """
    mine = points.get(number, ())
    count = len(mine)
    if count <= judged or count <= policy.delay or count // policy.interval == judged // policy.interval:
        return False
    sign = 1.0 if goal == "maximize" else -1.0
    others = [[sign * value for value in values] for key, values in points.items() if key != number and values]
    if not others:
        return False
    own = max(sign * value for value in mine)
    if policy.type == "bandit":
        best = max(max(values) for values in others)
        if policy.slack_amount is not None:
            return own < best - policy.slack_amount
        factor = policy.slack_factor or 0.0
        return own < (best / (1 + factor) if best > 0 else best * (1 + factor))
    if policy.type == "median_stopping":
        return own < median(sum(values[:count]) / len(values[:count]) for values in others)
    values = sorted(max(values[:count]) for values in others)
    worse = int(len(values) * (policy.truncation_percentage or 0) / 100)
    return worse > 0 and own <= values[worse - 1]
