"""Formats that are no pickle: skops, Keras, ONNX, SavedModel, safetensors, and Python files that a model brings."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

from studiolo.studio.models.scan import bundled
from studiolo.studio.models.scan.names import bad_module, grade
from studiolo.studio.models.scan.report import Report

MAX_SCHEMA = 64 << 20
_LAMBDA = re.compile(rb'"class_name":\s*"(Lambda|TFOpLambda)"')
_DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "com.microsoft"}
_COMPILED = {".so", ".pyd", ".dll", ".dylib", ".pyc", ".pyo"}
_TF_OPS = (b"ReadFile", b"WriteFile", b"PyFunc", b"EagerPyFunc", b"MatchingFiles")


def by_name(base: str, suffix: str) -> bool:
    """Say whether a file is used for what its name says, whatever it looks like: Python reads code that is a tar as well."""
    return base == "MLmodel" or suffix == ".py" or suffix in _COMPILED


def look(report: Report, file: BinaryIO, head: bytes, name: str, suffix: str, path: Path | None) -> bool:
    """Look into a file of a known format; False when it is of none."""
    base = name.rsplit("/", 1)[-1].rsplit("!", 1)[-1]
    if base == "MLmodel":
        _mlmodel(report, file, name)
    elif suffix == ".py":
        if not bundled.ours(name, file.read(bundled.MAX_SIZE + 1)):
            report.add(base, "unknown", "is Python code that runs when the model is loaded", name)
    elif suffix in _COMPILED:
        report.add(base, "unknown", "is compiled code that may run when the model is loaded", name)
    elif suffix == ".onnx":
        _onnx(report, file, name, path)
    elif head.startswith(b"\x89HDF\r\n\x1a\n"):
        _search(report, file, name, _LAMBDA)
    elif base == "saved_model.pb":
        _tensorflow(report, file, name)
    elif suffix == ".safetensors" or (len(head) > 9 and head[8:9] == b"{" and b'"dtype"' in head):
        report.note(f"{name} is safetensors: numbers only, nothing that could run.")
    elif suffix in (".cbm", ".ubj", ".txt", ".json", ".yaml", ".yml", ".md", ".csv", ".parquet"):
        return suffix not in (".txt", ".md", ".csv")  # text may begin like a pickle of protocol 0
    else:
        return False
    return True


def archive(report: Report, content: zipfile.ZipFile, names: set[str], name: str) -> None:
    """Look at what makes a zip a skops or Keras file; its entries are looked into by the caller."""
    if "schema.json" in names:
        _skops(report, content, name)
    if "config.json" in names and "metadata.json" in names:
        with content.open("config.json") as file:
            _search(report, file, f"{name}!config.json", _LAMBDA)


def _skops(report: Report, content: zipfile.ZipFile, name: str) -> None:
    if content.getinfo("schema.json").file_size > MAX_SCHEMA:
        report.unreadable(f"{name}!schema.json", "is larger than 64 MB")
        return
    try:
        tree = json.loads(content.read("schema.json"))
    except (ValueError, RecursionError) as error:
        report.unreadable(f"{name}!schema.json", f"is no JSON: {str(error)[:80]}")
        return
    report.note(f"{name} is a skops file: it names types, and only those on a list are loaded.")
    stack: list[Any] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            module, kind = node.get("__module__"), node.get("__class__")
            if isinstance(module, str) and isinstance(kind, str) and (module, kind) != ("builtins", "NoneType"):
                found = grade(module, kind)
                report.add(f"{module}.{kind}", found.grade, found.why, f"{name}!schema.json")
            stack.extend(value for value in node.values() if isinstance(value, dict | list))
        elif isinstance(node, list):
            stack.extend(value for value in node if isinstance(value, dict | list))


def _mlmodel(report: Report, file: BinaryIO, name: str) -> None:
    import yaml

    try:
        content = yaml.load(file.read(4 << 20), getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        report.unreadable(name, f"is no YAML: {str(error).splitlines()[0][:100]}")
        return
    flavors = content.get("flavors") if isinstance(content, dict) else None
    for flavor in flavors.values() if isinstance(flavors, dict) else ():
        settings = flavor if isinstance(flavor, dict) else {}
        loader = settings.get("loader_module")
        if isinstance(loader, str) and loader.split(".")[0] != "mlflow" and loader not in bundled.LOADERS:
            why = bad_module(loader)
            report.add(
                f"loader {loader}",
                "dangerous" if why else "unknown",
                why or "is the module that loads the model, and not MLflow's own",
                name,
            )
        if settings.get("model_code_path"):
            report.add("model from code", "unknown", "is made by running a Python file that the model brings", name)
        if settings.get("code") and loader not in bundled.LOADERS:
            report.note("The model brings Python code of its own, which runs when it is loaded.")


def _onnx(report: Report, file: BinaryIO, name: str, path: Path | None) -> None:
    try:
        import onnx

        model = onnx.load(path, load_external_data=False) if path else onnx.load_from_string(file.read())
    except Exception as error:  # noqa: BLE001 - protobuf's errors have no common base; the file is unreadable either way
        report.unreadable(
            name, f"is no ONNX model: {str(error).splitlines()[0][:120] if str(error) else type(error).__name__}"
        )
        return
    for domain in sorted({entry.domain for entry in model.opset_import} - _DOMAINS):
        known = {function.domain for function in model.functions}
        if domain not in known:
            report.add(f"operators of {domain}", "unknown", "need a shared library that runs as it is", name)
    graphs = [model.graph]
    for graph in graphs:
        for tensor in graph.initializer:
            for entry in tensor.external_data:
                if entry.key == "location":
                    _external(report, entry.value, name)
        graphs += [a.g for node in graph.node for a in node.attribute if a.HasField("g")]


def _external(report: Report, location: str, name: str) -> None:
    if location.startswith(("/", "\\")) or ".." in location.replace("\\", "/").split("/") or ":" in location:
        report.add(f"data at {location[:200]}", "dangerous", "is outside the model's folder", name)
    else:
        report.note(f"{name} keeps numbers in {location[:200]}.")


def _search(report: Report, file: Any, name: str, pattern: re.Pattern[bytes]) -> None:
    tail, at = b"", 0
    while piece := file.read(1 << 20):
        report.spend(0)
        found = pattern.search(tail + piece)
        if found:
            report.add(
                "Keras Lambda layer", "unknown", "is Python code inside the model", name, at + found.start() - len(tail)
            )
            return
        tail, at = piece[-64:], at + len(piece)


def _tensorflow(report: Report, file: BinaryIO, name: str) -> None:
    content = file.read(1 << 30)
    for op in _TF_OPS:
        if op in content:
            report.add(
                f"TensorFlow {op.decode()}",
                "unknown",
                "reads or writes files, or calls Python, when the model runs",
                name,
            )
    report.note(f"{name} is a TensorFlow SavedModel: a graph that runs as it is.")
