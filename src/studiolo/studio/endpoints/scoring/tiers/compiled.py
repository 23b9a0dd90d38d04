"""The compiled tier: the model's own encoder in front of ONNX Runtime, one thread, no pandas."""

import importlib
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from studiolo.studio.endpoints.scoring.bodies import Table
from studiolo.studio.endpoints.scoring.inputs import Input, Inputs, is_blank
from studiolo.studio.endpoints.scoring.problems import ModelRefused
from studiolo.studio.endpoints.scoring.tiers.base import Kind, Prediction, Uncompilable

_TYPES = {"number": "number", "boolean": "boolean", "category": "string", "text": "string", "date": "datetime"}
_FEW = 8  # rows up to which encoding row by row is quicker than by columns, and a thread would cost more than it saves
_FLOAT32 = 3.4e38
_NESTED = (list, dict)


class Compiled:
    """Encode → ONNX → decode. The encoder is the one that lies in the model, so that serving and training agree."""

    kind: Kind = "compiled"

    def __init__(
        self,
        encoder: Any,
        session: Any,
        plan: dict[str, Any],
        why: str,
        extra: str,
        missing: Callable[[Any], bool] = is_blank,
    ) -> None:
        self.why = why
        self.encoder = encoder
        self.task = str(plan["task"])
        self.labels: list[Any] = list(plan.get("labels") or [])
        columns = [
            Input(
                name=str(column["name"]),
                type=_TYPES.get(column["kind"], "any"),
                required=bool(column.get("required", False)),
                pattern=column.get("format"),
                float32=True,
            )
            for column in plan["columns"]
        ]
        ignored = {str(name) for name in plan.get("dropped") or ()} | {str(plan.get("target", ""))}
        self.inputs = Inputs(columns, ignored, extra, missing)
        self._texts = [column["name"] for column in plan["columns"] if column["kind"] not in ("number", "boolean")]
        self._required = frozenset(column.name for column in columns if column.required)
        self._single: list[tuple[str, Any]] | None = getattr(encoder, "single", None)
        # one value → its features, for columns that make one and for those that make several (dates, text)
        self._widths = {column.name: int(column.width) for column in encoder.columns}
        self._parts = [(column.name, *_part(column)) for column in encoder.columns]
        self._proba = [name.removeprefix("proba_") for name in encoder.output[1:]]
        self._run = session.run
        self._outputs = [session.get_outputs()[0].name]
        self._feed = session.get_inputs()[0].name

    # one row at a time, for the hot path -------------------------------------------------------------------------

    def rows(self, table: Table) -> list[list[float]] | None:
        """Encode a table of few rows; None when there are so many that the event loop should not wait for them."""
        if table.rows > _FEW:
            return None
        if table.records is None:
            found: list[list[float]] = self._matrix(table).tolist()
            return found
        return [self._row(record, table) for record in table.records]

    def _row(self, record: dict[str, Any], table: Table) -> list[float]:
        single = self._single
        try:
            values = [one(record[name]) for name, one in single] if single is not None else self._wide(record)
            total = sum(values)
        except (KeyError, ValueError, TypeError, OverflowError):
            return self._careful(record, table)
        whole = len(record) == len(self._parts)
        if whole and (-_FLOAT32 < total < _FLOAT32 or (math.isnan(total) and self._only_nulls(record, values))):
            return values
        return self._careful(record, table)  # something unknown, needed or infinite

    def _only_nulls(self, record: dict[str, Any], values: list[float]) -> bool:
        """Say whether each gap in the features is a null that may be one, and all else is finite."""
        nulls = [name for name, raw in record.items() if raw is None]
        there = [value for value in values if value == value]  # noqa: PLR0124 - NaN is the only one that differs
        gaps = sum(self._widths[name] for name in nulls)
        return (
            len(values) - len(there) == gaps and -_FLOAT32 < sum(there) < _FLOAT32 and self._required.isdisjoint(nulls)
        )

    def _wide(self, record: dict[str, Any]) -> list[float]:
        values: list[float] = []
        for name, encode, several in self._parts:
            raw = record[name]
            if not several:
                values.append(encode(raw))
            elif type(raw) in _NESTED:
                raise TypeError(name)
            else:
                values.extend(encode(raw))
        return values

    def _careful(self, record: dict[str, Any], table: Table) -> list[float]:
        """Encode a row that may have something wrong with it; raises what that is."""
        if any(record.get(name) is None for name in self._required) or not record.keys() <= self.inputs.known:
            self.inputs.collect(table)  # raises, unless the extra names are ignored ones
        values: list[float] = []
        for name, encode, several in self._parts:
            raw = record.get(name)
            try:
                found = encode(raw) if several else [float(encode(raw))]
            except (ValueError, TypeError, OverflowError):
                found = [math.inf]
            if type(raw) in _NESTED or not all(-_FLOAT32 < value < _FLOAT32 for value in found):
                infinite = any(value in (math.inf, -math.inf) for value in found)
                if infinite or type(raw) in _NESTED or not self.inputs.missing(raw):
                    raise self.inputs.diagnose(table) or self._refuse(name, raw)
            values.extend(found)
        return values

    def scores(self, rows: list[list[float]]) -> NDArray[Any]:
        """Score encoded rows."""
        found: NDArray[Any] = self._run(self._outputs, {self._feed: np.array(rows, dtype=np.float32)})[0]
        return found

    # many rows ---------------------------------------------------------------------------------------------------

    def predict(self, table: Table) -> Prediction:
        """Check, encode, score and decode."""
        rows = self.rows(table)
        if rows is not None:
            return self.answer(self.scores(rows))
        found: NDArray[Any] = self._run(self._outputs, {self._feed: self._matrix(table)})[0]
        return self.answer(found)

    def _matrix(self, table: Table) -> NDArray[np.float32]:
        columns: dict[str, Any] = self.inputs.collect(table)
        for name in self._texts:  # an encoder prints what it is given; a list is no text
            if any(type(value) in _NESTED for value in columns.get(name, ())):
                raise self.inputs.diagnose(table) or self._refuse(name, None)
        if not columns:
            columns = {self.inputs.names[0]: [None] * table.rows}
        try:
            matrix: NDArray[np.float32] = self.encoder.encode_columns(columns, strict=True)
        except (ValueError, TypeError, OverflowError) as error:
            raise self.inputs.diagnose(table) or ModelRefused(str(error), field=getattr(error, "column", "")) from None
        return matrix

    def _refuse(self, name: str, raw: Any) -> ModelRefused:
        return ModelRefused(f"'{name}' cannot be read: {raw!r:.80}.", field=name)

    def answer(self, scores: NDArray[Any]) -> Prediction:
        """Decode scores."""
        predictions = self.encoder.decode(scores)
        if not self._proba:
            return Prediction(predictions, framed=True)
        names = self._proba
        return Prediction(predictions, [dict(zip(names, chances, strict=False)) for chances in scores.tolist()], True)


def _part(column: Any) -> tuple[Callable[[Any], Any], bool]:
    several = hasattr(column, "row")
    return (column.row if several else column.one), several


def load(folder: Path, extra: str) -> Compiled:
    """Load `model/plan.json` and `model/model.onnx`, with the encoder that lies beside them in `code/`.

    Raises Uncompilable where the model has no such form, or none that was proven equal.
    """
    model = folder / "model"
    if not (model / "plan.json").is_file():
        raise Uncompilable("the model has no column plan: it was not made by Automated ML")
    evidence = _evidence(model)
    code = str((folder / "code").resolve())
    if code not in sys.path:
        sys.path.insert(0, code)
    bundled = importlib.import_module("studiolo_predictor.encoder")
    plan = json.loads((model / "plan.json").read_text(encoding="utf-8"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # one-row requests need no arena, and it keeps what a big batch took
    session = onnxruntime.InferenceSession(str(model / "model.onnx"), options, providers=["CPUExecutionProvider"])
    return Compiled(bundled.Encoder.from_plan(plan), session, plan, evidence, extra, bundled.is_missing)


def _evidence(model: Path) -> str:
    """Read why the ONNX form may be used."""
    if not (model / "model.onnx").is_file() or not (model / "gate.json").is_file():
        reason = ""
        if (model / "export.json").is_file():
            found = json.loads((model / "export.json").read_text(encoding="utf-8"))
            reason = str(found.get("reason") or found.get("why") or found.get("detail") or "")
        raise Uncompilable(f"the export to ONNX was refused{': ' + reason if reason else ''}")
    gate = json.loads((model / "gate.json").read_text(encoding="utf-8"))
    if gate.get("passed") is False:
        raise Uncompilable(f"the ONNX form differs from the model: {gate.get('reason', 'see gate.json')}")
    rows = gate.get("rows") or gate.get("rows_checked")
    difference = gate.get("max_difference", gate.get("difference"))
    text = "the ONNX form answered like the model"
    if rows is not None:
        text += f" on {rows} rows"
    if difference is not None:
        text += f" (largest difference {float(difference):.1g}, tolerance {float(gate.get('tolerance', 1e-4)):.1g})"
    return text
