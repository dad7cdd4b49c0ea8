"""Metrics of classifications, of one class a sample or of several yes/no labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
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
    """Mean over the classes or labels of the F1 score (``f1_score(average="macro")``)."""

    name = "f1_macro"
    title = "macro F1"
    task = "classification"
    other_tasks = ("multilabel",)

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
    """Area under the ROC curve, of several classes or labels the mean of each against the rest.

    The error is 1 - AUC and not ``2 * (1 - AUC)``: a guess has the error 0.5, as in accuracy with
    two equal classes, so that ``wc`` weighs the cost as it does there.
    """

    name = "roc_auc"
    title = "AUC"
    task = "classification"
    other_tasks = ("multilabel",)
    aliases = ("roc_auc_ovr", "auc")

    @override
    def value(self, predictions: Predictions) -> float:
        from sklearn.metrics import roc_auc_score

        return _mean_of_each(roc_auc_score, predictions)

    @override
    def check(self, targets: Targets, part: str) -> None:
        _check_each_is_there(self.name, targets, part)

    @override
    def n_compared(self, validation: Targets) -> int:
        # Pairs of a sample of the class and one of the rest.
        counts = validation.counts
        pairs = int((counts * (len(validation.y) - counts)).max())
        return len(validation.scored) * pairs


class AveragePrecision(Metric):
    """Area under the precision-recall curve (``average_precision_score``), as of :class:`RocAuc`.

    Of rare classes or labels it says more than the ROC curve.
    """

    name = "average_precision"
    title = "average precision"
    short_title = "AP"
    task = "classification"
    other_tasks = ("multilabel",)

    @override
    def value(self, predictions: Predictions) -> float:
        from sklearn.metrics import average_precision_score

        return _mean_of_each(average_precision_score, predictions)

    @override
    def check(self, targets: Targets, part: str) -> None:
        _check_each_is_there(self.name, targets, part)


class LogLoss(Metric):
    """Cross-entropy in nats (``log_loss``); the error is relative to that of a constant guess.

    The constant guess are the shares of the classes or labels in the training samples.
    """

    name = "log_loss"
    title = "log loss"
    task = "classification"
    other_tasks = ("multilabel",)
    basis: ClassVar[Literal["accuracy", "loss", "outputs"]] = "loss"
    is_fraction = False
    error_text = "log loss / that of the class shares"
    worst = 10.0

    @override
    def constant(self, training: Targets) -> float:
        if training.is_multilabel:
            ones = np.average(training.y, axis=0, weights=training.weights)
            return float(np.mean([_entropy(np.array([share, 1 - share])) for share in ones]))
        return _entropy(np.bincount(training.y, training.weights, minlength=training.n_classes))

    @override
    def of_loss(self, loss: float, error: float) -> float:
        del error
        return loss


def _mean_of_each(score: Callable[..., float], p: Predictions) -> float:
    """Return the mean of a score over the classes or labels, each against the rest."""
    outputs = p.outputs
    if len(p.scored) > 1 and not p.is_multilabel:
        # scikit-learn wants the probabilities to sum to 1 more exactly than float32 does.
        outputs = outputs / outputs.sum(axis=1, keepdims=True)
    each = [score(p.has(k), outputs[:, k], sample_weight=p.weights) for k in p.scored]
    return float(np.mean(each))


def _check_each_is_there(metric: str, targets: Targets, part: str) -> None:
    """Raise unless each class or label has samples, and none of them all."""
    has = [np.average(targets.has(k), weights=targets.weights) for k in range(targets.n_classes)]
    if targets.is_multilabel:
        if same := sum(share in (0, 1) for share in has):
            raise makes_no_sense(
                metric,
                f"needs samples with and without each label, and {same} of the {len(has)} labels "
                f"{'is' if same == 1 else 'are'} the same in all {part} samples",
                f"give {part} samples of both kinds",
            )
        return
    if missing := sum(share == 0 for share in has):
        classes = "one class is" if missing == 1 else f"{missing} classes are"
        raise makes_no_sense(
            metric,
            f"needs samples of each class, and {classes} missing from the {part} samples",
            f"give {part} samples of all classes",
        )


def _entropy(counts: NDArray[Any]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum())


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
