"""Write a model folder in MLflow's format that answers without Studiolo: the predictor travels in `code/`."""

import json
import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from studiolo.kernel.ids import new_id
from studiolo.studio.automl.portfolio import family
from studiolo.studio.automl.refit import Member

PREDICTOR = Path(__file__).parent / "predictor"
OURS, THEIRS = "studiolo.studio.automl.predictor", "studiolo_predictor"
_DISTRIBUTIONS = {"sklearn": "scikit-learn", "lightgbm": "lightgbm", "catboost": "catboost", "xgboost": "xgboost-cpu"}


@dataclass(frozen=True)
class Content:
    """What a model folder is made of. compiled: bytes of the ONNX graph when the gate let it pass."""

    plan: dict[str, Any]
    members: Sequence[Member]
    example: dict[str, list[Any]]
    export: dict[str, Any]
    gate: dict[str, Any] | None
    compiled: bytes | None
    metadata: dict[str, Any]


def write(folder: Path, content: Content) -> Path:
    """Write the folder anew and return it; it is renamed into place when complete."""
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    model = part / "model"
    model.mkdir(parents=True)
    _json(model / "plan.json", content.plan)
    _json(
        model / "members.json",
        {"members": [_member(model, place, member) for place, member in enumerate(content.members)]},
    )
    _json(model / "export.json", content.export)
    if content.gate is not None:
        _json(model / "gate.json", content.gate)
    if content.compiled is not None:
        (model / "model.onnx").write_bytes(content.compiled)
    _copy_predictor(part / "code" / THEIRS)
    requirements = _requirements(content.members)
    (part / "requirements.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
    python = platform.python_version()
    _yaml(part / "python_env.yaml", {"python": python, "dependencies": ["-r requirements.txt"]})
    pip = ["python=" + python, "pip", {"pip": requirements}]
    _yaml(part / "conda.yaml", {"name": "mlflow-env", "channels": ["conda-forge"], "dependencies": pip})
    names = list(content.example)
    rows = [list(row) for row in zip(*content.example.values(), strict=True)]
    _json(part / "input_example.json", {"columns": names, "data": rows})
    _json(part / "serving_input_example.json", {"dataframe_split": {"columns": names, "data": rows}})
    size = sum(file.stat().st_size for file in part.rglob("*") if file.is_file())
    _yaml(part / "MLmodel", _mlmodel(content, python, size))
    shutil.rmtree(folder, ignore_errors=True)
    return part.replace(folder)


def signature(plan: dict[str, Any]) -> dict[str, Any]:
    """Give the MLflow signature of a plan: its columns in, prediction and chances out."""
    inputs = [
        {"type": column["dtype"], "name": column["name"], "required": bool(column["required"])}
        for column in plan["columns"]
    ]
    label = plan["labels"][0] if plan["labels"] else 0.0
    kind = (
        "boolean"
        if isinstance(label, bool)
        else "long"
        if isinstance(label, int)
        else "string"
        if isinstance(label, str)
        else "double"
    )
    outputs = [
        {"type": kind if place == 0 else "double", "name": name, "required": True}
        for place, name in enumerate(plan["output"])
    ]
    return {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None}


def _member(model: Path, place: int, member: Member) -> dict[str, Any]:
    names = []
    for file in member.files:
        name = f"member{place}-{file}"
        shutil.copyfile(member.folder / file, model / name)
        names.append(name)
    return {
        **member.member,
        "learner": member.learner,
        "config": member.record.config.id,
        "weight": member.weight,
        "files": names,
    }


def _copy_predictor(folder: Path) -> None:
    """Copy the predictor under its own name; its imports are the only lines that change."""
    folder.mkdir(parents=True)
    for file in sorted(PREDICTOR.glob("*.py")):
        (folder / file.name).write_text(file.read_text(encoding="utf-8").replace(OURS, THEIRS), encoding="utf-8")


def _requirements(members: Sequence[Member]) -> list[str]:
    needed = {_DISTRIBUTIONS[family()[member.learner].SPEC.needs] for member in members}
    if "lightgbm" in needed or any(member.member["kind"] == "sklearn" for member in members):
        needed.add("scikit-learn")
    names = ["mlflow-skinny", "numpy", "pandas", *sorted(needed)]
    return [f"{name}=={version(name)}" for name in names]


def _mlmodel(content: Content, python: str, size: int) -> dict[str, Any]:
    return {
        "flavors": {
            "python_function": {
                "loader_module": THEIRS,
                "code": "code",
                "data": "model",
                "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
                "python_version": python,
            }
        },
        "metadata": content.metadata,
        "mlflow_version": version("mlflow-skinny"),
        "model_size_bytes": size,
        "model_uuid": new_id(),
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "serving_input_path": "serving_input_example.json",
            "type": "dataframe",
        },
        "signature": signature(content.plan),
        "utc_time_created": datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    }


def _json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _yaml(path: Path, value: Any) -> None:
    path.write_text(yaml.safe_dump(value, sort_keys=False, allow_unicode=True), encoding="utf-8")
