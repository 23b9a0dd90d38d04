"""Trees of any library as node arrays: the form that is compiled."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class Trees:
    """An additive ensemble of trees as node arrays; what the exporter needs, whatever library grew it.

    Nodes are numbered through all trees; `root` gives the first node of each tree. A node goes to `yes` when
    x <= threshold (mode 0), x < threshold (1), or x == threshold (2), and to where `missing_yes` says for NaN;
    mode -1 is a leaf that adds `weight` to output `output`.
    Thresholds are float32 so chosen that float32 features take the same way as in the library.
    """

    tree: NDArray[np.int64]
    node: NDArray[np.int64]
    mode: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float32]
    yes: NDArray[np.int64]
    no: NDArray[np.int64]
    missing_yes: NDArray[np.bool_]
    leaf_tree: NDArray[np.int64]
    leaf_node: NDArray[np.int64]
    leaf_output: NDArray[np.int64]
    leaf_weight: NDArray[np.float64]
    outputs: int
    base: list[float]
    link: str  # identity, logistic, softmax

    @property
    def trees(self) -> int:
        return int(self.tree.max()) + 1 if len(self.tree) else 0


def floor32(values: Array) -> NDArray[np.float32]:
    """Round to the largest float32 that is not above: x <= t then holds for the same float32 x."""
    with np.errstate(over="ignore"):
        found = np.clip(values, -3.4028234e38, 3.4028234e38).astype(np.float32)
    above = found.astype(np.float64) > values
    found[above] = np.nextafter(found[above], np.float32(-np.inf))
    return found


class TreeBuilder:
    """Collect trees one by one into Trees."""

    def __init__(self, outputs: int, base: list[float], link: str) -> None:
        self.outputs, self.base, self.link, self.count = outputs, base, link, 0
        self._nodes: list[tuple[Array, ...]] = []
        self._leaves: list[tuple[Array, ...]] = []

    def add(
        self, mode: Array, feature: Array, threshold: Array, yes: Array, no: Array, missing_yes: Array,
        leaves: Array, outputs: Array, weights: Array,
    ) -> None:  # fmt: skip
        """Add a tree by its nodes (node 0 is the root; a leaf has mode -1) and its leaf weights (one per node and output)."""
        size = len(mode)
        self._nodes.append((np.full(size, self.count), np.arange(size), mode, feature, threshold, yes, no, missing_yes))
        self._leaves.append((np.full(len(leaves), self.count), leaves, outputs, weights))
        self.count += 1

    def done(self) -> Trees:
        nodes = [np.concatenate(column) for column in zip(*self._nodes, strict=True)]
        leaves = [np.concatenate(column) for column in zip(*self._leaves, strict=True)]
        tree, node, mode, feature, yes, no = (nodes[place].astype(np.int64) for place in (0, 1, 2, 3, 5, 6))
        return Trees(
            tree=tree, node=node, mode=mode, feature=feature, threshold=nodes[4].astype(np.float32), yes=yes, no=no,
            missing_yes=nodes[7].astype(bool), leaf_tree=leaves[0].astype(np.int64), leaf_node=leaves[1].astype(np.int64),
            leaf_output=leaves[2].astype(np.int64), leaf_weight=leaves[3].astype(np.float64), outputs=self.outputs,
            base=self.base, link=self.link,
        )  # fmt: skip
