"""Writes MLflow's model format around a file that was trained elsewhere: `MLmodel`, `requirements.txt`, the file itself."""

import json
import platform
import re
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from studiolo.studio.models.packing import onnx_graph
from studiolo.studio.models.packing.kinds import Kind
from studiolo.studio.models.packing.loader import LOADER, LOADER_CODE
from studiolo.studio.models.packing.refusal import Refused

_FILES: dict[Kind, str] = {
    "onnx": "model.onnx",
    "lightgbm": "model.txt",
    "xgboost": "model.json",
    "catboost": "model.cb",
    "skops": "model.skops",
    "pickle": "model.pkl",
    "joblib": "model.joblib",
}
_PACKAGES: dict[Kind, tuple[str, ...]] = {
    "onnx": ("onnx", "onnxruntime"),
    "lightgbm": ("lightgbm",),
    "xgboost": ("xgboost",),
    "catboost": ("catboost",),
    "skops": ("scikit-learn", "skops"),
    "pickle": ("scikit-learn", "cloudpickle"),
    "joblib": ("scikit-learn", "joblib"),
}
_MENTIONED = {
    b"lightgbm": "lightgbm",
    b"xgboost": "xgboost",
    b"catboost": "catboost",
    b"pandas": "pandas",
    b"imblearn": "imbalanced-learn",
}
_SKLEARN = re.compile(rb"_sklearn_version.{1,12}?(\d+\.\d+(?:\.\d+)?)", re.DOTALL)


def wrap(path: Path, kind: Kind, folder: Path, requirements: list[str], example: Any, name: str) -> None:
    """Write a model folder around a file of a kind; the file itself is moved there.

    requirements: lines of pip's, else what the kind needs. example: rows as objects, from which a signature is made.
    """
    folder.mkdir(parents=True)
    file = _FILES[kind] if not (kind == "xgboost" and name.endswith(".ubj")) else "model.ubj"
    look = _Look(path) if kind in ("pickle", "joblib", "skops") else None
    content: dict[str, Any] = {"artifact_path": "model", "flavors": _flavors(kind, file, path, look)}
    signature = onnx_graph.signature(path) if kind == "onnx" else None
    if example:
        columns = [{"type": _type(key, example), "name": key, "required": True} for key in example[0]]
        signature = {
            "outputs": None,
            "params": None,
            **(signature or {}),
            "inputs": signature["inputs"] if signature else json.dumps(columns),
        }
        (folder / "input_example.json").write_text(_split(example), encoding="utf-8")
        content["saved_input_example_info"] = {
            "artifact_path": "input_example.json",
            "type": "dataframe",
            "pandas_orient": "split",
        }
    if signature:
        content["signature"] = signature
    content["mlflow_version"] = _installed("mlflow-skinny") or _installed("mlflow") or "3.0.0"
    shutil.move(path, folder / file)
    if kind == "joblib":
        (folder / "code").mkdir()
        (folder / "code" / f"{LOADER}.py").write_text(LOADER_CODE, encoding="utf-8")
    lines = requirements or _requirements(kind, look)
    (folder / "requirements.txt").write_text("\n".join(["mlflow", *lines]) + "\n", encoding="utf-8")
    python = {
        "python": platform.python_version(),
        "build_dependencies": ["pip"],
        "dependencies": ["-r requirements.txt"],
    }
    _yaml(folder / "python_env.yaml", python)
    _yaml(folder / "MLmodel", content)


class _Look:
    """What a pickle says of the libraries that wrote it, found by searching its bytes."""

    def __init__(self, path: Path) -> None:
        self.sklearn = ""
        self.mentioned: list[str] = []
        tail = b""
        with path.open("rb") as file:
            for _ in range(256):
                piece = file.read(1 << 20)
                if not piece:
                    break
                window = tail + piece
                if not self.sklearn and (found := _SKLEARN.search(window)):
                    self.sklearn = found[1].decode()
                self.mentioned += [
                    pip for word, pip in _MENTIONED.items() if word in window and pip not in self.mentioned
                ]
                tail = piece[-64:]


def _flavors(kind: Kind, file: str, path: Path, look: _Look | None) -> dict[str, Any]:
    env = {"virtualenv": "python_env.yaml"}
    pyfunc: dict[str, Any] = {"env": env, "python_version": platform.python_version()}
    if kind == "joblib":
        return {"python_function": {**pyfunc, "loader_module": LOADER, "code": "code", "data": file}}
    if kind in ("pickle", "skops"):
        assert look is not None
        own: dict[str, Any] = {
            "pickled_model": file,
            "serialization_format": "skops" if kind == "skops" else "cloudpickle",  # which reads plain pickles as well
            "sklearn_version": look.sklearn or _installed("scikit-learn") or "",
            "code": None,
        }
        return {
            "python_function": {
                **pyfunc,
                "loader_module": "mlflow.sklearn",
                "model_path": file,
                "predict_fn": "predict",
            },
            "sklearn": own,
        }
    flavor: dict[str, Any] = {"data": file, "code": None}
    if kind == "onnx":
        flavor |= {
            "onnx_version": _installed("onnx") or "",
            "providers": ["CPUExecutionProvider"],
            "onnx_session_options": None,
        }
    elif kind == "lightgbm":
        flavor |= {"lgb_version": _installed("lightgbm") or "", "model_class": "lightgbm.basic.Booster"}
    elif kind == "xgboost":
        flavor |= {
            "xgb_version": _installed("xgboost") or "",
            "model_class": "xgboost.core.Booster",
            "model_format": file.rsplit(".", 1)[1],
        }
    else:
        flavor |= {
            "catboost_version": _installed("catboost") or "",
            "save_format": "cbm",
            "model_type": _catboost(path),
        }
    return {"python_function": {**pyfunc, "loader_module": f"mlflow.{kind}", "data": file}, kind: flavor}


def _catboost(path: Path) -> str:
    with path.open("rb") as file:
        text = file.read()[-(1 << 20) :]
    if b"Logloss" in text or b"MultiClass" in text or b"CrossEntropy" in text:
        return "CatBoostClassifier"
    return "CatBoostRegressor"


def _requirements(kind: Kind, look: _Look | None) -> list[str]:
    lines = []
    for package in (*_PACKAGES[kind], *(look.mentioned if look else ())):
        known = look.sklearn if look and package == "scikit-learn" and look.sklearn else _installed(package)
        lines.append(f"{package}=={known}" if known else package)
    return lines


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _type(key: str, rows: list[dict[str, Any]]) -> str:
    values = [row.get(key) for row in rows if row.get(key) is not None]
    for kind, word in ((bool, "boolean"), (int, "long"), (float, "double"), (str, "string")):
        if values and all(
            isinstance(value, kind) and (kind is bool or not isinstance(value, bool)) for value in values
        ):
            return word
    if values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return "double"
    if not values:
        return "string"
    raise Refused(
        f"Column '{key}' of the example has values of several types.", "Give numbers, texts or truth values.", "example"
    )


def _split(rows: list[dict[str, Any]]) -> str:
    columns = list(rows[0])
    return json.dumps({"columns": columns, "data": [[row.get(column) for column in columns] for row in rows]})


def _yaml(path: Path, content: Any) -> None:
    import yaml

    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
