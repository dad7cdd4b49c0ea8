"""Metrics of classifications: accuracy, balanced accuracy, macro F1, AUC, log loss."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from typing_extensions import override

from optuna_dnc.objectives.metric import Metric, Predictions, Targets, makes_no_sense


class Accuracy(Metric):
    """Share of correct labels."""

    name = "accuracy"
    title = "accuracy"
    short_title = "acc"
    in_percent = True
    task = "classification"
    basis: ClassVar[Literal["accuracy", "loss", "outputs"]] = "accuracy"

    @override
    def value(self, predictions: Predictions) -> float:
        right = predictions.labels == predictions.y
        return float(np.average(right, weights=predictions.weights))

    @override
    def n_compared(self, validation: Targets) -> int:
        return len(validation.y)


class BalancedAccuracy(Accuracy):
    """Mean over the classes of the share of correct labels (``balanced_accuracy_score``)."""

    name = "balanced_accuracy"
    title = "balanced accuracy"
    short_title = "bal. acc"
    basis: ClassVar[Literal["accuracy", "loss", "outputs"]] = "outputs"

    @override
    def value(self, predictions: Predictions) -> float:
        # balanced_accuracy_score is the recall of the classes that occur, with a warning where
        # another one is predicted.
        from sklearn.metrics import recall_score

        p = predictions
        occur = np.flatnonzero(np.bincount(p.y, p.weights, minlength=p.n_classes))
        return float(
            recall_score(p.y, p.labels, labels=occur, average="macro", sample_weight=p.weights)
        )

    @override
    def n_compared(self, validation: Targets) -> int:
        # A mistake in a class of n samples costs 1 / n of one of the classes that occur.
        counts = validation.counts
        return int(np.count_nonzero(counts) * counts.max())


class MacroF1(Metric):
    """Mean over the classes of the F1 score (``f1_score(average="macro")``)."""

    name = "f1_macro"
    title = "macro F1"
    task = "classification"

    @override
    def value(self, predictions: Predictions) -> float:
        from sklearn.metrics import f1_score

        p = predictions
        return float(
            f1_score(p.y, p.labels, average="macro", sample_weight=p.weights, zero_division=0)
        )

    @override
    def n_compared(self, validation: Targets) -> int:
        # A mistake halves to quarters the step of the recall in each of two classes.
        return BalancedAccuracy().n_compared(validation)


class RocAuc(Metric):
    """Area under the ROC curve; of more than two classes, the mean of each against the rest.

    The error is 1 - AUC and not ``2 * (1 - AUC)``: a guess has the error 0.5, as in accuracy with
    two equal classes, so that ``wc`` weighs the cost as it does there.
    """

    name = "roc_auc"
    title = "AUC"
    task = "classification"
    aliases = ("roc_auc_ovr", "auc")

    @override
    def value(self, predictions: Predictions) -> float:
        from sklearn.metrics import roc_auc_score

        p = predictions
        if p.n_classes == 2:
            return float(roc_auc_score(p.y, p.outputs[:, 1], sample_weight=p.weights))
        # scikit-learn wants the probabilities to sum to 1 more exactly than float32 does.
        outputs = p.outputs / p.outputs.sum(axis=1, keepdims=True)
        areas = [
            roc_auc_score(p.y == k, outputs[:, k], sample_weight=p.weights)
            for k in range(p.n_classes)
        ]
        return float(np.mean(areas))

    @override
    def check(self, targets: Targets, part: str) -> None:
        shares = np.bincount(targets.y, targets.weights, minlength=targets.n_classes)
        if not shares.all():
            missing = int(np.count_nonzero(shares == 0))
            classes = "one class is" if missing == 1 else f"{missing} classes are"
            raise makes_no_sense(
                self.name,
                f"needs samples of each class, and {classes} missing from the {part} samples",
                f"give {part} samples of all classes",
            )

    @override
    def n_compared(self, validation: Targets) -> int:
        # Pairs of a sample of the class and one of the rest.
        counts = validation.counts
        pairs = int((counts * (counts.sum() - counts)).max())
        return pairs if validation.n_classes == 2 else validation.n_classes * pairs


class LogLoss(Metric):
    """Cross-entropy in nats (``log_loss``); the error is relative to that of a constant guess.

    The constant guess are the shares of the classes in the training samples.
    """

    name = "log_loss"
    title = "log loss"
    task = "classification"
    basis: ClassVar[Literal["accuracy", "loss", "outputs"]] = "loss"
    is_fraction = False
    error_text = "log loss / that of the class shares"
    worst = 10.0

    @override
    def constant(self, training: Targets) -> float:
        shares = np.bincount(training.y, training.weights, minlength=training.n_classes)
        shares = shares[shares > 0] / shares.sum()
        return float(-(shares * np.log(shares)).sum())

    @override
    def of_loss(self, loss: float, error: float) -> float:
        del error
        return loss
