"""A scikit-learn classifier that searches its network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from optuna_dnc._errors import InputError, shown
from optuna_dnc.estimators.base import DNCEstimator, names_of_numeric_columns


class DNCClassifier(ClassifierMixin, DNCEstimator):  # type: ignore[misc]
    """Finds a small, accurate network for a classification and predicts with it.

    ``fit`` runs a :class:`optuna_dnc.search.StagedSearch`, which minimises ``log10(error + wc *
    cost)`` on a part of the samples that it holds out, and then trains the best network on all
    samples.

    >>> DNCClassifier(wc=0.1, random_state=0).fit(X, y).predict(X)

    Args:
        network: ``mlp``, ``cnn``, ``resnet``, a :class:`optuna_dnc.nets.NetworkFamily` with
            ranges of its own, or None to choose by the data.
        refit: Whether the best network is trained again on all samples; False keeps the weights
            of the search, which has seen no validation sample.
        timeout: Seconds after which no training is started that would end later, that on all
            samples included.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``...
        out: Folder of the search; None uses a temporary one that goes with the estimator. The
            same search in the same folder goes on where it was.
        random_state: Seed of everything that is drawn; None draws one.
        verbose: 1 prints a line a stage to stderr, 2 a line a trial.
        **settings: Fields of :class:`optuna_dnc.runs.SearchSettings`, such as ``wc`` and
            ``epochs``, without ``task``, ``seed`` and ``max_train``. Each is a parameter for
            ``get_params``, ``set_params`` and ``clone``.

    Attributes:
        classes_: Sorted labels, ``(n_classes,)``.
        n_features_in_: Features of a sample; channels, where samples are images.
        feature_names_in_: Names of the features, where X was a data frame with such.
        result_: The search, a :class:`optuna_dnc.search.SearchResult`: ``result_.best`` and
            ``result_.summary``; its folder is there as long as the estimator, or ``out``.
        best_config_: The network, such as an ``MLPConfig``.
        n_params_: Its trainable parameters.
        network_: The network with its weights, as the estimator predicts with it.

    Raises:
        InputError: A ``ValueError`` of one sentence for settings and data that cannot be used.
    """

    def fit(self, X: Any, y: Any) -> DNCClassifier:
        """Search and train a network.

        Args:
            X: ``(n, features)`` or ``(n, channels, height, width)``: array, or data frame of
                numbers. Features are normalised.
            y: ``(n,)`` labels of any type that NumPy can sort, two of each class at least.
        """
        names = names_of_numeric_columns(X)
        X, y = validate_data(self, X, y, dtype="numeric", allow_nd=True)
        check_classification_targets(y)
        self.classes_, indices, counts = np.unique(y, return_inverse=True, return_counts=True)
        if len(self.classes_) < 2:
            raise InputError(
                f"y holds one class, {shown(self.classes_[0])}; a classifier needs at least two."
            )
        if counts.min() < 2:
            raise InputError(
                f"y holds a single sample of class {shown(self.classes_[counts.argmin()])}; a "
                "search needs two of each, one to train on and one to validate with."
            )
        self._fit(X, indices, "classification", names)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Labels ``(n,)`` of samples as in :meth:`fit`."""
        samples = self._checked(X)
        labels: NDArray[Any] = self.classes_[self.network_.predictor.predict(samples)]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probabilities ``(n, n_classes)``, in the order of ``classes_``."""
        samples = self._checked(X)
        return self.network_.predictor.predict_proba(samples)
