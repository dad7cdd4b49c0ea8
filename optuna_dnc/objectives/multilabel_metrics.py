"""Metrics of multi-label classification: Hamming accuracy, subset accuracy, micro F1."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from typing_extensions import override

from optuna_dnc.objectives.metric import Metric, Predictions, Targets


class HammingAccuracy(Metric):
    """Share of correct labels over all samples and labels, ``1 - hamming_loss``."""

    name = "hamming_accuracy"
    title = "Hamming accuracy"
    short_title = "Hamming"
    in_percent = True
    task = "multilabel"
    aliases = ("hamming_loss", "binary_accuracy")
    basis: ClassVar[Literal["accuracy", "loss", "outputs"]] = "accuracy"

    @override
    def value(self, predictions: Predictions) -> float:
        return float(np.average(predictions.accuracies, weights=predictions.weights))

    @override
    def n_compared(self, validation: Targets) -> int:
        return int(validation.y.size)


class SubsetAccuracy(Metric):
    """Share of samples all of whose labels are correct (``accuracy_score`` of several labels)."""

    name = "subset_accuracy"
    title = "subset accuracy"
    short_title = "subset"
    in_percent = True
    task = "multilabel"
    aliases = ("exact_match",)

    @override
    def value(self, predictions: Predictions) -> float:
        right = (predictions.labels == predictions.y).all(axis=1)
        return float(np.average(right, weights=predictions.weights))

    @override
    def n_compared(self, validation: Targets) -> int:
        return len(validation.y)


class MicroF1(Metric):
    """F1 of all labels of all samples together (``f1_score(average="micro")``)."""

    name = "f1_micro"
    title = "micro F1"
    task = "multilabel"

    @override
    def value(self, predictions: Predictions) -> float:
        from sklearn.metrics import f1_score

        p = predictions
        return float(
            f1_score(p.y, p.labels, average="micro", sample_weight=p.weights, zero_division=0)
        )

    @override
    def n_compared(self, validation: Targets) -> int:
        # A mistake costs about one over the number of labels that are there.
        return max(1, int(validation.counts.sum()))
