"""Base class of trained networks and ensembles: predictions for raw samples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from optuna_dnc.results.predictor import OnProgress, Predictor


class Predicting(ABC):
    """A trained network, or several, with what goes before and after them."""

    @abstractmethod
    def predictor(self, device: str = "cpu") -> Predictor:
        """Read it once, with its preprocessing, to predict many times."""

    def predict(
        self, x: Any, device: str = "cpu", *, on_progress: OnProgress | None = None
    ) -> NDArray[np.generic]:
        """Predict for raw samples, shaped and scaled like the training data.

        Samples go through batch by batch, so that memory does not grow with their number.

        Args:
            x: ``(n, *input_shape)``, NumPy array, tensor or nested lists.
            device: ``auto``, ``cpu``, ``cuda``...
            on_progress: Called after each batch with the number of samples that are done.

        Returns:
            Labels ``(n,)`` as they were in the training data, or values for regression, in
            the targets' own unit.
        """
        return self.predictor(device).predict(x, on_progress)

    def predict_proba(
        self, x: Any, device: str = "cpu", *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float64]:
        """The probability of each class for raw samples; arguments as for :meth:`predict`.

        Returns:
            ``(n, n_classes)``, softmax of the outputs, or the weighted mean of several networks',
            in the order of the sorted labels.

        Raises:
            InputError: The task is a regression.
        """
        return self.predictor(device).predict_proba(x, on_progress)
