"""Real models for the tests of scoring: one as Automated ML writes it, one of plain scikit-learn, and broken ones."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

LABELS = ["no", "yes"]
COLUMNS: list[dict[str, Any]] = [
    {"name": "age", "kind": "number", "dtype": "double", "required": True},
    {"name": "hours", "kind": "number", "dtype": "double", "required": False},
    {"name": "job", "kind": "category", "dtype": "string", "required": False, "levels": ["cook", "pilot", "nurse"]},
    {"name": "member", "kind": "boolean", "dtype": "boolean", "required": False},
]
PLAN: dict[str, Any] = {
    "format": "studiolo.plan/1",
    "task": "classification",
    "target": "rich",
    "labels": LABELS,
    "threshold": 0.5,
    "columns": COLUMNS,
    "features": ["age", "hours", "job", "member"],
    "dropped": {"id": "numbers each row"},
    "output": ["prediction", "proba_no", "proba_yes"],
}
ROW = {"age": 40, "hours": 38.5, "job": "pilot", "member": True}
EXAMPLE = {"columns": list(ROW), "data": [list(ROW.values()), [23, None, "nurse", False]]}
MLMODEL = """flavors:
  python_function:
    code: code
    data: model
    loader_module: studiolo_predictor
    env: {virtualenv: python_env.yaml}
    python_version: 3.11.7
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  type: dataframe
signature:
  inputs: '[{"type": "double", "name": "age", "required": true}, {"type": "double", "name": "hours", "required": false},
    {"type": "string", "name": "job", "required": false}, {"type": "boolean", "name": "member", "required": false}]'
  outputs: null
model_uuid: 0123456789abcdef0123456789abcdef
utc_time_created: '2024-01-01 00:00:00.000000'
"""


def fitted(regression: bool = False, trees: int = 20) -> Any:
    """Fit a small forest that takes the four features of PLAN, missing ones included."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    draw = np.random.default_rng(7)
    rows = np.column_stack(
        [draw.integers(18, 80, 400), draw.uniform(5, 60, 400), draw.integers(0, 4, 400), draw.integers(0, 2, 400)]
    ).astype(np.float32)
    wanted = rows[:, 0] + 10 * rows[:, 3] + draw.normal(0, 8, 400)
    rows[draw.random(rows.shape) < 0.1] = np.nan
    kind = RandomForestRegressor if regression else RandomForestClassifier
    return kind(trees, max_depth=4, random_state=1).fit(rows, wanted if regression else wanted > 50)


def automl_model(folder: Path, *, regression: bool = False, compiled: bool = True, trees: int = 20) -> Path:
    """Write a model directory as Automated ML does."""
    import joblib

    model = folder / "model"
    model.mkdir(parents=True)
    bundle(folder / "code" / "studiolo_predictor")
    plan = PLAN | (
        {"task": "regression", "labels": [], "threshold": None, "output": ["prediction"]} if regression else {}
    )
    forest = fitted(regression, trees)
    joblib.dump(forest, model / "forest.joblib")
    members = [{"kind": "sklearn", "files": ["forest.joblib"], "weight": 1.0}]
    _json(model / "members.json", {"members": members})
    _json(model / "plan.json", plan)
    _json(folder / "input_example.json", EXAMPLE)
    (folder / "MLmodel").write_text(MLMODEL)
    if compiled:
        (model / "model.onnx").write_bytes(onnx_of(forest, regression))
        gate = {"rows": 400, "edge_rows": 60, "max_difference": 1.5e-7, "tolerance": 1e-4, "passed": True}
        _json(model / "gate.json", gate)
    else:
        _json(model / "export.json", {"exported": False, "reason": "learner 'text' has no compiled form"})
    return folder


def bundle(target: Path) -> None:
    """Copy the predictor as a model carries it: under its own name."""
    from studiolo.studio.automl import predictor

    source = Path(predictor.__file__).parent
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    for path in target.rglob("*.py"):
        text = path.read_text().replace("studiolo.studio.automl.predictor", "studiolo_predictor")
        path.write_text(text.replace("studiolo.studio.automl import predictor", "import studiolo_predictor"))


def onnx_of(forest: Any, regression: bool) -> bytes:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    options = {} if regression else {id(forest): {"zipmap": False}}
    made = to_onnx(forest, initial_types=[("features", FloatTensorType([None, 4]))], options=options, target_opset=17)
    scores = made.graph.output[0 if regression else 1].name
    for node in made.graph.node:
        node.output[:] = ["scores" if name == scores else name for name in node.output]
    kept = [output for output in made.graph.output if output.name == scores]
    del made.graph.output[:]
    made.graph.output.extend(kept)
    made.graph.output[0].name = "scores"
    content: bytes = made.SerializeToString()
    return content


def sklearn_model(folder: Path) -> Path:
    """Write a model as a user's `mlflow.sklearn.save_model` does: a pipeline over a frame, with signature and example."""
    import mlflow.sklearn
    import pandas as pd
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    draw = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "age": draw.integers(18, 80, 300).astype(float),
            "hours": draw.uniform(5, 60, 300),
            "job": draw.choice(["cook", "pilot", "nurse"], 300),
            "member": draw.random(300) < 0.5,
        }
    )
    wanted = np.where(frame["age"] + 10 * frame["member"] > 50, "yes", "no")
    numbers = make_pipeline(SimpleImputer(), "passthrough")
    columns = ColumnTransformer(
        [("n", numbers, ["age", "hours"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["job"])],
        remainder="passthrough",
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=500)).fit(frame, wanted)
    signature = mlflow.models.infer_signature(frame, model.predict(frame))
    mlflow.sklearn.save_model(
        model, folder, signature=signature, input_example=frame.head(3), serialization_format="pickle"
    )
    return folder


USERS = """flavors:
  python_function:
    code: code
    loader_module: users_model
    env: {{virtualenv: python_env.yaml}}
    python_version: 3.11.7
signature:
  inputs: '[{{"type": "double", "name": "a", "required": true}}]'
  outputs: null
model_uuid: 0123456789abcdef0123456789abcdef
utc_time_created: '2024-01-01 00:00:00.000000'
"""


def python_model(folder: Path, body: str, example: Any = None, load: str = "pass") -> Path:
    """Write a model of a user's own code with the column `a`: `body` is the body of `predict`, `load` runs at load."""
    code = folder / "code"
    code.mkdir(parents=True)
    (code / "users_model.py").write_text(
        "class Model:\n"
        f"    def predict(self, model_input, params=None):\n        {body}\n\n\n"
        f"def _load_pyfunc(path):\n    {load}\n    return Model()\n"
    )
    (folder / "MLmodel").write_text(USERS.format())
    if example is not None:
        _json(folder / "input_example.json", example)
    return folder


def _json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))
