"""The end of a run: the served form, its compiled twin behind the gate, explanation, and the model's folder."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studiolo.kernel.ids import new_id
from studiolo.studio.automl import charts, columns, export_onnx, gate, importance, metrics, package, refit, schedule
from studiolo.studio.automl.predictor import members
from studiolo.studio.automl.predictor.model import weighted
from studiolo.studio.automl.prepare import Prepared, TestTable
from studiolo.studio.automl.refit import Member
from studiolo.studio.automl.schedule import Orders, Record

if TYPE_CHECKING:
    from studiolo.studio.automl.fit import Run

GATE_ROWS = 20_000
GATE_PIECE = schedule.GATE_PIECE
Chosen = Sequence[tuple[Record, float]]


@dataclass
class Finished:
    """What the end of a run made. row: the ensemble's row of the leaderboard."""

    row: dict[str, Any]
    form: str  # folds or refit
    form_reason: str
    export: dict[str, Any]
    model_dir: Path | None
    test_scores: NDArray[np.float64] | None


def finish(
    run: "Run", prepared: Prepared, test: TestTable | None, chosen: Chosen, oof: NDArray[np.float64], threshold: float | None,
    context: Any, orders: Orders,
) -> Finished:  # fmt: skip
    """Make the served model of the chosen members and tell everything about it."""
    started = time.time()
    served, form, reason = _form(run, chosen, context, orders)
    loaded = [
        (member.learner, member.weight, members.load(member.folder, {**member.member, "files": member.files}))
        for member in served
    ]
    ensemble = [(weight, scorers) for _, weight, scorers in loaded]
    run.say("exporting to ONNX and comparing")
    test_scores = weighted(ensemble, test.x) if test is not None else None
    compiled, export, evidence = _compile(run, prepared, loaded, test, test_scores)
    prepared.plan["threshold"] = threshold
    there = ~np.isnan(oof[:, 0])
    y, seen = prepared.target.y[there], oof[there]
    labels = prepared.target.labels
    row: dict[str, Any] = {
        "id": new_id(), "name": "ensemble", "kind": "ensemble", "learner": "ensemble", "title": "Weighted ensemble",
        "state": "completed", "reason": reason, "score": prepared.metric.measure(y, seen),
        "fold_scores": [], "folds": int(chosen[0][0].result["folds"]),
        "metrics": metrics.classification(y, seen, threshold) if labels else metrics.regression(y, seen),
        "params": {"form": form}, "seconds": time.time() - started,
        "predict_ms": export.get("compiled_ms") or export.get("native_ms"),
        "size_bytes": sum((member.folder / file).stat().st_size for member in served for file in member.files), "rounds": None,
        "weight": None,
        "members": [{"id": record.id, "name": record.config.id, "weight": weight} for record, weight in chosen],
    }  # fmt: skip
    drawn = charts.classification(y, seen, labels, threshold) if labels else charts.regression(y, seen)
    run.report.document(f"automl/charts/{row['id']}", drawn)
    run.say("explaining")
    _explain(run, prepared, _scorer(compiled, ensemble), chosen)
    model_dir = None
    if run.spec.model_dir is not None:
        run.say("writing the model")
        content = package.Content(
            prepared.plan, served, columns.example(prepared.table, prepared.reports), export, evidence, compiled,
            {"studiolo.task": prepared.task, "studiolo.target": run.spec.target, **run.spec.metadata},
        )  # fmt: skip
        model_dir = package.write(run.spec.model_dir, content)
    run.report.child(
        row["id"], "ensemble", "Completed", kind="ensemble", params=row["params"],
        metrics={prepared.metric.name: row["score"], **row["metrics"]}, tags={"learner": row["title"]},
        started_at=started, ended_at=time.time(),
    )  # fmt: skip
    return Finished(row, form, reason, export, model_dir, test_scores)


def _form(run: "Run", chosen: Chosen, context: Any, orders: Orders) -> tuple[list[Member], str, str]:
    """Choose between the models of the folds and a refit, by size and, with a deadline, by the time that is left."""
    folds = refit.of_folds(chosen)
    why = refit.wanted(chosen, orders.folds)
    if not why:
        return folds, "folds", "the average of the models of all folds"
    end = run.budget.end if run.spec.max_trials is None else None
    needed = refit.predict_seconds(chosen, int(chosen[0][0].result["folds"]), orders.slots)
    room = run.budget.left() - 2.0
    if end is not None and 1.2 * needed > room:
        return folds, "folds", f"{why}, but a refit needs about {needed:.0f} s and {max(0.0, room):.0f} s were left"
    run.say("fitting the members on all rows")
    until = None if end is None else end - 1.5
    made = refit.run(
        chosen,
        orders.data,
        run.spec.work / "refit",
        context,
        slots=orders.slots,
        threads=orders.threads,
        seed=orders.seed,
        until=until,
    )
    if made is None:
        return folds, "folds", f"{why}, but the refit did not end in time"
    return made, "refit", f"fitted once more on all rows, since {why}"


def _compile(
    run: "Run", prepared: Prepared, loaded: Sequence[tuple[str, float, list[members.Scorer]]], test: TestTable | None,
    test_scores: NDArray[np.float64] | None,
) -> tuple[bytes | None, dict[str, Any], dict[str, Any] | None]:  # fmt: skip
    """Export and compare on training rows, all test rows and edge rows; refuse, with the reason, what differs."""
    ensemble = [(weight, scorers) for _, weight, scorers in loaded]
    export: dict[str, Any] = {"onnx": False, "reason": ""}
    one = prepared.x[:1]
    evidence = None
    compiled: bytes | None = None
    try:
        forms = export_onnx.compile_members(loaded)
        compiled = export_onnx.export(forms, prepared.x.shape[1], len(prepared.target.labels))
        opened, wide = export_onnx.session(compiled), export_onnx.session(compiled, run.cores)
        edges = gate.edge_rows(prepared.x, prepared.categories, prepared.levels, forms, run.spec.seed)
        natives, others = [weighted(ensemble, edges)], [export_onnx.scores(wide, edges)]
        if test is not None and test_scores is not None:
            natives, others = [*natives, test_scores], [*others, export_onnx.scores(wide, test.x)]
        for rows in _sample(run, len(prepared.x)):
            part = np.asarray(prepared.x[rows])
            natives, others = [*natives, weighted(ensemble, part)], [*others, export_onnx.scores(wide, part)]
        found = gate.compare(np.vstack(natives), np.vstack(others), len(edges))
        evidence = {**found.document(), "test_rows": test.rows if test else 0}
        export |= evidence | {
            "compiled_ms": _time(lambda: export_onnx.scores(opened, one)),
            "compiled_bytes": len(compiled),
        }
        export["onnx"] = found.passed
        if not found.passed:
            export["reason"] = (
                f"{found.differing} of {found.rows} rows differ by more than {found.tolerance:g}, at most by {found.max_difference:.3g}"
            )
    except Exception as error:  # noqa: BLE001 - an export that fails must not cost the model; the reason is reported
        export["reason"] = f"{type(error).__name__}: {error}"[:500]
    export["native_ms"] = _time(lambda: weighted(ensemble, one))
    run.report.document("automl/export", export)
    return (compiled if export["onnx"] else None), export, evidence


def _sample(run: "Run", rows: int) -> Iterator[NDArray[np.int64]]:
    """Yield training rows in pieces, spread over the table: the first always, more while the time allows."""
    order = np.random.default_rng(run.spec.seed).permutation(rows)[:GATE_ROWS]
    for start in range(0, len(order), GATE_PIECE):
        if start and run.spec.max_trials is None and run.budget.left() < 3.0:
            return
        yield np.sort(order[start : start + GATE_PIECE])


def _scorer(compiled: bytes | None, ensemble: Any) -> Callable[[NDArray[np.float32]], NDArray[Any]]:
    if compiled is None:
        return lambda features: weighted(ensemble, features)
    opened = export_onnx.session(compiled)
    return lambda features: export_onnx.scores(opened, features).astype(np.float64)


def _explain(
    run: "Run", prepared: Prepared, score: Callable[[NDArray[np.float32]], NDArray[Any]], chosen: Chosen
) -> None:
    limit = (
        None
        if run.spec.max_trials is not None or run.budget.end is None
        else max(run.budget.end - 1.0, time.monotonic() + 0.5)
    )
    until = time.monotonic() + 60 if limit is None else limit
    columns_found = importance.permutation(
        prepared.x, prepared.target.y, prepared.groups(), score, prepared.metric, run.spec.seed, until
    )
    gains = importance.native(
        [(weight, record.result.get("gains")) for record, weight in chosen], prepared.plan["features"]
    )
    run.report.document(
        "automl/importance", {"metric": prepared.metric.name, "permutation": columns_found, "gain": gains}
    )


def _time(call: Callable[[], Any]) -> float:
    """Measure one call in milliseconds: the best of a few."""
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - started)
    return 1000 * best
