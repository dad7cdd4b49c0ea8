"""Contract tests of kernel terms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optuna_dnc.gp import KernelTerm, Mixture
from optuna_dnc.space import SearchSpace

N_SAMPLES = 120


class KernelContract:
    """Contract of kernel terms: their mixture is a covariance of configurations.

    >>> class TestMyTerm(KernelContract):
    ...     space = SearchSpace({"lr": FloatDistribution(1e-5, 1e-1, log=True)})
    ...     terms = (MyTerm("lr"),)
    """

    space: SearchSpace
    """With the parameters that the terms cover."""
    terms: Sequence[KernelTerm]
    """One term, or several that are used together."""

    def test_terms_cover_parameters_of_the_space(self) -> None:
        """A term names parameters of the space only, and at least one."""
        for term in self.terms:
            covered = term.covers(self.space)
            assert covered
            assert covered <= set(self.space.names)

    def test_matrix_is_symmetric_with_ones_on_the_diagonal(self) -> None:
        """A configuration is 1 like itself, and as similar to another one as that to it."""
        x = self._configurations()
        matrix = self._matrix(x, x)
        np.testing.assert_allclose(matrix, matrix.T, atol=1e-15)
        np.testing.assert_allclose(np.diag(matrix), 1.0, rtol=1e-14)

    def test_matrix_is_positive_semidefinite(self) -> None:
        """No eigenvalue is below zero but for rounding."""
        x = self._configurations()
        assert np.linalg.eigvalsh(self._matrix(x, x))[0] > -1e-10

    def test_no_distance_exceeds_omega(self) -> None:
        """Similarities lie in [exp(-omega**2 / 2), 1], omega being 3."""
        x = self._configurations()
        matrix = self._matrix(x, x)
        assert matrix.min() >= np.exp(-4.5) - 1e-12
        assert matrix.max() <= 1 + 1e-12

    def test_a_similarity_depends_on_its_two_configurations_only(self) -> None:
        """It is the same in another order and among fewer configurations."""
        x = self._configurations()
        matrix = self._matrix(x, x)
        order = np.random.default_rng(1).permutation(len(x))
        shuffled = self._matrix(x[order], x[order])
        np.testing.assert_allclose(shuffled, matrix[np.ix_(order, order)], rtol=1e-14)
        np.testing.assert_allclose(self._matrix(x[:7], x), matrix[:7], rtol=1e-14)

    def _configurations(self) -> NDArray[np.float64]:
        uniform = np.random.default_rng(0).random((N_SAMPLES, len(self.space.names)))
        return self.space.activate(self.space.sample(uniform))

    def _matrix(self, x1: NDArray[np.float64], x2: NDArray[np.float64]) -> NDArray[np.float64]:
        return Mixture(terms=self.terms).matrix(x1, x2, self.space)
