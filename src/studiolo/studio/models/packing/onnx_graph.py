"""Reads the inputs and outputs of an ONNX graph, without running it."""

import json
from pathlib import Path
from typing import Any

from studiolo.studio.models.packing.refusal import Refused

# TensorProto's element types → NumPy's names, and MLflow's where a column has one value a row
_DTYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "str",
    9: "bool",
    10: "float16",
    11: "float64",
}
_COLUMNS = {1: "float", 6: "integer", 7: "long", 8: "string", 9: "boolean", 11: "double"}


def signature(path: Path) -> dict[str, Any]:
    """Return MLflow's signature of a graph: columns when each input has one value a row, else tensors.

    Raises Refused for what is no ONNX, and for a graph whose numbers lie in other files.
    """
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
        if path.stat().st_size < 1 << 30:  # protobuf's own limit is 2 GB, twice in memory
            onnx.checker.check_model(model)
    except Exception as error:  # noqa: BLE001 - protobuf and onnx raise without a common base; it is no ONNX either way
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Refused(f"The file is no valid ONNX model: {first[:200]}.") from None
    outside = [
        entry.value for tensor in model.graph.initializer for entry in tensor.external_data if entry.key == "location"
    ]
    if outside:
        raise Refused(
            f"The numbers of the graph lie in another file ('{outside[0][:80]}').",
            "Save the model as one file, or register the folder that mlflow.onnx.save_model writes.",
        )
    given = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in given]
    single = len(inputs) > 1 or (len(inputs) == 1 and _shape(inputs[0])[1:] == [1])
    columns = single and all(_shape(value)[1:] == [1] and _kind(value) in _COLUMNS for value in inputs)
    return {
        "inputs": json.dumps(
            [{"type": _COLUMNS[_kind(value)], "name": value.name, "required": True} for value in inputs]
            if columns
            else [_tensor(value) for value in inputs]
        ),
        "outputs": json.dumps([_tensor(value) for value in model.graph.output if value.type.HasField("tensor_type")])
        or None,
        "params": None,
    }


def _kind(value: Any) -> int:
    return int(value.type.tensor_type.elem_type)


def _shape(value: Any) -> list[int]:
    return [
        int(axis.dim_value) if axis.HasField("dim_value") and axis.dim_value > 0 else -1
        for axis in value.type.tensor_type.shape.dim
    ]


def _tensor(value: Any) -> dict[str, Any]:
    shape = _shape(value)
    if shape:
        shape[0] = -1
    return {
        "type": "tensor",
        "tensor-spec": {"dtype": _DTYPES.get(_kind(value), "float32"), "shape": shape or [-1]},
        "name": value.name,
    }
