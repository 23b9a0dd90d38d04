"""What kind of model a single file is, by its content; its name decides only between what looks alike."""

import zipfile
from pathlib import Path, PurePosixPath
from typing import Literal

from studiolo.studio.models.packing.refusal import Refused

Kind = Literal["onnx", "lightgbm", "xgboost", "catboost", "skops", "pickle", "joblib"]
KINDS: tuple[Kind, ...] = ("onnx", "lightgbm", "xgboost", "catboost", "skops", "pickle", "joblib")
_PACKED = (
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x04\x22\x4d\x18",
    b"\x78\x01",
    b"\x78\x5e",
    b"\x78\x9c",
    b"\x78\xda",
)
_JOBLIB = b"joblib.numpy_pickle"


def kind_of(path: Path, name: str) -> Kind:
    """Tell what a file is; raises Refused with what the studio knows."""
    suffix = PurePosixPath(name).suffix.lower()
    with path.open("rb") as file:
        head = file.read(1 << 16)
    found = _by_head(path, head, suffix)
    if found is None:
        raise Refused(
            f"'{name[:80]}' is no model file that the studio knows.",
            "It knows ONNX, LightGBM (text), XGBoost (JSON, UBJ), CatBoost (cbm), skops, pickle and joblib files, and folders "
            "with an MLmodel file as zip or tar. For others: log the model with MLflow.",
        )
    return found


def _by_head(path: Path, head: bytes, suffix: str) -> Kind | None:  # noqa: PLR0911 - one answer a kind
    if head[:2] == b"PK":
        return "skops" if _has(path, "schema.json") else None
    if head.startswith(b"CBM1"):
        return "catboost"
    if head.startswith(b"tree\n") and b"version=" in head[:200]:
        return "lightgbm"
    if suffix == ".onnx" or _is_onnx(head):
        return "onnx"
    if head[:1] == b"{" and (b'"learner"' in head or b"learner" in head[:64]):
        return "xgboost"
    if head.startswith(_PACKED):
        return "joblib"
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        return "joblib" if _JOBLIB in head or suffix == ".joblib" else "pickle"
    if suffix in (".pkl", ".pickle", ".p", ".sav"):
        return "pickle"
    return "joblib" if suffix == ".joblib" else None


def _has(path: Path, entry: str) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return entry in archive.namelist()
    except zipfile.BadZipFile:
        return False


def _is_onnx(head: bytes) -> bool:
    """Say whether a file begins as ONNX's protobuf does: field 1, the version of the format."""
    return (
        head[:1] == b"\x08"
        and 1 <= head[1:2][0] <= 20
        and any(word in head[:200] for word in (b"skl2onnx", b"pytorch", b"OnnxMLTools", b"tf2onnx", b"onnx"))
    )
