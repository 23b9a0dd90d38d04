"""Write an ensemble as one ONNX graph: `features` float32 (n, F) in, `scores` float32 (n, classes or 1) out.

The trees are written from node arrays (learners/base.py), not by a converter: features are float32 in training and in
serving, thresholds are rounded so that every row takes the same way, and a set of levels is a chain of equalities.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from studiolo.studio.automl.portfolio import family
from studiolo.studio.automl.predictor import members
from studiolo.studio.automl.trees import Trees

MAX_NODES = 6_000_000
_MODES = {-1: b"LEAF", 0: b"BRANCH_LEQ", 1: b"BRANCH_LT", 2: b"BRANCH_EQ"}


Compiled = tuple[float, Trees | dict[str, NDArray[Any]]]


class NotExportable(ValueError):
    """The ensemble cannot be written as ONNX; the text says why."""


class Graph:
    """Collects the nodes and constants of a graph."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._known: dict[str, str] = {}

    def constant(self, value: NDArray[Any]) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def call(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        output = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], domain=domain, **attributes))
        return output

    def floats(self, values: Any) -> str:
        return self.constant(np.asarray(values, dtype=np.float32))


def compile_members(ensemble: Sequence[tuple[str, float, list[members.Scorer]]]) -> list[Compiled]:
    """Read members (learner, weight, fitted models) into the forms that are written: (share, nodes or linear arrays).

    Raises NotExportable where a learner has no compiled form or the graph would be too large.
    """
    found: list[Compiled] = []
    nodes = 0
    for learner, weight, scorers in ensemble:
        module = family()[learner]
        for scorer in scorers:
            if hasattr(module, "compile_trees"):
                trees: Trees = module.compile_trees(scorer)
                nodes += len(trees.tree)
                if nodes > MAX_NODES:
                    raise NotExportable(f"it has more than {MAX_NODES:,} tree nodes")
                found.append((weight / len(scorers), trees))
            elif hasattr(module, "compile_linear"):
                found.append((weight / len(scorers), module.compile_linear(scorer)))
            else:
                raise NotExportable(f"learner '{learner}' has no compiled form")
    return found


def export(compiled: Sequence[Compiled], width: int, classes: int) -> bytes:
    """Write the weighted sum of compiled members as the bytes of a model."""
    graph = Graph()
    parts: list[str] = []
    for share, form in compiled:
        if isinstance(form, Trees):
            score = _link(graph, _trees(graph, form), form.link)
        else:
            score = _link(graph, *_linear(graph, form))
        parts.append(graph.call("Mul", score, graph.floats(np.float32(share))))
    total = parts[0] if len(parts) == 1 else graph.call("Sum", *parts)
    if classes == 2:
        total = graph.call("Concat", graph.call("Sub", graph.floats(1.0), total), total, axis=1)
    graph.nodes.append(helper.make_node("Identity", [total], ["scores"]))
    outputs = classes or 1
    made = helper.make_graph(
        graph.nodes, "ensemble",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, width])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, outputs])],
        graph.constants,
    )  # fmt: skip
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(made, opset_imports=imports, producer_name="studiolo", ir_version=8)
    return bytes(model.SerializeToString())


def _link(graph: Graph, raw: str, link: str) -> str:
    if link == "logistic":
        return graph.call("Sigmoid", raw)
    return graph.call("Softmax", raw, axis=1) if link == "softmax" else raw


def _trees(graph: Graph, trees: Trees) -> str:
    """Write one TreeEnsembleRegressor; attributes are filled directly because the checked way takes seconds."""
    output = f"n{len(graph.nodes)}"
    node = onnx.NodeProto(op_type="TreeEnsembleRegressor", domain="ai.onnx.ml", input=["features"], output=[output])

    def attribute(name: str, kind: Any, field: str, values: Any) -> None:
        made = node.attribute.add(name=name, type=kind)
        getattr(made, field).extend(values)

    whole, real, text = onnx.AttributeProto.INTS, onnx.AttributeProto.FLOATS, onnx.AttributeProto.STRINGS
    attribute("nodes_treeids", whole, "ints", trees.tree.tolist())
    attribute("nodes_nodeids", whole, "ints", trees.node.tolist())
    attribute("nodes_featureids", whole, "ints", trees.feature.tolist())
    attribute("nodes_modes", text, "strings", [_MODES[mode] for mode in trees.mode.tolist()])
    attribute("nodes_values", real, "floats", trees.threshold.tolist())
    attribute("nodes_truenodeids", whole, "ints", trees.yes.tolist())
    attribute("nodes_falsenodeids", whole, "ints", trees.no.tolist())
    attribute("nodes_missing_value_tracks_true", whole, "ints", trees.missing_yes.astype(np.int64).tolist())
    attribute("target_treeids", whole, "ints", trees.leaf_tree.tolist())
    attribute("target_nodeids", whole, "ints", trees.leaf_node.tolist())
    attribute("target_ids", whole, "ints", trees.leaf_output.tolist())
    attribute("target_weights", real, "floats", trees.leaf_weight.tolist())
    if any(trees.base):
        attribute("base_values", real, "floats", trees.base)
    node.attribute.add(name="n_targets", type=onnx.AttributeProto.INT, i=trees.outputs)
    graph.nodes.append(node)
    return output


def _linear(graph: Graph, parts: dict[str, NDArray[Any]]) -> tuple[str, str]:
    """Write a linear model: scaled numbers, marks of missing ones, and one look-up per level."""
    terms = [graph.floats(np.asarray(parts["bias"]).reshape(1, -1))]
    if len(parts["numbers"]):
        numbers = graph.call("Gather", "features", graph.constant(parts["numbers"].astype(np.int64)), axis=1)
        missing = graph.call("IsNaN", numbers)
        # the factor is rounded once; a division per value is exact enough and keeps large means from cancelling
        scaled = graph.call(
            "Div", graph.call("Sub", numbers, graph.floats(parts["mean"])), graph.floats(parts["scale"])
        )
        clip = float(parts["clip"])
        scaled = graph.call(
            "Clip", graph.call("Where", missing, graph.floats(0.0), scaled), graph.floats(-clip), graph.floats(clip)
        )
        terms.append(graph.call("MatMul", scaled, graph.floats(parts["weights"])))
        if np.any(parts["missing"]):
            terms.append(
                graph.call("MatMul", graph.call("Cast", missing, to=TensorProto.FLOAT), graph.floats(parts["missing"]))
            )
    if len(parts["levels"]):
        codes = graph.call("Gather", "features", graph.constant(parts["levels"].astype(np.int64)), axis=1)
        capped = graph.call("Min", codes, graph.floats((parts["sizes"] - 2)[None, :]))
        known = graph.call("Where", graph.call("IsNaN", codes), graph.floats(-1.0), capped)
        rows = graph.call("Add", known, graph.floats((parts["starts"] + 1)[None, :]))
        places = graph.call("Cast", rows, to=TensorProto.INT64)
        weights = graph.call("Gather", graph.floats(parts["table"]), places, axis=0)
        terms.append(graph.call("ReduceSum", weights, graph.constant(np.array([1])), keepdims=0))
    return graph.call("Sum", *terms) if len(terms) > 1 else terms[0], str(parts["link"])


def session(model: bytes, threads: int = 1) -> Any:
    """Open a model for scoring."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def scores(opened: Any, features: NDArray[np.float32], step: int = 4096) -> NDArray[np.float32]:
    """Score rows with an open session."""
    found = [
        opened.run(None, {"features": features[start : start + step]})[0] for start in range(0, len(features), step)
    ]
    return np.concatenate(found)
