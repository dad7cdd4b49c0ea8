"""A scikit-learn classifier that searches its network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_consistent_length, column_or_1d
from typing_extensions import override

from optuna_dnc._errors import InputError, shown, unknown_name
from optuna_dnc.estimators.base import DNCEstimator
from optuna_dnc.estimators.fit_data import FitData, checked_fit_data, samples_like


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
            accuracy in any case.
        random_state: Random seed; None for a random one.
        n_jobs: Number of trainings at a time, each in a process of its own; None for 1, -1 for
            all cores. With GPUs, at most one per GPU. The same seed gives the same network only
            with 1.
        verbose: 1 prints a line per stage to stderr, 2 a line per trial.
        **settings: Fields of :class:`optuna_dnc.runs.SearchSettings`, such as ``wc`` and
            ``epochs``, except ``task``, ``seed`` and ``max_train``. Each is a parameter of
            ``get_params``, ``set_params`` and ``clone``.

    Attributes:
        classes_: Sorted labels, ``(n_classes,)``; with several labels their numbers from 0.
        multilabel_: Whether a sample may have several labels.
        n_features_in_: Number of features of a sample, or of channels of an image.
        feature_names_in_: Names of the columns, if X was a data frame.
        result_: Result of the search, a :class:`optuna_dnc.search.SearchResult`. Its folder exists
            as long as the estimator, or ``out``.
        best_config_: Config of the network, such as an ``MLPConfig``.
        n_params_: Number of its trainable parameters.
        network_: Network with the weights that predict.

    Raises:
        InputError: A parameter or the data are invalid; it is a ``ValueError``.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, eval_set: Any = None
    ) -> DNCClassifier:
        """Search and train a network.

        Args:
            X: ``(n, features)`` or ``(n, channels, height, width)``: array of numbers, or data
                frame. Features are normalized. In data frames strings, categories, dates and
                missing values are encoded, see :class:`optuna_dnc.data.tables.Column`.
            y: ``(n,)`` labels of any type that NumPy can sort, at least two of each class; or
                ``(n, labels)`` of 0 and 1 for several labels (``multilabel-indicator``).
            sample_weight: ``(n,)`` of at least 0, what each sample counts in the training and in
                the metric; None if all count the same.
            eval_set: ``(X, y)`` to validate with, instead of a random part of X. The network is
                never trained on it, and not trained again at the end.
        """
        data = checked_fit_data(self, X, y, multi_output=True)
        check_classification_targets(data.y)
        self.multilabel_ = type_of_target(data.y) == "multilabel-indicator"
        if self.multilabel_:
            return self._fit_labels(data.with_weights(sample_weight), eval_set)
        if data.y.ndim > 1 and data.y.shape[1] > 1:
            raise InputError(
                f"y has shape {data.y.shape}; give one column of classes, or several of 0 and 1."
            )
        data = replace(data, y=column_or_1d(data.y, warn=True))
        self.classes_, indices, counts = np.unique(data.y, return_inverse=True, return_counts=True)
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
        data = replace(data, y=indices).with_weights(sample_weight)

        def checked(X_val: Any, y_val: Any) -> tuple[NDArray[Any], NDArray[Any]]:
            x = samples_like(self, X_val, data.table)
            return x, self._indices(x, y_val)

        self._fit(data.with_eval_set(eval_set, checked), "classification")
        return self

    def _fit_labels(self, data: FitData, eval_set: Any) -> DNCClassifier:
        """Search with several labels a sample, ``(n, labels)`` of 0 and 1."""
        self.classes_ = np.arange(data.y.shape[1])

        def checked(X_val: Any, y_val: Any) -> tuple[NDArray[Any], NDArray[Any]]:
            x, y = samples_like(self, X_val, data.table), np.asarray(y_val)
            if y.shape != (len(x), data.y.shape[1]):
                raise InputError(
                    f"eval_set: y must have the shape ({len(x)}, {data.y.shape[1]}), the labels "
                    f"of each sample, got {y.shape}; reshape it."
                )
            return x, y.astype(np.int64)

        data = replace(data, y=data.y.astype(np.int64))
        self._fit(data.with_eval_set(eval_set, checked), "multilabel")
        return self

    def _indices(self, x: NDArray[Any], y: Any) -> NDArray[Any]:
        """Return the classes of samples of ``eval_set``."""
        labels = column_or_1d(y)
        indices: NDArray[Any] = np.searchsorted(self.classes_, labels).clip(
            max=len(self.classes_) - 1
        )
        unknown = self.classes_[indices] != labels
        if unknown.any():
            raise InputError(
                f"eval_set: y holds {shown(labels[unknown][0].item())}, which y does not have; "
                "add samples of it to X, or drop it."
            )
        check_consistent_length(x, labels)
        return indices

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
        """Predict labels ``(n,)``, or ``(n, labels)`` of 0 and 1, of samples as in :meth:`fit`."""
        samples = self._checked(X)
        predicted = self.network_.predictor.predict(samples)
        labels: NDArray[Any] = predicted if self.multilabel_ else self.classes_[predicted]
        return labels

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Predict probabilities ``(n, n_classes)``, in the order of ``classes_``.

        For several labels, predict the probability of each label, ``(n, labels)``.
        """
        samples = self._checked(X)
        return self.network_.predictor.predict_proba(samples)
