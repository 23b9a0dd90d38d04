"""Register an ONNX file that was trained elsewhere, see what loading it would run, and score with it."""

import json
import tempfile
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from studiolo import Studio

# a file as another team would send it: y = 2 * age - fare + 1
weights = numpy_helper.from_array(np.array([[2.0], [-1.0]], np.float32), "weights")
bias = numpy_helper.from_array(np.array([1.0], np.float32), "bias")
graph = helper.make_graph(
    [
        helper.make_node("MatMul", ["rows", "weights"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["price"]),
    ],
    "price",
    [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, 2])],
    [helper.make_tensor_value_info("price", TensorProto.FLOAT, [None, 1])],
    [weights, bias],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)

studio = Studio()
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "price.onnx"
    path.write_bytes(model.SerializeToString())
    version = studio.models.register("price-example", source=path, description="y = 2 * age - fare + 1")
print(
    f"{version.name}:{version.version} takes", [f"{column.name} {column.type}" for column in version.signature.inputs]
)

scan = studio.models.scan(f"{version.name}:{version.version}")
print("loading it would run:", scan.verdict)

endpoint = studio.endpoints.deploy(f"{version.name}:{version.version}", name="price-example", wait=True)
print("prediction:", json.dumps(studio.endpoints.score(endpoint.name, {"inputs": [[3.0, 1.0]]})["predictions"]))
studio.endpoints.delete(endpoint.name, wait=True)
studio.models.delete(version.name)
