"""The model of the benchmark: 14 columns (10 numbers with gaps, 4 texts), 100 LightGBM trees, as Automated ML writes it."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

NUMBERS = [f"n{place}" for place in range(10)]
TEXTS = {"job": 15, "town": 40, "plan": 5, "channel": 8}
MLMODEL = """flavors:
  python_function:
    code: code
    data: model
    loader_module: studiolo_predictor
    env: {{virtualenv: python_env.yaml}}
    python_version: 3.11.7
signature:
  inputs: '{inputs}'
  outputs: null
model_uuid: 0123456789abcdef0123456789abcdef
utc_time_created: '2024-01-01 00:00:00.000000'
"""


def row(number: int = 3) -> dict[str, Any]:
    """A row to score."""
    draw = np.random.default_rng(number)
    numbers = {name: round(float(value), 3) for name, value in zip(NUMBERS, draw.normal(size=10), strict=True)}
    return numbers | {name: f"{name}-{int(draw.integers(size))}" for name, size in TEXTS.items()}


def write(folder: Path, trees: int = 100) -> Path:
    """Train on made-up rows and write the MLflow model, with its ONNX form compared on all of them."""
    import lightgbm
    import onnxruntime
    from onnxmltools import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    draw = np.random.default_rng(11)
    rows = 20_000
    matrix = draw.normal(size=(rows, 10)).astype(np.float32)
    codes = np.column_stack([draw.integers(0, size, rows) for size in TEXTS.values()]).astype(np.float32)
    wanted = (matrix[:, 0] + matrix[:, 1] * matrix[:, 2] + (codes[:, 0] % 3) + draw.normal(0, 0.5, rows)) > 1
    matrix[draw.random(matrix.shape) < 0.05] = np.nan
    features = np.column_stack([matrix, codes])
    booster = lightgbm.train(
        {"objective": "binary", "num_leaves": 31, "learning_rate": 0.1, "verbose": -1, "num_threads": 1},
        lightgbm.Dataset(features, wanted),
        trees,
    )
    model = folder / "model"
    model.mkdir(parents=True)
    booster.save_model(str(model / "booster.txt"))
    made = convert_lightgbm(
        booster, initial_types=[("features", FloatTensorType([None, 14]))], zipmap=False, target_opset=15
    )
    scores = made.graph.output[1].name
    for node in made.graph.node:
        node.output[:] = ["scores" if name == scores else name for name in node.output]
    kept = made.graph.output[1]
    kept.name = "scores"
    del made.graph.output[0]
    (model / "model.onnx").write_bytes(made.SerializeToString())
    session = onnxruntime.InferenceSession(str(model / "model.onnx"), providers=["CPUExecutionProvider"])
    found = session.run(["scores"], {"features": features})[0][:, 1]
    difference = float(np.abs(found - booster.predict(features, num_threads=1)).max())
    _json(
        model / "gate.json",
        {"rows": rows, "max_difference": difference, "tolerance": 1e-4, "passed": difference < 1e-4},
    )
    _json(model / "members.json", {"members": [{"kind": "lightgbm", "files": ["booster.txt"], "weight": 1.0}]})
    columns: list[dict[str, Any]] = [{"name": name, "kind": "number", "dtype": "double"} for name in NUMBERS]
    columns += [
        {"name": name, "kind": "category", "dtype": "string", "levels": [f"{name}-{place}" for place in range(size)]}
        for name, size in TEXTS.items()
    ]
    plan = {"format": "studiolo.plan/1", "task": "classification", "target": "y", "labels": ["no", "yes"],
            "threshold": 0.5, "columns": columns, "features": [*NUMBERS, *TEXTS], "dropped": {},
            "output": ["prediction", "proba_no", "proba_yes"]}  # fmt: skip
    _json(model / "plan.json", plan)
    inputs = [{"type": column["dtype"], "name": column["name"], "required": False} for column in columns]
    (folder / "MLmodel").write_text(MLMODEL.format(inputs=json.dumps(inputs)))
    _json(folder / "input_example.json", {"columns": list(row()), "data": [list(row().values())]})
    _bundle(folder / "code" / "studiolo_predictor")
    return folder


def _bundle(target: Path) -> None:
    from studiolo.studio.automl import predictor

    shutil.copytree(Path(predictor.__file__).parent, target, ignore=shutil.ignore_patterns("__pycache__"))
    for path in target.rglob("*.py"):
        text = path.read_text().replace("studiolo.studio.automl.predictor", "studiolo_predictor")
        path.write_text(text.replace("studiolo.studio.automl import predictor", "import studiolo_predictor"))


def _json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content))
