"""Words as features."""

import numpy as np
from scipy.sparse import csr_matrix

from studiolo.studio.automl.text_features import principal_axes


def test_the_axes_are_those_of_a_full_decomposition() -> None:
    draw = np.random.default_rng(3)
    matrix = draw.standard_normal((60, 8)) @ np.diag([9, 7, 5, 3, 0.1, 0.1, 0.1, 0.1]) @ draw.standard_normal((8, 40))
    found = principal_axes(csr_matrix(matrix), 3)
    exact = np.linalg.svd(matrix, full_matrices=False)[2][:3]
    np.testing.assert_allclose(np.abs((found * exact).sum(axis=1)), 1, atol=1e-6)
    np.testing.assert_array_equal(found, principal_axes(csr_matrix(matrix), 3))
