"""Learn the words of a text column and the projection that turns them into a few features."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from studiolo.studio.automl.predictor import text
from studiolo.studio.automl.predictor.encoder import pack

if TYPE_CHECKING:
    from studiolo.studio.automl.columns import ColumnReport

MAX_TERMS = 5000


def fit(report: "ColumnReport", values: Sequence[Any], size: int) -> None:
    """Write spec, features and steps of a text column into its report.

    Terms seen in fewer than 2 rows are left out. The projection is a truncated SVD of the tf-idf matrix, seeded.
    """
    from scipy.sparse import csr_matrix

    written = [str(value) for value in values if value is not None]
    seen: Counter[str] = Counter()
    for value in written:
        seen.update(set(text.terms(value)))
    terms = [term for term, count in sorted(seen.items(), key=lambda pair: (-pair[1], pair[0])) if count >= 2][
        :MAX_TERMS
    ]
    if len(terms) < 4:
        report.kind, report.reason = "dropped", "text without repeated words"
        return
    idf = np.array([np.log((1 + len(written)) / (1 + seen[term])) + 1 for term in terms], dtype=np.float32)
    known = {term: place for place, term in enumerate(terms)}
    places, weights, ends = [], [], [0]
    for value in written[:50_000]:
        row_places, row_weights = text.weigh(value, known, idf)
        places.extend(row_places)
        weights.extend(row_weights.tolist())
        ends.append(len(places))
    matrix = csr_matrix((weights, places, ends), shape=(len(ends) - 1, len(terms)), dtype=np.float32)
    size = min(size, len(terms) - 1, matrix.shape[0] - 1)
    axes = principal_axes(matrix, size)
    report.dtype = "string"
    report.features = [f"{report.name}.{place}" for place in range(size)]
    report.steps = [f"tf-idf of {len(terms)} words and pairs", f"projection to {size} features (SVD)"]
    report.spec = {
        "name": report.name, "kind": "text", "dtype": "string", "required": report.missing == 0,
        "terms": terms, "idf": pack(idf), "size": size, "projection": pack(np.ascontiguousarray(axes.T)),
    }  # fmt: skip


def principal_axes(matrix: Any, size: int) -> NDArray[np.float64]:
    """Find the first right singular vectors of a sparse matrix, shape (size, columns); seeded, signs settled.

    Source: Halko, Martinsson, Tropp (2011), "Finding structure with randomness", with four power iterations.
    """
    draw = np.random.default_rng(0)
    basis = matrix @ draw.standard_normal((matrix.shape[1], size + 10))
    for _ in range(4):
        basis, _ = np.linalg.qr(matrix @ (matrix.T @ np.linalg.qr(basis)[0]))
    _, _, axes = np.linalg.svd(basis.T @ matrix, full_matrices=False)
    axes = axes[:size]
    largest = np.abs(axes).argmax(axis=1)
    return np.asarray(axes * np.sign(axes[np.arange(len(axes)), largest])[:, None])
