"""The leaderboard of a run: one row per configuration, and one for the ensemble."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from studiolo.studio.automl.metrics import Metric
from studiolo.studio.automl.portfolio import family, full_params
from studiolo.studio.automl.schedule import Record


def row(record: Record, folds: int) -> dict[str, Any]:
    """Write one trial as a row."""
    result = record.result
    return {
        "id": record.id,
        "name": record.config.id,
        "kind": "trial",
        "learner": record.config.learner,
        "title": family()[record.config.learner].SPEC.title,
        "state": record.state,
        "reason": record.reason,
        "score": record.score,
        "fold_scores": result.get("fold_scores") or [line["score"] for line in record.lines],
        "folds": int(record.lines[-1]["of"]) if record.lines else folds,
        "metrics": result.get("metrics") or {},
        "params": full_params(record.config),
        "seconds": result.get("seconds"),
        "predict_ms": result.get("predict_ms"),
        "size_bytes": result.get("size"),
        "rounds": result.get("rounds"),
        "weight": None,
        "members": [],
    }


def board(rows: Sequence[dict[str, Any]], metric: Metric) -> dict[str, Any]:
    """Rank rows: scored ones by score (ensemble first among equals), then running, failed and skipped ones."""
    sign = -1.0 if metric.greater_is_better else 1.0
    states = {"completed": 0, "running": 0, "failed": 1, "skipped": 2}

    def key(entry: dict[str, Any]) -> tuple[Any, ...]:
        score = entry["score"]
        scored = score is not None and score == score and states[entry["state"]] == 0  # noqa: PLR0124 - NaN is no score
        return (not scored, sign * score if scored else 0.0, states[entry["state"]], entry["kind"] != "ensemble")

    ranked = sorted(rows, key=key)
    return {
        "metric": metric.name,
        "greater_is_better": metric.greater_is_better,
        "rows": [{"rank": place, **entry} for place, entry in enumerate(ranked, 1)],
    }


def digest(document: dict[str, Any]) -> str:
    """Name what must be equal in two runs of the same data, seed and number of trials: order, parameters, exact scores."""
    kept = [
        [entry["name"], entry["state"], entry["params"], _exact(entry["score"]), [_exact(score) for score in entry["fold_scores"]],
         [[member["name"], _exact(member["weight"])] for member in entry["members"]]]
        for entry in document["rows"]
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]


def _exact(value: float | None) -> str | None:
    return None if value is None else float(value).hex()
