"""A scikit-learn classifier that searches its network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, column_or_1d, validate_data
from typing_extensions import override

from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc.estimators.base import DNCEstimator, names_of_numeric_columns
from optuna_dnc.estimators.fit_data import FitData


class DNCClassifier(ClassifierMixin, DNCEstimator):  # type: ignore[misc]
    """Classifier that searches a small, accurate network.

    ``fit`` runs a :class:`optuna_dnc.search.StagedSearch`, which minimizes ``log10(error + wc *
    cost)`` on held-out samples, and then trains the best network on all samples.

    >>> DNCClassifier(wc=0.1, random_state=0).fit(X, y).predict(X)

    Args:
        network: ``mlp``, ``cnn``, ``resnet``, a :class:`optuna_dnc.nets.NetworkFamily` with
            ranges of its own, or None to choose by the data.
        refit: Whether to train the best network again on all samples; False keeps the weights of
            the search, which was not trained on validation samples.
        floors: Whether to compare the network with simple models on the validation samples; see
            ``evaluation`` of ``result_.summary``.
        timeout: Time limit of ``fit`` in seconds. Networks and trainings are planned to fit; the
            training on all samples is skipped if there is no time.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``...
        out: Folder of the search, from which the same search resumes; None for a temporary one,
            which is deleted with the estimator.
        scoring: Metric of the search, another name of the setting ``metric``; scikit-learn's
            names are known, such as ``roc_auc`` and ``neg_log_loss``. ``score`` returns the
            accuracy all the same.
        random_state: Random seed; None for a random one.
        verbose: 1 prints a line per stage to stderr, 2 a line per trial.
        **settings: Fields of :class:`optuna_dnc.runs.SearchSettings`, such as ``wc`` and
            ``epochs``, except ``task``, ``seed`` and ``max_train``. Each is a parameter of
            ``get_params``, ``set_params`` and ``clone``.

    Attributes:
        classes_: Sorted labels, ``(n_classes,)``.
        n_features_in_: Number of features of a sample, or of channels of an image.
        feature_names_in_: Names of the features, if X was a data frame.
        result_: Result of the search, a :class:`optuna_dnc.search.SearchResult`. Its folder exists
            as long as the estimator, or ``out``.
        best_config_: Config of the network, such as an ``MLPConfig``.
        n_params_: Number of its trainable parameters.
        network_: Network with the weights that predict.

    Raises:
        InputError: A parameter or the data are invalid; it is a ``ValueError``.
    """

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, eval_set: Any = None
    ) -> DNCClassifier:
        """Search and train a network.

        Args:
            X: ``(n, features)`` or ``(n, channels, height, width)``: array, or data frame of
                numbers. Features are normalized.
            y: ``(n,)`` labels of any type that NumPy can sort, at least two of each class.
            sample_weight: ``(n,)`` of at least 0, what each sample counts in the training and in
                the metric; None if all count the same.
            eval_set: ``(X, y)`` to validate with, instead of a random part of X. The network is
                never trained on it, and not trained again in the end.
        """
        names = names_of_numeric_columns(X)
        X, y = validate_data(self, X, y, dtype="numeric", allow_nd=True)
        check_classification_targets(y)
        self.classes_, indices, counts = np.unique(y, return_inverse=True, return_counts=True)
        if len(self.classes_) < 2:
            raise InputError(
                "y must hold at least two classes, got one class, "
                f"{shown(self.classes_[0].item())}; add samples of another."
            )
        if counts.min() < 2:
            raise InputError(
                "y must hold two samples of each class, got a single sample of class "
                f"{shown(self.classes_[counts.argmin()].item())}; add one, or drop it."
            )
        data = FitData(X, indices).with_weights(sample_weight)
        data = data.with_eval_set(eval_set, self._checked_eval_set)
        self._fit(data, "classification", names)
        return self

    def _checked_eval_set(self, X: Any, y: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        x = self._checked_like_training(X)
        labels = column_or_1d(y)
        indices = np.searchsorted(self.classes_, labels).clip(max=len(self.classes_) - 1)
        unknown = self.classes_[indices] != labels
        if unknown.any():
            raise InputError(
                f"eval_set: y holds {shown(labels[unknown][0].item())}, which y does not have; "
                "add samples of it to X, or drop it."
            )
        check_consistent_length(x, labels)
        return x, indices

    @override
    def _class_weight(self) -> Any:
        given = self.class_weight
        if not isinstance(given, Mapping):
            return given
        indices = {label: index for index, label in enumerate(self.classes_.tolist())}
        if unknown := [label for label in given if label not in indices]:
            raise unknown_name("class_weight: the label", unknown[0], map(str, indices))
        return {indices[label]: weight for label, weight in given.items()}

    def predict(self, X: Any) -> NDArray[Any]:
        """Predict labels ``(n,)`` of samples as in :meth:`fit`."""
        samples = self._checked(X)
        labels: NDArray[Any] = self.classes_[self.network_.predictor.predict(samples)]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict probabilities ``(n, n_classes)``, in the order of ``classes_``."""
        samples = self._checked(X)
        return self.network_.predictor.predict_proba(samples)
